import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import httpx
import pytest
from cloudevents.v1.http import from_dict

from ecif.security import TrustedIssuer
from tests import postgres
from tests.api.counter import Counter, person
from tests.api.serving import EventSource, cutting_line, random_cuts, served

CHANCE = Random(5)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
async def port(counter: Counter) -> AsyncIterator[int]:
    """The counter behind a socket, with a pulse fast enough for a test."""
    state = counter.app.state
    limits = replace(state.wiring.limits, heartbeat_seconds=0.1)
    state.wiring = replace(state.wiring, limits=limits)
    async with served(counter) as port:
        yield port


async def write_events(counter: Counter, count: int) -> None:
    """As many events as are asked for, two per customer."""
    for _ in range(count // 2):
        await counter.take_in(person(" ".join("".join(CHANCE.sample(LETTERS, 7)) for _ in "ab")))
    while await counter.number_events():
        pass


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # nobody tells when it comes true
            await asyncio.sleep(0.02)


async def leave(reading: "asyncio.Task[int]") -> None:
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading


async def test_events_come_as_they_happen_and_each_tells_where_to_go_on(
    counter: Counter, port: int
) -> None:
    source = EventSource()
    await write_events(counter, 2)
    reading = asyncio.create_task(source.read(port, counter.token(), until=4))
    await until(lambda: len(source.messages) == 2)
    await write_events(counter, 2)

    assert await reading == 200

    assert source.positions == [1, 2, 3, 4]
    assert [place for _, place, _ in source.messages] == ["1.1", "1.2", "1.3", "1.4"]
    assert from_dict(source.messages[0][2])["type"] == "ecif.customer.created.v1"


async def test_nothing_is_lost_or_exchanged_by_a_line_that_breaks_anywhere(
    counter: Counter, port: int
) -> None:
    source, connections = EventSource(), 0
    await write_events(counter, 120)
    writing = asyncio.create_task(write_events(counter, 120))

    async with cutting_line(port, random_cuts(7)) as weak, asyncio.timeout(60):
        while len(source.messages) < 240:
            with suppress(httpx.TransportError):
                await source.read(weak, counter.token(), until=240)
            connections += 1
    await writing

    assert connections > 30
    assert source.positions == list(range(1, 241))


async def test_a_browser_goes_on_from_its_last_event_whatever_its_address_says(
    counter: Counter, port: int
) -> None:
    await write_events(counter, 6)
    source = EventSource(last_id="1.4")

    await source.read(port, counter.token(), "?after=1.1", until=2)

    assert source.positions == [5, 6]


async def test_only_chosen_types_come_and_silence_moves_the_place(
    counter: Counter, port: int
) -> None:
    await write_events(counter, 6)
    source = EventSource()

    reading = asyncio.create_task(
        source.read(port, counter.token(), "?types=ecif.record.unlinked.v1")
    )
    await until(lambda: source.last_id == "1.6")
    await leave(reading)

    assert source.messages == []
    assert source.comments > 0


async def test_a_place_that_is_gone_is_refused_before_the_stream_begins(
    counter: Counter, port: int
) -> None:
    await write_events(counter, 2)
    headers = {"Authorization": f"Bearer {counter.token()}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as http:
        gone = await http.get("/v1/events/stream", params={"after": "0.0"})
        ahead = await http.get("/v1/events/stream", headers={"Last-Event-ID": "1.99"})
        nonsense = await http.get("/v1/events/stream", params={"after": "soon"})

    assert (gone.status_code, gone.json()["earliest"]) == (410, "1.0")
    assert (ahead.status_code, ahead.json()["type"]) == (400, "urn:ecif:problem:cursor-ahead")
    assert nonsense.status_code == 400


async def test_history_that_goes_away_meanwhile_ends_the_stream_with_its_problem(
    counter: Counter, port: int, database_url: str
) -> None:
    await write_events(counter, 2)
    source = EventSource()
    reading = asyncio.create_task(source.read(port, counter.token()))
    await until(lambda: len(source.messages) == 2)

    postgres.execute(database_url, "UPDATE sequencer SET epoch = 2")
    await reading

    kind, _, said = source.messages[-1]
    assert kind == "problem"
    assert (said["status"], said["earliest"]) == (410, "2.0")


async def test_a_token_that_is_no_longer_believed_ends_the_stream(
    counter: Counter, port: int
) -> None:
    source = EventSource()
    reading = asyncio.create_task(source.read(port, counter.token()))
    await until(lambda: source.comments > 1)

    wiring = counter.app.state.wiring
    nobody = TrustedIssuer(counter.settings.source, counter.settings.token_audience, {})
    wiring.callers.verifier.trust(nobody)
    await reading

    [(kind, _, said)] = source.messages
    assert (kind, said["status"]) == ("problem", 401)


async def test_many_readers_at_the_end_cost_one_poll_and_each_gets_its_own(
    counter: Counter, port: int
) -> None:
    sources = [EventSource() for _ in range(30)]
    stranger = EventSource()
    await write_events(counter, 2)
    reading = [
        asyncio.create_task(source.read(port, counter.token(), until=6)) for source in sources
    ]
    other = asyncio.create_task(stranger.read(port, counter.token(legal_entity="branch-7")))
    await until(lambda: all(source.comments for source in [*sources, stranger]))

    watch = counter.app.state.wiring.database.recorder = Watch()
    await asyncio.sleep(0.5)
    counter.app.state.wiring.database.recorder = None
    await write_events(counter, 4)
    await asyncio.gather(*reading)
    await leave(other)

    assert all(source.positions == [1, 2, 3, 4, 5, 6] for source in sources)
    assert stranger.messages == []
    assert 0 < watch.statements < 30


class Watch:
    """Counts statements."""

    def __init__(self) -> None:
        self.statements = 0

    def ran(self, sql: str, arguments: Any) -> None:
        self.statements += 1


async def test_a_process_that_is_asked_to_end_lets_its_streams_end(
    counter: Counter, port: int
) -> None:
    source = EventSource()
    reading = asyncio.create_task(source.read(port, counter.token()))
    await until(lambda: source.comments)

    counter.app.state.wiring.stopping.set()

    assert await reading == 200
    assert source.messages == []
