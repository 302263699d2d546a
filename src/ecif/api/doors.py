"""Doors: each route says which scope it needs, what it answers, and what it may refuse; nothing comes up without."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from ecif.api.call import Call, SlowBody
from ecif.api.problems import MEDIA_TYPE, BodyTooLarge, UnsupportedMediaType
from ecif.api.straight import StraightWay
from ecif.api.strict_json import BadJson, read_json
from ecif.errors import BadRequest, Busy, MissingScope, Refusal, Unauthenticated, Unprocessable
from ecif.security import Scope
from ecif.store import KeyReused

SCHEME: Final = "bearer"
PROBLEM_SCHEMA: Final = {"$ref": "#/components/schemas/Problem"}
IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key gives the same answer, and one effect; kept for thirty days by default.",
    "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
}

_BODY_BYTES: Final = "x-body-bytes"
_Answer = Callable[[Request], Coroutine[Any, Any, Response]]
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Awaitable[Any]])


class GuardedRoute(APIRoute):
    """A route that lets nobody in without its scope and reads bodies strictly."""

    @property
    def needs(self) -> Scope | None:
        """The scope this route needs; None for those that are open to everybody."""
        requirements = (self.openapi_extra or {})["security"]
        return Scope(requirements[0][SCHEME][0]) if requirements else None

    @property
    def body_bytes(self) -> int:
        """How large a body may be here; 0 where the limit of all routes holds."""
        return int((self.openapi_extra or {}).get(_BODY_BYTES, 0))

    def get_route_handler(self) -> _Answer:
        answer = super().get_route_handler()
        needs, takes_body, straight = self.needs, self.body_field is not None, StraightWay(self)
        body_bytes = self.body_bytes

        async def guarded(request: Request) -> Response:
            call = Call(request.scope, request.receive)
            if needs is not None:
                authorization = call.headers.get("authorization")
                call.actor = await call.wiring.callers.identify(authorization)
                call.actor.require(needs)
            if takes_body:
                call.body_bytes = body_bytes
                await _take_body(call)
            return await straight.answer(call) or await answer(call)

        return guarded


async def _take_body(call: Call) -> None:
    body = await call.body()
    if not body:
        return
    media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise UnsupportedMediaType
    call.plain = read_json(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    """One route as it was declared, before an application has it."""

    method: str
    path: str
    endpoint: Callable[..., Awaitable[Any]]
    options: dict[str, Any]


@dataclass(slots=True)
class Door:
    """Some routes that belong together; `hang_up` gives them to an application."""

    tag: str
    _declared: list[_Declared] = field(default_factory=list)

    def route(
        self,
        address: str,
        *,
        needs: Scope | None,
        answers: type[BaseModel] | None = None,
        refuses: Sequence[type[Refusal]] = (),
        body_bytes: int = 0,
        **options: Any,
    ) -> Callable[[_Endpoint], _Endpoint]:
        """Declare a route.

        Args:
            address: Method and path, as `GET /v1/customers/{customer_no}`.
            needs: The scope a caller must hold; None only for what is open to everybody.
            answers: The shape of the successful answer, for the OpenAPI document.
            refuses: What it may refuse beside what every route may.
            body_bytes: How large a body may be, where that is more than what every route takes.
            options: Of FastAPI: `status_code`, `responses`, `openapi_extra`, `summary`.
        """
        method, path = address.split(" ")

        def declare(endpoint: _Endpoint) -> _Endpoint:
            extra: dict[str, Any] = {"security": [{SCHEME: [needs.value]}] if needs else []}
            if KeyReused in refuses:
                extra["parameters"] = [IDEMPOTENCY_KEY]
            if body_bytes:
                extra[_BODY_BYTES] = body_bytes
            everywhere: list[type[Refusal]] = [BadRequest, Busy] if path.startswith("/v1") else []
            if needs is not None:
                everywhere += [Unauthenticated, MissingScope]
            if method in ("POST", "PUT", "PATCH"):
                everywhere += [BadJson, BodyTooLarge, UnsupportedMediaType, SlowBody, Unprocessable]
            success = options.pop("responses", {})
            declared = {
                "response_model": answers,
                "responses": {**_refusals([*everywhere, *refuses]), **success},
                "openapi_extra": _together(extra, options.pop("openapi_extra", {})),
                "operation_id": endpoint.__name__,
                **options,
            }
            self._declared.append(
                _Declared(method=method, path=path, endpoint=endpoint, options=declared)
            )
            return endpoint

        return declare

    def hang_up(self, app: FastAPI) -> None:
        """Give the routes to an application."""
        for declared in self._declared:
            app.router.add_api_route(
                declared.path,
                declared.endpoint,
                methods=[declared.method],
                tags=[self.tag],
                route_class_override=GuardedRoute,
                **declared.options,
            )


def _together(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    parameters = [*one.get("parameters", []), *other.get("parameters", [])]
    return {**one, **other, **({"parameters": parameters} if parameters else {})}


def _refusals(refusals: Sequence[type[Refusal]]) -> dict[int | str, dict[str, Any]]:
    by_status: dict[int, list[type[Refusal]]] = {}
    for refusal in refusals:
        by_status.setdefault(refusal.status, []).append(refusal)
    return {
        status: {
            "description": " ".join(dict.fromkeys(refusal.title for refusal in several)),
            "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}},
        }
        for status, several in sorted(by_status.items())
    }
