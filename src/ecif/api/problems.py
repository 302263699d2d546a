"""Every no as RFC 9457 `application/problem+json`: what is the matter, and where; never the refused values."""

import re
import traceback
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, Final

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ecif.errors import BadRequest, Forbidden, NotFound, Refusal, Unauthenticated, Unprocessable

MEDIA_TYPE: Final = "application/problem+json"
REQUEST_ID: Final = "ecif.request_id"
_MAX_ERRORS: Final = 100
_RETRY_SECONDS: Final = "1"
_NAMES_OF_UNIONS: Final = frozenset({"person", "organisation", "function-after", "function-before"})
_PLAIN_WORDS: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this body",
    "string_type": "must be text",
    "string_unicode": "is not valid text",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "bool_type": "must be true or false",
    "uuid_parsing": "is not a UUID",
    "uuid_type": "is not a UUID",
    "union_tag_invalid": "is not one of the known kinds",
    "union_tag_not_found": "is missing",
}
"""Messages by the type of a validation error, where the library's own would quote the value."""
_COUNTED_WORDS: Final = {
    "too_short": ("min_length", "must have at least {} item(s)"),
    "too_long": ("max_length", "must have at most {} items"),
    "string_too_short": ("min_length", "must have at least {} character(s)"),
    "string_too_long": ("max_length", "must have at most {} characters"),
    "string_pattern_mismatch": ("pattern", "does not have the form {}"),
}


class MethodNotAllowed(Refusal):
    """The address exists, the method does not."""

    status: ClassVar[int] = 405
    slug: ClassVar[str] = "method-not-allowed"
    title: ClassVar[str] = "This address does not know this method."


class BodyTooLarge(Refusal):
    """The body exceeds the limit."""

    status: ClassVar[int] = 413
    slug: ClassVar[str] = "body-too-large"
    title: ClassVar[str] = "The body is larger than this service accepts."


class UnsupportedMediaType(Refusal):
    """The body is not declared as JSON."""

    status: ClassVar[int] = 415
    slug: ClassVar[str] = "unsupported-media-type"
    title: ClassVar[str] = "Send the body as application/json."


class Fault(Refusal):
    """Our own mistake: nobody could have expected it."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "fault"
    title: ClassVar[str] = "The service made a mistake; it has been noted under this request's id."


def problem(request: Request, refusal: Refusal) -> Response:
    """Render a refusal."""
    facts = {name: value for name, value in refusal.facts.items() if value is not None}
    field = facts.pop("field", None)
    if field is not None:
        facts.setdefault("errors", [{"field": field, "message": refusal.detail}])
    body = {
        "type": f"urn:ecif:problem:{refusal.slug}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": f"urn:ecif:request:{request.scope.get(REQUEST_ID, '-')}",
        **facts,
    }
    headers = {"Cache-Control": "no-store", **_headers_of(refusal)}
    content = orjson.dumps(body, default=str)
    return Response(content, refusal.status, headers, MEDIA_TYPE)


async def on_refusal(request: Request, error: Exception) -> Response:
    """A refusal of a room, told as HTTP."""
    assert isinstance(error, Refusal)  # noqa: S101  # registered for refusals alone
    return problem(request, error)


async def on_invalid(request: Request, error: Exception) -> Response:
    """A body, query or header that does not fit its description: each bad field is named."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for these alone
    found = error.errors()
    errors = errors_of(found)
    if any(each["loc"] and each["loc"][0] == "body" for each in found):
        return problem(request, Unprocessable(_summary(errors), errors=errors))
    if all(each["loc"] and each["loc"][0] == "path" for each in found):
        return problem(request, NotFound())
    return problem(request, BadRequest(_summary(errors), errors=errors))


async def on_http(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: an unknown address or method."""
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for these alone
    is_known_address = error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    answer = problem(request, MethodNotAllowed() if is_known_address else _Plain(error.status_code))
    if is_known_address:
        answer.headers["Allow"] = ", ".join(_methods_at(request))
    return answer


def _methods_at(request: Request) -> list[str]:
    """The methods that the address of a request knows; an address without blanks goes before one with."""
    app: Starlette = request.app
    routes = [route for route in app.routes if isinstance(route, Route)]
    fitting = [route for route in routes if route.path_regex.match(request.url.path)]
    exact = [route for route in fitting if not route.param_convertors]
    return sorted({method for route in exact or fitting for method in route.methods or ()})


def errors_of(found: Sequence[Any]) -> list[dict[str, str]]:
    """Validation errors as path and message, at most a hundred; values and their parts are never quoted."""
    faulty_lists = {
        tuple(error["loc"][:place]) for error in found for place in range(len(error["loc"]))
    }
    return [
        {"field": _path(error["loc"], error["type"]), "message": _message(error)}
        for error in found[:_MAX_ERRORS]
        # A list is called too short when its only item is wrong, which is told already.
        if not (error["type"] == "too_short" and tuple(error["loc"]) in faulty_lists)
    ]


def frames_of(error: BaseException) -> list[str]:
    """Where an exception came from, without its text: that may hold values."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


class _Plain(Refusal):
    """An HTTP status that needs no words of ours."""

    def __init__(self, status: int) -> None:
        phrase = HTTPStatus(status).phrase
        self.status = status  # type: ignore[misc]  # one class for all statuses of the framework
        self.slug = phrase.lower().replace(" ", "-")  # type: ignore[misc]
        self.title = f"{phrase}."  # type: ignore[misc]
        if status == HTTPStatus.NOT_FOUND:
            self.title = "There is nothing at this address."  # type: ignore[misc]
        super().__init__()


def _path(place: Iterable[str | int], kind: str) -> str:
    """`documents[0].kind` of ("body", "person", "documents", 0, "kind")."""
    parts = list(place)[1:]
    written = ""
    for position, part in enumerate(parts):
        if isinstance(part, int):
            written += f"[{part}]"
        elif position or part not in _NAMES_OF_UNIONS:
            written += f".{part}" if written else part[:100]
    if kind.startswith("union_tag"):
        written = f"{written}.kind" if written else "kind"
    return written


def _message(error: Any) -> str:
    kind: str = error["type"]
    if kind in _PLAIN_WORDS:
        return _PLAIN_WORDS[kind]
    if kind in _COUNTED_WORDS:
        name, words = _COUNTED_WORDS[kind]
        return words.format(error.get("ctx", {}).get(name, ""))
    message: str = error["msg"]
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    message = re.sub(r"^Input should ", "must ", message)
    return message[:1].lower() + message[1:]


def _summary(errors: Sequence[dict[str, str]]) -> str:
    if not errors:
        return "The request is not valid."
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{first['field'] or 'The body'} {first['message']}{more}"[:500]


def _headers_of(refusal: Refusal) -> dict[str, str]:
    if isinstance(refusal, Unauthenticated):
        hint = "" if refusal.slug == "unauthenticated" else ' error="invalid_token"'
        return {"WWW-Authenticate": f"Bearer{hint}"}
    if isinstance(refusal, Forbidden) and "scope" in refusal.facts:
        scope = refusal.facts["scope"]
        return {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
    if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE or refusal.slug == "request-in-flight":
        return {"Retry-After": _RETRY_SECONDS}
    return {}
