"""Is it alive, is it ready, and how is it doing?"""

from fastapi import Request
from prometheus_client import disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel
from starlette.responses import Response

from ecif.api.answers import json_answer
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.figures import exposition
from ecif.api.wiring import Wiring
from ecif.security import Scope

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
    """Counters and timings of this process, and how events, deliveries, reviews and imports stand."""
    shown = await exposition(call.wiring.database, call.wiring.metrics)
    return Response(shown, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
