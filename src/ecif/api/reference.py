"""The OpenAPI document, and a page of it that needs nothing from outside."""

from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response

from ecif.api.answers import json_answer
from ecif.api.doors import PROBLEM_SCHEMA, SCHEME, Door
from ecif.api.problems import MEDIA_TYPE
from ecif.api.reference_page import POLICY, page_of

door = Door("operations")

_DESCRIPTION: Final = """\
Who is this customer? Source systems send what they know; `ecif` says whose it is, keeps one golden record per
customer, and tells every change.

Every call but `/livez`, `/readyz`, `/openapi.json` and `/docs` needs a bearer token whose scopes allow it. Golden
values are masked for everybody; clear ones come from `reveal` alone, for a stated purpose. Refusals are
`application/problem+json` (RFC 9457): `type` names the refusal for programs, `errors` the path of each bad field.
Writing calls honour `Idempotency-Key`. Lists are pages: `items`, and `next` for the query parameter `after`.
"""
_TAGS: Final = {
    "customers": "Take records in; read customers.",
    "finding": "Exact look-up, search by likeness, and what would be decided.",
    "merging": "Merge, unmerge, detach, pin.",
    "records": "Source records by what their systems call them.",
    "reviews": "Doubts that wait for a person.",
    "proposals": "What one person proposes and another approves.",
    "imports": "Whole files, with progress.",
    "events": "Every change, in order.",
    "subscriptions": "Who is told of changes, where, and since when.",
    "policy": "Source systems, their trust, and rule sets.",
    "audit": "Who did and who saw what.",
    "operations": "How the service is doing.",
}
_PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "type": "object",
    "description": "A refusal. Source: RFC 9457.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "examples": ["urn:ecif:problem:customer-not-found"],
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {
            "type": "string",
            "format": "uri",
            "description": "The request; its id is also in X-Request-Id.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string", "examples": ["documents[0].kind"]},
                    "message": {"type": "string"},
                },
            },
        },
    },
    "additionalProperties": True,
}
_ETAG: Final = {
    "ETag": {
        "description": "Version of the customer and of the mask.",
        "schema": {"type": "string", "examples": ['"v3.m1"']},
    }
}
_OWN_SCHEMAS: Final = ("HTTPValidationError", "ValidationError")


def document_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of an application's routes; always the same for the same routes."""
    known: dict[str, Any] | None = getattr(app.state, "openapi_document", None)
    if known is None:
        known = app.state.openapi_document = _completed(app.openapi())
    return known


@door.route("GET /openapi.json", needs=None, include_in_schema=False)
async def read_openapi(request: Request) -> Response:
    """The OpenAPI document."""
    return json_answer(document_of(request.app), 200, {"Access-Control-Allow-Origin": "*"})


@door.route("GET /docs", needs=None, include_in_schema=False)
async def read_reference(request: Request) -> Response:
    """The reference, as a page."""
    return HTMLResponse(
        page_of(document_of(request.app)), headers={"Content-Security-Policy": POLICY}
    )


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    document["info"]["description"] = _DESCRIPTION
    document["servers"] = [{"url": "/"}]
    document["tags"] = [{"name": name, "description": words} for name, words in _TAGS.items()]
    components = document.setdefault("components", {})
    components["securitySchemes"] = {
        SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    schemas = components.setdefault("schemas", {})
    for name in _OWN_SCHEMAS:
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    for operations in document["paths"].values():
        for operation in operations.values():
            _complete(operation)
    return document


def _complete(operation: dict[str, Any]) -> None:
    """What belongs to every operation of a kind."""
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    responses["default"] = {
        "description": "Any other refusal.",
        "content": {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}},
    }
    if operation["operationId"] in ("get_customer", "create_customer", "put_record"):
        for status in ("200", "201", "304"):
            if status in responses:
                responses[status]["headers"] = _ETAG
