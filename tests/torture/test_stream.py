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

RECONNECTS = int(os.environ.get("RECONNECTS", "400" if SCALE == 1 else "10000"))
READERS = 8
MOST_EVENTS = 60
MOST_MORE_BYTES = 48_000_000
SETTLED_SECONDS = 30.0

pytestmark = [pytest.mark.torture, pytest.mark.timeout(300 + RECONNECTS / 10)]


async def readers_of(
    system: System, record: Record, connections: int, *, is_hasty: bool = False
) -> list[CutReader]:
    """Readers who were cut so many times in all."""
    place = max(1, len(record.tables["feed"]) - MOST_EVENTS)
    bearer = {"Authorization": f"Bearer {system.token}"}
    async with httpx.AsyncClient(headers=bearer) as http:
        question = {"limit": "1"}
        page = await http.get(f"{system.addresses[0]}/v1/events", params=question)
    epoch = page.json()["next"].partition(".")[0]
    readers = [
        CutReader(
            system.ports[APIS[0]],
            system.token,
            f"{epoch}.{place}",
            len(record.tables["feed"]),
            Random(SEED + number),
            is_hasty,
        )
        for number in range(READERS)
    ]
    await asyncio.gather(*(each.read(connections // READERS) for each in readers))
    return readers


def test_a_stream_that_is_cut_and_taken_up_again_is_whole_and_leaves_nothing_behind(
    record: Record, system: System
) -> None:
    asyncio.run(readers_of(system, record, 80))
    api = psutil.Process(system.running[APIS[0]].pid)
    files, memory = _settled_files(api, 0), api.memory_info().rss

    readers = asyncio.run(readers_of(system, record, RECONNECTS))

    left = _settled_files(api, files) - files
    more = api.memory_info().rss - memory
    rounds = sum(each.rounds for each in readers)
    print(  # noqa: T201
        f"{sum(each.connections for each in readers)} connections, the end reached {rounds} times;"
        f" files left open {left}, memory {more / 1e6:+.1f} MB"
    )
    assert [fault for each in readers for fault in each.faults] == []
    assert rounds > READERS
    assert left <= 0
    assert more < MOST_MORE_BYTES


def test_a_reader_who_believes_half_an_id_is_found_out(record: Record, system: System) -> None:
    """The negative control."""
    readers = asyncio.run(readers_of(system, record, 1_600, is_hasty=True))

    assert [fault for each in readers for fault in each.faults]


def _settled_files(process: psutil.Process, wanted: int) -> int:
    """Open files and connections, once those that were cut are closed."""
    deadline = time.monotonic() + (SETTLED_SECONDS if wanted else 3.0)
    while time.monotonic() < deadline and (not wanted or process.num_fds() > wanted):
        time.sleep(0.2)
    return process.num_fds()
