"""A line to an AMQP broker, played to it frame by frame."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from pamqp import frame as frames
from pamqp.commands import Basic, Channel, Confirm, Connection
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from ecif.delivery.amqp import AmqpLine, Confirmation, Login, Refused
from ecif.delivery.amqp_frames import FRAME_BYTES, Publication, written

LOGIN = Login("guest", "secret", "/", "ecif")


class Wire(asyncio.Transport):
    """Keeps what the line writes."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.is_closed = False

    def write(self, data: Any) -> None:
        self.sent += data

    def close(self) -> None:
        self.is_closed = True

    def read(self) -> list[Any]:
        """The frames that were written since."""
        found = []
        while self.sent:
            length, _, frame = frames.unmarshal(self.sent)
            found.append(frame)
            self.sent = self.sent[length:]
        return found


def publication(size: int = 20) -> Publication:
    return Publication(
        "bank",
        "ecif.customer.created.v1",
        str(uuid4()),
        "ecif.customer.created.v1",
        "application/cloudevents+json",
        "ecif",
        b"x" * size,
    )


async def opened() -> tuple[AmqpLine, Wire]:
    """A line whose broker has said yes to everything."""
    line, wire = AmqpLine(), Wire()
    line.connection_made(wire)
    beginning = asyncio.create_task(line.begin(LOGIN))
    for answer in (
        Connection.Start(server_properties={}, mechanisms="PLAIN", locales="en_US"),
        Connection.Tune(2047, FRAME_BYTES, 60),
        Connection.OpenOk(),
        Channel.OpenOk(),
        Confirm.SelectOk(),
    ):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        say(line, answer)
    await beginning
    await asyncio.sleep(0)
    wire.read()
    return line, wire


def say(line: AmqpLine, *answers: Any) -> None:
    """The broker says something, one byte at a time."""
    for byte in b"".join(frames.marshal(each, _channel_of(each)) for each in answers):
        line.data_received(bytes((byte,)))


def _channel_of(answer: Any) -> int:
    return 0 if getattr(answer, "name", "").startswith(("Connection", "Heartbeat")) else 1


async def publishing(line: AmqpLine, count: int) -> list["asyncio.Task[Confirmation]"]:
    tasks = [asyncio.create_task(line.publish(publication())) for _ in range(count)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


@pytest.mark.parametrize("size", [1, 400, FRAME_BYTES - 8, FRAME_BYTES, 3 * FRAME_BYTES])
def test_what_is_written_by_hand_is_what_the_library_reads_and_writes(size: int) -> None:
    said = publication(size)
    raw = written(said, FRAME_BYTES)

    method = frames.marshal(Basic.Publish(0, said.exchange, said.routing_key, mandatory=True), 1)
    properties = Basic.Properties(
        content_type=said.content_type,
        delivery_mode=2,
        message_id=said.message_id,
        message_type=said.type,
        app_id=said.application,
    )
    header = frames.marshal(ContentHeader(body_size=size, properties=properties), 1)
    assert raw.startswith(method + header)
    body, rest = b"", raw[len(method + header) :]
    while rest:
        length, _, frame = frames.unmarshal(rest)
        assert length <= FRAME_BYTES
        body, rest = body + frame.value, rest[length:]  # type: ignore[union-attr]
    assert body == said.body


async def test_one_acknowledgement_may_stand_for_many() -> None:
    line, _ = await opened()
    tasks = await publishing(line, 4)

    say(line, Basic.Ack(3, multiple=True))
    await asyncio.sleep(0.01)
    done = [each.done() for each in tasks]
    say(line, Heartbeat(), Basic.Nack(4))

    assert done == [True, True, True, False]
    assert {await each for each in tasks[:3]} == {Confirmation.TAKEN}
    assert await tasks[3] is Confirmation.NOT_TAKEN


async def test_what_comes_back_was_not_routed_although_it_is_acknowledged() -> None:
    line, wire = await opened()
    [gone, taken] = await publishing(line, 2)
    returned = next(each for each in wire.read() if isinstance(each, ContentHeader))

    say(
        line,
        Basic.Return(312, "NO_ROUTE", "bank", "nobody"),
        returned,
        frames.body.ContentBody(b"x" * 20),  # type: ignore[attr-defined]
        Basic.Ack(2, multiple=True),
    )

    assert (await gone, await taken) == (Confirmation.UNROUTABLE, Confirmation.TAKEN)


async def test_a_channel_that_the_broker_ends_fails_all_that_is_on_its_way() -> None:
    line, wire = await opened()
    tasks = await publishing(line, 3)

    say(line, Channel.Close(404, "no exchange", 60, 40))

    for each in tasks:
        with pytest.raises(Refused) as refusal:
            await each
        assert refusal.value.code == 404
    assert wire.is_closed
    with pytest.raises(ConnectionError):
        await line.publish(publication())


@pytest.mark.parametrize("raw", [b"HTTP/1.1 400 Bad\r\n\r\n", b"\x01\x00\x01\xff\xff\xff\xff\x00"])
async def test_somebody_who_does_not_speak_amqp_is_left(raw: bytes) -> None:
    line, wire = await opened()
    [task] = await publishing(line, 1)

    line.data_received(raw)

    with pytest.raises(ConnectionError):
        await task
    assert wire.is_closed


async def test_closing_says_so_and_counts_as_lost_what_was_not_confirmed() -> None:
    line, wire = await opened()
    [task] = await publishing(line, 1)

    line.close()

    with pytest.raises(ConnectionError):
        await task
    assert isinstance(wire.read()[-1], Connection.Close)
