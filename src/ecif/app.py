"""The application: opens the database, hangs up the doors, maps refusals."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, BinaryIO, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

import ecif
from ecif import api, delivery
from ecif.errors import Busy, Refusal
from ecif.opening import opened
from ecif.security import InstallationKeys, TokenIssuer, TokenVerifier
from ecif.settings import Settings
from ecif.store import Database, LiveFeed, migrate, migration_of

_READY_SECONDS: Final = 1.0


def create_app(
    settings: Settings,
    keys: InstallationKeys,
    database_url: str,
    *,
    log_to: BinaryIO | None = None,
) -> FastAPI:
    """Put the application together; it opens its database when it starts.

    Args:
        settings: The knobs of this installation.
        keys: Its secrets.
        database_url: Where the migrated database is.
        log_to: Takes the access log; None keeps it silent.
    """
    clock: Callable[[], float] = time.time  # noqa: TID251  # the wiring hands out the clock
    log = api.AccessLog(log_to, clock=clock)
    app = bare_app(_lifespan(settings, keys, database_url, log))
    app.add_middleware(api.Gate, log=log, traffic=lambda: getattr(app.state, "traffic", None))
    return app


def bare_app(lifespan: Any = None) -> FastAPI:
    """The application's routes without a database behind them: what its OpenAPI document is written from."""
    app = FastAPI(
        title="ecif",
        version=ecif.__version__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_exception_handler(Refusal, api.on_refusal)
    app.add_exception_handler(RequestValidationError, api.on_invalid)
    app.add_exception_handler(HTTPException, api.on_http)
    for door in api.DOORS:
        door.hang_up(app)
    return app


def _lifespan(
    settings: Settings, keys: InstallationKeys, database_url: str, log: api.AccessLog
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # No statement of a request may outlive the request, so that a frozen database costs nobody more.
        longest = min(settings.statement_timeout_seconds, settings.request_timeout_seconds)
        database = await opened(settings, keys, database_url, statement_seconds=longest)
        wiring = _wire(settings, keys, database)
        app.state.traffic = api.Traffic(wiring.metrics)
        app.state.wiring = wiring
        freshness = asyncio.create_task(wiring.callers.keep_fresh())
        api.ProcessFigures(database, wiring.metrics)
        own_port = api.figures_served(
            database, wiring.metrics, host=settings.host, port=settings.metrics_port
        )
        try:
            with own_port:
                yield
        finally:
            freshness.cancel()
            with suppress(asyncio.CancelledError):
                await freshness
            await wiring.live.close()
            await database.close()
            log.close()

    return lifespan


def _wire(settings: Settings, keys: InstallationKeys, database: Database) -> api.Wiring:
    clock = time.time  # noqa: TID251  # the wiring hands out the clock
    own = TokenIssuer(keys.signing, issuer=settings.source, audience=settings.token_audience)
    verifier = TokenVerifier([own.trusted] if settings.own_tokens else [], clock=clock)
    external = None
    if settings.token_issuer is not None:
        external = api.ExternalIssuer(
            issuer=settings.token_issuer,
            key_set_url=str(settings.token_key_set_url),
            audience=settings.token_audience,
        )
    stopping = asyncio.Event()
    return api.Wiring(
        database=database,
        live=LiveFeed(database, stopping),
        stopping=stopping,
        callers=api.Callers(verifier, clock, external),
        source=settings.source,
        ways_out=delivery.WaysOut(
            database.vault,
            delivery.Outside.of(
                settings.webhook_networks, http=settings.webhook_http, brokers=settings.brokers
            ),
        ),
        readiness=_readiness(database),
        only_listed=settings.source_systems == "listed",
        limits=api.Limits(
            request_seconds=settings.request_timeout_seconds, body_bytes=settings.body_limit_bytes
        ),
    )


def _readiness(database: Database) -> Callable[[], Any]:
    head = migrate.head()

    async def readiness() -> api.Readiness:
        try:
            async with asyncio.timeout(_READY_SECONDS), database.connection() as connection:
                applied = await migration_of(connection)
        except (Busy, TimeoutError):
            return api.Readiness(is_ready=False, because="the database does not answer")
        except Exception as error:  # whatever it is, requests would meet it too
            because = f"the database refuses: {type(error).__name__}"
            return api.Readiness(is_ready=False, because=because)
        if applied != head:
            because = f"the database is at migration {applied}, this version needs {head}"
            return api.Readiness(is_ready=False, because=because)
        return api.Readiness(is_ready=True, because="")

    return readiness
