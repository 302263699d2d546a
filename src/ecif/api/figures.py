"""Figures for whoever watches: what this process counts, and what the database says when it is asked.

Nothing here names a person: labels are route templates, states, and the ids of subscriptions.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    ProcessCollector,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ecif import delivery, intake, stewardship
from ecif.store import Condition, Connection, Database, condition_of

_RECENTLY: Final = timedelta(minutes=5)
_ANSWER_SECONDS: Final = 5.0


class ProcessFigures(Collector):
    """What one process knows of itself: its memory and time, and how long it has waited for connections."""

    def __init__(self, database: Database, registry: CollectorRegistry) -> None:
        """Show the pool of `database` in `registry`."""
        self._database = database
        ProcessCollector(registry=registry)
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Read the pool's counters; the database is not asked."""
        pool = self._database.pool_figures
        yield _gauge("ecif_pool_connections", "Connections this process has open.", pool.open)
        yield _gauge("ecif_pool_connections_idle", "Those that nobody uses now.", pool.idle)
        for name, words, value in (
            ("ecif_pool_taken", "How often a connection was taken.", pool.taken),
            (
                "ecif_pool_wait_seconds",
                "How long requests have waited for one.",
                pool.waited_seconds,
            ),
        ):
            yield CounterMetricFamily(name, words, value)


async def exposition(database: Database, process: CollectorRegistry) -> bytes:
    """Everything in Prometheus' text format; without its database a process shows what it knows of itself."""
    registry = CollectorRegistry()
    registry.register(_Shown(await _asked(database)))
    return generate_latest(registry) + generate_latest(process)


@contextmanager
def figures_served(
    database: Database, process: CollectorRegistry, *, host: str, port: int | None
) -> Iterator[int | None]:
    """Serve the figures on a port of their own while within; none without a port, any free one for 0.

    The server has a thread of its own and asks the database through the loop that is running now.
    """
    if port is None:
        yield None
        return
    registry = CollectorRegistry()
    registry.register(_FromThread(database, process, asyncio.get_running_loop()))
    server, thread = start_http_server(port, host, registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Shown(Collector):
    """Figures that have been read already."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Sequence[Metric]:
        return self._metrics


class _FromThread(Collector):
    """All figures, read when a thread asks for them."""

    def __init__(
        self, database: Database, process: CollectorRegistry, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._database, self._process, self._loop = database, process, loop

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        asked = asyncio.run_coroutine_threadsafe(_asked(self._database), self._loop)
        yield from asked.result(_ANSWER_SECONDS)
        yield from self._process.collect()


async def _asked(database: Database) -> list[Metric]:
    """What the database says, in a few cheap statements on one connection."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS), database.connection() as connection:
            condition = await condition_of(connection)
            return [
                _gauge("ecif_database_up", "Whether the database answers.", 1),
                *_feed(condition),
                *await _work(connection, condition.now),
                *await _subscriptions(connection, condition.now),
                *await _reconciler(connection),
            ]
    except (
        Exception
    ):  # whatever the matter is: what the process knows of itself is shown all the same
        return [_gauge("ecif_database_up", "Whether the database answers.", 0)]


def _feed(condition: Condition) -> list[Metric]:
    waits = _age(condition.now, condition.waiting_since)
    return [
        _gauge("ecif_feed_position", "The last position given.", condition.position),
        _gauge("ecif_events_waiting", "Events without a position.", condition.waiting_count),
        _gauge("ecif_oldest_event_waiting_seconds", "How long the oldest of them waits.", waits),
        _gauge("ecif_database_bytes", "Size of the database.", condition.size_bytes),
    ]


async def _work(connection: Connection, now: datetime) -> list[Metric]:
    work = await stewardship.waiting_work(connection)
    imports = await intake.imports_by_state(connection)
    return [
        _gauge("ecif_reviews_open", "Reviews that wait for a person.", work.reviews),
        _gauge(
            "ecif_oldest_review_seconds",
            "How long the oldest of them waits.",
            _age(now, work.reviews_since),
        ),
        _gauge("ecif_proposals_open", "Proposals that wait for a second person.", work.proposals),
        _by("ecif_imports", "Imports that are not finished, by state.", "state", imports),
    ]


async def _subscriptions(connection: Connection, now: datetime) -> list[Metric]:
    lags = await delivery.lags_of(connection)
    attempts = await delivery.attempts_within(connection, _RECENTLY)
    figures: dict[str, tuple[str, Sequence[float]]] = {
        "lag_events": ("Events behind the end of the feed.", [lag.events for lag in lags]),
        "oldest_unsent_seconds": (
            "How long the oldest event waits that it has not had.",
            [_age(now, lag.unsent_since) for lag in lags],
        ),
        "due": ("Events set aside to be tried again.", [lag.due for lag in lags]),
        "parked": ("Events parked.", [lag.parked for lag in lags]),
        "failures": ("Failures in a row of its endpoint.", [lag.failures for lag in lags]),
        "delivered": ("Events it has confirmed so far.", [lag.delivered for lag in lags]),
    }
    names = [str(lag.subscription_id) for lag in lags]
    return [
        _by(
            f"ecif_subscription_{name}",
            words,
            "subscription",
            dict(zip(names, values, strict=True)),
        )
        for name, (words, values) in figures.items()
    ] + [_by("ecif_attempts_recently", "Events tried within five minutes.", "outcome", attempts)]


async def _reconciler(connection: Connection) -> list[Metric]:
    report = await delivery.reconciler_report(connection)
    ran, swept = _age(report.now, report.ran_at), _age(report.now, report.swept_at)
    return [
        _gauge("ecif_reconciler_holes", "Holes between customers and events.", report.holes),
        _gauge("ecif_reconciler_last_run_seconds", "Since the reconciler looked last.", ran),
        _gauge("ecif_reconciler_last_round_seconds", "Since it came round last.", swept),
        _gauge("ecif_reconciler_compared", "Customers compared so far.", report.checked_count),
    ]


def _age(now: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value)


def _by(name: str, words: str, label: str, figures: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for named, value in figures.items():
        family.add_metric([named], value)
    return family
