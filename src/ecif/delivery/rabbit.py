"""RabbitMQ: one persistent message per event, confirmed by the broker and routed to a queue."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from ecif.delivery.amqp import AmqpLine, Confirmation, Login, Refused, open_amqp
from ecif.delivery.amqp_frames import Publication
from ecif.delivery.brokers import (
    CLIENT,
    CONFIRMED,
    CONNECT_SECONDS,
    MEDIA_TYPE,
    SEND_SECONDS,
    refused,
    retry,
    tls_of,
)
from ecif.delivery.sink import Message, Outcome, Sink

_REASONS: Final = {404: "no-exchange", 403: "not-authorised", 530: "not-authorised"}
"""Source: AMQP 0-9-1, reply codes."""


def open_sink(target: Mapping[str, Any], credentials: Mapping[str, str]) -> Sink:
    """The way out to an exchange.

    Args:
        target: `servers` (host and port each), `exchange`, `routing_key` (empty: the type of each event),
            `virtual_host`, `tls`.
        credentials: `username` and `password`; `ca`, if certificates need it.
    """
    return RabbitSink(target, credentials)


class RabbitSink:
    """Publishes to one exchange over one channel with confirms.

    The broker would drop a message that no queue takes, and confirm it; so each is mandatory and comes back. Where
    the types of events are the routing keys, only this type is not taken; under one key for all, nothing is.
    """

    def __init__(
        self,
        target: Mapping[str, Any],
        credentials: Mapping[str, str],
        *,
        seconds: float = SEND_SECONDS,
    ) -> None:
        """Nothing is connected yet; `seconds` is the longest a confirmation may take."""
        self._seconds = seconds
        self._target = target
        self._credentials = credentials
        self._line: AmqpLine | None = None
        self._connecting = asyncio.Lock()

    async def send(self, message: Message) -> Outcome:
        """Publish one message and wait until the broker has put it into a queue."""
        line = None
        try:
            async with asyncio.timeout(self._seconds):
                line = await self._opened()
                said = await line.publish(self._publication(message))
        except TimeoutError:
            self._let_go(line)
            return retry("timeout")
        except Refused as refusal:
            self._let_go(line)
            return retry(_REASONS.get(refusal.code, "not-connected"))
        except OSError:
            self._let_go(line)
            return retry("not-connected")
        return self._outcome(said)

    async def close(self) -> None:
        """Let go of the connection."""
        self._let_go(self._line)

    def _outcome(self, said: Confirmation) -> Outcome:
        if said is Confirmation.UNROUTABLE:
            return retry("unroutable") if self._target["routing_key"] else refused("unroutable")
        return CONFIRMED if said is Confirmation.TAKEN else retry("not-confirmed")

    def _publication(self, message: Message) -> Publication:
        return Publication(
            self._target["exchange"],
            self._target["routing_key"] or message.type,
            message.event_id,
            message.type,
            MEDIA_TYPE,
            CLIENT,
            message.body,
        )

    def _let_go(self, line: AmqpLine | None) -> None:
        """Close a connection; another one that was opened since stays."""
        if line is not None:
            line.close()
        if self._line is line:
            self._line = None

    async def _opened(self) -> AmqpLine:
        if self._line is not None and self._line.is_open:
            return self._line
        async with self._connecting:
            if self._line is None or not self._line.is_open:
                line = await self._connected()
                try:
                    await line.find_exchange(self._target["exchange"])
                except BaseException:
                    line.close()
                    raise
                self._line = line
            return self._line

    async def _connected(self) -> AmqpLine:
        """A connection to the first of the servers that takes us."""
        *others, last = self._target["servers"]
        for server in others:
            with suppress(Refused, OSError, TimeoutError):
                return await self._connect(server)
        return await self._connect(last)

    async def _connect(self, server: str) -> AmqpLine:
        host, _, port = server.rpartition(":")
        credentials = self._credentials
        login = Login(
            credentials.get("username", ""),
            credentials.get("password", ""),
            self._target["virtual_host"],
            CLIENT,
        )
        tls = tls_of(credentials) if self._target["tls"] else None
        async with asyncio.timeout(CONNECT_SECONDS):
            return await open_amqp(host.strip("[]"), int(port), login, tls=tls)
