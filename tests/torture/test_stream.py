"""The live stream taken up again and again: nothing is missed or comes twice, and nothing is left behind in the API.

The long tier: `make torture` (10,000 connections), or `RECONNECTS=… make torture`.
"""

import asyncio
import os
import time
from random import Random

import httpx
import psutil
import pytest

from tests.torture.conftest import SCALE, SEED
from tests.torture.cutting import CutReader
from tests.torture.record import Record
from tests.torture.system import APIS, System

RECONNECTS = int(os.environ.get("RECONNECTS", "320" if SCALE == 1 else "10000"))
READERS = 8
MOST_EVENTS = 60
MOST_MORE_BYTES = 48_000_000
SETTLED_SECONDS = 30.0

pytestmark = [pytest.mark.torture, pytest.mark.timeout(300 + RECONNECTS / 10)]


async def readers_of(system: System, record: Record) -> list[CutReader]:
    """Readers of the last events of the feed."""
    end = len(record.tables["feed"])
    bearer = {"Authorization": f"Bearer {system.token}"}
    async with httpx.AsyncClient(headers=bearer) as http:
        page = await http.get(f"{system.addresses[0]}/v1/events", params={"limit": "1"})
    epoch = page.json()["next"].partition(".")[0]
    first_id = f"{epoch}.{max(1, end - MOST_EVENTS)}"
    port = system.ports[APIS[0]]
    chances = [Random(SEED + number) for number in range(READERS)]
    return [CutReader(port, system.token, first_id, end, chance) for chance in chances]


async def cut(readers: list[CutReader], connections: int) -> None:
    """So many connections in all."""
    await asyncio.gather(*(each.read(connections // READERS) for each in readers))


def test_a_stream_that_is_cut_and_taken_up_again_is_whole_and_leaves_nothing_behind(
    record: Record, system: System
) -> None:
    readers = asyncio.run(readers_of(system, record))
    asyncio.run(cut(readers, 80))
    api = psutil.Process(system.running[APIS[0]].pid)
    files, memory = _settled_files(api, 0), api.memory_info().rss

    asyncio.run(cut(readers, RECONNECTS))

    left = _settled_files(api, files) - files
    more = api.memory_info().rss - memory
    rounds = sum(each.rounds for each in readers)
    print(  # noqa: T201
        f"{sum(each.connections for each in readers)} connections, the end reached {rounds} times;"
        f" files left open {left}, memory {more / 1e6:+.1f} MB"
    )
    assert [fault for each in readers for fault in each.faults] == []
    assert rounds > 0
    assert left <= 0
    assert more < MOST_MORE_BYTES


def test_a_reader_who_believes_half_an_id_is_found_out(record: Record, system: System) -> None:
    """The negative control: a reader goes on where it is, wherever it was cut; a hasty one does not."""
    [reader, *_] = asyncio.run(readers_of(system, record))
    reader.begin_again()
    got = asyncio.run(reader.some_bytes(20_000))

    lost = {
        is_hasty: sum(_is_lost(reader, got[:place], is_hasty=is_hasty) for place in range(len(got)))
        for is_hasty in (False, True)
    }

    assert lost[False] == 0
    assert lost[True] > 0


def _is_lost(reader: CutReader, got: bytes, *, is_hasty: bool) -> bool:
    """Whether one that was cut here asks for another place than the one it has reached."""
    reader.is_hasty = is_hasty
    reader.begin_again()
    reader.take(got)
    return int(reader.last_id.partition(".")[2] or 0) != reader.position


def _settled_files(process: psutil.Process, wanted: int) -> int:
    """Open files and connections, once those that were cut are closed."""
    deadline = time.monotonic() + (SETTLED_SECONDS if wanted else 3.0)
    while time.monotonic() < deadline and (not wanted or process.num_fds() > wanted):
        time.sleep(0.2)
    return process.num_fds()
