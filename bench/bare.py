"""The floor of a read: a bare FastAPI handler that answers the same bytes by one asyncpg query."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI, Response

_QUERY = "SELECT customer_no, kind, status, version, golden FROM customer WHERE customer_no = $1"


class _PlainConnection(asyncpg.Connection):  # type: ignore[misc]
    """Given back without a round trip, as the product's connections are."""

    def get_reset_query(self) -> str:
        return ""


def bare_app(url: str, connections: int) -> FastAPI:
    """The handler, no authentication, no limits, no log."""
    opened: dict[str, Any] = {}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            url, min_size=2, max_size=connections, connection_class=_PlainConnection
        ) as pool:
            opened["pool"] = pool
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    @app.get("/readyz")
    async def ready() -> Response:
        return Response(b"")

    @app.get("/v1/customers/{customer_no}")
    async def read(customer_no: str) -> Response:
        row = await opened["pool"].fetchrow(_QUERY, customer_no)
        if row is None:
            return Response(status_code=404)
        body = (
            f'{{"customer_no":"{row[0]}","kind":"{row[1]}","status":"{row[2]}",'
            f'"version":{row[3]},"golden":{row[4]}}}'
        )
        return Response(body.encode(), media_type="application/json")

    return app


def main() -> None:
    """Serve it with the product's settings of uvicorn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=16)
    told = parser.parse_args()
    config = uvicorn.Config(
        bare_app(told.url, told.connections),
        port=told.port,
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
