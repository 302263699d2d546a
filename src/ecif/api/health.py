"""Is it alive, is it ready, and how is it doing?"""

from fastapi import Request
from prometheus_client import (
    CollectorRegistry,
    Gauge,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel
from starlette.responses import Response

from ecif.api.answers import json_answer
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.wiring import Wiring
from ecif.security import Scope
from ecif.store import Condition, condition_of

door = Door("operations")

disable_created_metrics()  # type: ignore[no-untyped-call]


class Health(BaseModel):
    """How the service is, in one word, and why."""

    status: str
    because: str | None = None


@door.route("GET /livez", needs=None, answers=Health)
async def live() -> Response:
    """Say that the process answers; the database is not asked."""
    return json_answer({"status": "alive"})


@door.route(
    "GET /readyz",
    needs=None,
    answers=Health,
    responses={503: {"model": Health, "description": "Requests cannot be served now."}},
)
async def ready(request: Request) -> Response:
    """Say whether requests can be served: the database answers and has the tables of this version."""
    wiring: Wiring | None = getattr(request.app.state, "wiring", None)
    if wiring is None:
        return json_answer({"status": "not ready", "because": "starting"}, 503)
    found = await wiring.readiness()
    if found.is_ready:
        return json_answer({"status": "ready"})
    return json_answer({"status": "not ready", "because": found.because}, 503)


@door.route(
    "GET /metrics",
    needs=Scope.METRICS_READ,
    responses={200: {"content": {"text/plain": {}}, "description": "In Prometheus' text format."}},
)
async def metrics(call: Call) -> Response:
    """Counters and timings of this process, and how far events are announced."""
    async with call.wiring.database.connection() as connection:
        condition = await condition_of(connection)
    shown = generate_latest(_gauges(condition)) + generate_latest(call.wiring.metrics)
    return Response(shown, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def _gauges(condition: Condition) -> CollectorRegistry:
    registry = CollectorRegistry()
    waiting_seconds = 0.0
    if condition.waiting_since is not None:
        waiting_seconds = (condition.now - condition.waiting_since).total_seconds()
    for name, words, value in (
        ("ecif_feed_position", "The last position given.", condition.position),
        ("ecif_events_waiting", "Events without a position.", condition.waiting_count),
        ("ecif_oldest_event_waiting_seconds", "Since when the oldest one waits.", waiting_seconds),
        ("ecif_database_bytes", "Size of the database.", condition.size_bytes),
    ):
        Gauge(name, words, registry=registry).set(value)
    return registry
