"""RabbitMQ: one persistent message per event, confirmed by the broker and routed to a queue."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelNotFoundEntity,
    DeliveryError,
    ProbableAuthenticationError,
    PublishError,
)

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
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None
        self._connecting = asyncio.Lock()

    async def send(self, message: Message) -> Outcome:
        """Publish one message and wait until the broker has put it into a queue."""
        try:
            async with asyncio.timeout(self._seconds):
                exchange = await self._opened()
                key = self._target["routing_key"]
                await exchange.publish(_published(message), key or message.type, mandatory=True)
        except PublishError:
            return retry("unroutable") if key else refused("unroutable")
        except DeliveryError:
            return retry("not-confirmed")
        except TimeoutError:
            await self.close()
            return retry("timeout")
        except ChannelNotFoundEntity:
            await self.close()
            return retry("no-exchange")
        except (AuthenticationError, ProbableAuthenticationError):
            return retry("not-authorised")
        except (AMQPError, OSError, RuntimeError):
            await self.close()
            return retry("not-connected")
        return CONFIRMED

    async def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None:
            with suppress(AMQPError, OSError, RuntimeError, TimeoutError):
                async with asyncio.timeout(CONNECT_SECONDS):
                    await connection.close()

    async def _opened(self) -> AbstractExchange:
        async with self._connecting:
            if self._exchange is None:
                self._connection = await self._connected()
                channel = await self._connection.channel(on_return_raises=True)
                self._exchange = await channel.get_exchange(self._target["exchange"])
            return self._exchange

    async def _connected(self) -> AbstractConnection:
        """A connection to the first of the servers that takes us."""
        *others, last = self._target["servers"]
        for server in others:
            with suppress(AMQPError, OSError, TimeoutError):
                return await self._connect(server)
        return await self._connect(last)

    async def _connect(self, server: str) -> AbstractConnection:
        host, _, port = server.rpartition(":")
        is_tls = self._target["tls"]
        return await aio_pika.connect(
            host=host,
            port=int(port),
            ssl=is_tls,
            ssl_context=tls_of(self._credentials) if is_tls else None,
            virtualhost=self._target["virtual_host"],
            login=self._credentials.get("username", ""),
            password=self._credentials.get("password", ""),
            timeout=CONNECT_SECONDS,
            client_properties={"connection_name": CLIENT},
        )


def _published(message: Message) -> aio_pika.Message:
    return aio_pika.Message(
        message.body,
        content_type=MEDIA_TYPE,
        message_id=message.event_id,
        type=message.type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        app_id=CLIENT,
    )
