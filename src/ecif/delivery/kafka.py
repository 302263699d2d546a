"""Kafka: one record per event, keyed by customer number, confirmed by all in-sync replicas."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from threading import Event, Thread
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Record

from ecif.delivery.brokers import CLIENT, CONFIRMED, MEDIA_TYPE, SEND_SECONDS, refused, retry
from ecif.delivery.sink import Message, Outcome, Sink

_POLL_SECONDS: Final = 0.1
_CLOSE_SECONDS: Final = 2.0
_LINGER_MS: Final = 2
_MECHANISM: Final = "SCRAM-SHA-512"
_HEADERS: Final[list[tuple[str, str | bytes | None]]] = [("content-type", MEDIA_TYPE.encode())]
_OWN_FAULTS: Final = {
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.INVALID_MSG,
    KafkaError.INVALID_RECORD,
}
_log = logging.getLogger("ecif.delivery.kafka")


def open_sink(target: Mapping[str, Any], credentials: Mapping[str, str]) -> Sink:
    """The way out to a topic.

    Args:
        target: `servers` (host and port each), `topic`, `tls`.
        credentials: None, or `username`, `password` and the SASL `mechanism`; `ca`, if certificates need it.
    """
    return KafkaSink(target, credentials)


class KafkaSink:
    """Produces to one topic; the producer and its thread begin with the first event.

    The producer is idempotent, whatever the target says: what it repeats by itself is there once and in order. What
    it gives up is for the relay, which sends the same event again before any later one of its customer.
    """

    def __init__(
        self,
        target: Mapping[str, Any],
        credentials: Mapping[str, str],
        *,
        seconds: float = SEND_SECONDS,
    ) -> None:
        """Nothing is connected yet; `seconds` is the longest a confirmation may take."""
        self._topic = target["topic"]
        self._configuration = {
            **_configuration(target, credentials),
            "message.timeout.ms": int(seconds * 1000),
        }
        self._producer: Producer | None = None
        self._closing = Event()
        self._thread: Thread | None = None

    async def send(self, message: Message) -> Outcome:
        """Produce one record and wait for the cluster's confirmation."""
        loop = asyncio.get_running_loop()
        confirmed: asyncio.Future[KafkaError | None] = loop.create_future()

        def settle(error: KafkaError | None) -> None:
            if not confirmed.done():
                confirmed.set_result(error)

        def on_delivery(error: KafkaError | None, _: Record) -> None:
            loop.call_soon_threadsafe(settle, error)

        try:
            self._open().produce(
                self._topic,
                message.body,
                None if message.subject is None else message.subject.encode(),
                on_delivery=on_delivery,
                headers=_HEADERS,
            )
        except BufferError:
            return retry("queue-full")
        except KafkaException as error:
            return await self._failed(error.args[0])
        found = await confirmed
        return CONFIRMED if found is None else await self._failed(found)

    async def close(self) -> None:
        """Give what is on its way a moment, then let go; what was not confirmed counts as not sent."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await asyncio.to_thread(producer.flush, _CLOSE_SECONDS)
            producer.purge()
            await asyncio.to_thread(producer.flush, _POLL_SECONDS)
            self._closing.set()
            if self._thread is not None:
                await asyncio.to_thread(self._thread.join)

    def _open(self) -> Producer:
        if self._producer is None:
            self._producer = Producer(self._configuration, logger=_log)
            self._closing = Event()
            self._thread = Thread(
                target=_serve, args=(self._producer, self._closing), name="kafka", daemon=True
            )
            self._thread.start()
        return self._producer

    async def _failed(self, error: KafkaError) -> Outcome:
        if error.fatal():  # the producer is of no use any more; the next event gets another one
            await self.close()
        reason = error.name().strip("_").lower().replace("_", "-")
        return refused(reason) if error.code() in _OWN_FAULTS else retry(reason)


def _serve(producer: Producer, closing: Event) -> None:
    """Take confirmations in until the sink closes."""
    while not closing.is_set():
        with suppress(KafkaException):
            producer.poll(_POLL_SECONDS)


def _configuration(target: Mapping[str, Any], credentials: Mapping[str, str]) -> dict[str, Any]:
    transport = "SSL" if target["tls"] else "PLAINTEXT"
    configuration = {
        "bootstrap.servers": ",".join(target["servers"]),
        "client.id": CLIENT,
        "security.protocol": transport,
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": _LINGER_MS,
        "partitioner": "murmur2_random",  # as the Java clients do, so that consumers may join topics
        "allow.auto.create.topics": False,
        "error_cb": _note,
    }
    if "username" in credentials:
        configuration |= {
            "security.protocol": f"SASL_{transport}",
            "sasl.mechanism": credentials.get("mechanism", _MECHANISM),
            "sasl.username": credentials["username"],
            "sasl.password": credentials.get("password", ""),
        }
    if "ca" in credentials:
        configuration["ssl.ca.pem"] = credentials["ca"]
    return configuration


def _note(error: KafkaError) -> None:
    _log.debug("kafka.trouble", extra={"reason": error.name()})
