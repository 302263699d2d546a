"""NATS JetStream: one message per event, stored by a stream before it counts as delivered."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import nats
from nats.aio.client import Client
from nats.errors import Error, MaxPayloadError
from nats.errors import TimeoutError as NatsTimeout
from nats.js.errors import APIError, NoStreamResponseError

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
from ecif.delivery.sink import Handed, Message, Outcome, Sink

_RECONNECT_SECONDS: Final = 1
_FOR_EVER: Final = -1
_log = logging.getLogger("ecif.delivery.nats")


def open_sink(target: Mapping[str, Any], credentials: Mapping[str, str]) -> Sink:
    """The way out to a subject.

    Args:
        target: `servers` (host and port each), `subject`, `tls`.
        credentials: None, or `username` and `password`, or `token`; `ca`, if certificates need it.
    """
    return NatsSink(target, credentials)


class NatsSink:
    """Publishes to one subject and waits for the stream's acknowledgement.

    The stream drops a repeated `Nats-Msg-Id` within its window (two minutes unless it says otherwise); outside it
    the event's id tells consumers. An acknowledgement says that the stream has it, not that it is on disk.
    """

    def __init__(
        self,
        target: Mapping[str, Any],
        credentials: Mapping[str, str],
        *,
        seconds: float = SEND_SECONDS,
    ) -> None:
        """Nothing is connected yet; `seconds` is the longest an acknowledgement may take."""
        self._seconds = seconds
        self._target = target
        self._credentials = credentials
        self._client: Client | None = None
        self._connecting = asyncio.Lock()

    async def send(self, message: Message) -> Outcome:
        """Publish one message and wait until a stream has taken it."""
        try:
            client = await self._connected()
            if not client.is_connected:  # the library would keep it and send it whenever it can
                return retry("not-connected")
            headers = {"Nats-Msg-Id": message.event_id, "content-type": MEDIA_TYPE}
            taken = await client.jetstream().publish(
                self._target["subject"], message.body, timeout=self._seconds, headers=headers
            )
        except MaxPayloadError:
            return refused("too-large")
        except NoStreamResponseError:
            return retry("no-stream")
        except (NatsTimeout, TimeoutError):
            return retry("timeout")
        except APIError:
            return retry("not-stored")
        except (Error, OSError):
            return retry("not-connected")
        return Outcome(Handed.DELIVERED, "duplicate") if taken.duplicate else CONFIRMED

    async def close(self) -> None:
        """Let go of the connection."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(Error, OSError, TimeoutError):
                await client.close()

    async def _connected(self) -> Client:
        async with self._connecting:
            if self._client is None or self._client.is_closed:
                scheme = "tls" if self._target["tls"] else "nats"
                self._client = await nats.connect(
                    [f"{scheme}://{server}" for server in self._target["servers"]],
                    tls=tls_of(self._credentials) if self._target["tls"] else None,
                    name=CLIENT,
                    connect_timeout=int(CONNECT_SECONDS),
                    reconnect_time_wait=_RECONNECT_SECONDS,
                    max_reconnect_attempts=_FOR_EVER if self._client else 1,
                    error_cb=_note,
                    user=self._credentials.get("username"),
                    password=self._credentials.get("password"),
                    token=self._credentials.get("token"),
                )
            return self._client


async def _note(error: Exception) -> None:
    _log.debug("nats.trouble", extra={"reason": type(error).__name__})
