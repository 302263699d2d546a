"""Bad input: each a clear problem that names the field where there is one; nothing of it is stored or repeated."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from ecif.store import Statement
from tests.api.counter import Counter, person
from tests.sweep import CANARY_CHINESE_NAME

SECRET = CANARY_CHINESE_NAME
JSON = {"Content-Type": "application/json"}


async def refused(counter: Counter, content: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    answer = await counter.ask(
        "POST", "/v1/customers", content=content, headers={**JSON, **headers}
    )
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET not in answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["instance"].endswith(answer.headers["x-request-id"])
    assert await stored(counter) == 0
    return answer.status_code, problem


async def stored(counter: Counter) -> int:
    async with counter.database.connection() as connection:
        found: int = await connection.fetch_value(Statement(text("SELECT count(*) FROM customer")))
    return found


def lines(problem: dict[str, Any]) -> dict[str, str]:
    return {each["field"]: each["message"] for each in problem["errors"]}


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"names": []}, "names", "must have at least 1 item(s)"),
        ({"names": None}, "names", "must be a list"),
        ({"names": [{"kind": "legal"}]}, "names[0]", "a name needs `full`, `given` or `family`"),
        ({"names": [{"full": " "}]}, "names[0].full", "must have at least 1 character(s)"),
        ({"names": [{"full": SECRET * 400}]}, "names[0].full", "must have at most 1000 characters"),
        ({"names": [{"full": f"{SECRET}\x00"}]}, "names[0].full", "contains a control character"),
        ({"names": [{"full": 7}]}, "names[0].full", "must be text"),
        ({"kind": "dog"}, "kind", "is not one of the known kinds"),
        ({"birth_date": "1990-02-30"}, "birth_date", "is not a day of the calendar"),
        ({"birth_date": 19900207}, "birth_date", "must be text"),
        ({"sex": SECRET}, "sex", "must be 'male', 'female' or 'other'"),
        (
            {"documents": [{"kind": SECRET, "number": "1"}]},
            "documents[0].kind",
            "is not a document kind of the catalogue",
        ),
        ({"documents": [{"kind": "passport"}]}, "documents[0].number", "is missing"),
        (
            {"documents": [{"kind": "passport", "number": "1"}] * 51},
            "documents",
            "must have at most 50 items",
        ),
        ({"salary": SECRET}, "salary", "is not a field of this body"),
        ({"source_version": -1}, "source_version", "must be greater than or equal to 0"),
        ({"source_version": "1"}, "source_version", "must be a whole number"),
        ({"source_version": True}, "source_version", "must be a whole number"),
        (
            {"source_version": 2**63},
            "source_version",
            "must be less than or equal to 9223372036854775807",
        ),
        ({"changed_at": "2026-01-01"}, "changed_at", "is not a time such as 2026-01-31T12:00:00Z"),
        ({"changed_at": 5}, "changed_at", "is not a time such as 2026-01-31T12:00:00Z"),
        (
            {"source_system": "co re"},
            "source_system",
            "does not have the form ^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
        ),
        ({"source_key": ""}, "source_key", "must have at least 1 character(s)"),
        ({"source_key": "\x1fa"}, "source_key", "contains a control character"),
        ({"extra": {"a": {"b": 1}}}, "extra", "'a' is neither text, number, true/false nor null"),
        ({"extra": {"a": 2**70}}, "extra.a", "is a number that is too large"),
        ({"extra": {str(n): n for n in range(51)}}, "extra", "has more than 50 entries"),
        ({"kind": "organisation", "sex": "male"}, "sex", "is not a field of this body"),
    ],
)
async def test_a_bad_field_is_named(
    counter: Counter, change: dict[str, Any], field: str, message: str
) -> None:
    status, problem = await refused(counter, json.dumps({**person(), **change}).encode())

    assert status == 422
    assert problem["type"] == "urn:ecif:problem:invalid-body"
    assert lines(problem) == {field: message}


async def test_every_bad_field_is_named_at_once(counter: Counter) -> None:
    body = {"kind": "person", "names": [{}], "birth_date": "x", "phones": [{"number": ""}]}

    _, problem = await refused(counter, json.dumps(body).encode())

    assert lines(problem).keys() == {
        "names[0]",
        "birth_date",
        "phones[0].number",
        "source_system",
        "source_key",
    }


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", None),
        (b"[]", None),
        (b"7", None),
        (b'{"a": 1,', "The body is not JSON (line 1, column 9)."),
        (b'{"a": 1}x', "The body is not JSON (line 1, column 9)."),
        (b'{"a": 1, "a": 2}', "A name stands twice in one object of the body."),
        (b'{"a": NaN}', "NaN and Infinity are no JSON."),
        (b'{"a": -Infinity}', "NaN and Infinity are no JSON."),
        (b'{"a": "\xff"}', "The body is not UTF-8 (byte 7)."),
        (b'{"a": ' + b"9" * 5000 + b"}", "A number of the body is too long."),
        (b"[" * 33 + b"]" * 33, "The body nests deeper than 32 levels."),
        (b"[" * 100_000, "The body nests deeper than 32 levels."),
    ],
    ids=range(12),
)
async def test_what_is_no_json_object_is_refused_without_being_repeated(
    counter: Counter, content: bytes, detail: str | None
) -> None:
    status, problem = await refused(counter, content)

    if detail is None:
        assert (status, problem["type"]) == (422, "urn:ecif:problem:invalid-body")
    else:
        assert (status, problem["type"]) == (400, "urn:ecif:problem:bad-json")
        assert problem["detail"] == detail


@pytest.mark.parametrize("escape", [b"\\ud800", b"\\udc00\\ud800", b"\\uDFFF"])
async def test_half_a_character_is_named_by_its_path(counter: Counter, escape: bytes) -> None:
    content = json.dumps(person("@")).encode().replace(b"@", escape)

    status, problem = await refused(counter, content)

    assert status == 422
    assert lines(problem) == {"names[0].full": "holds half a surrogate pair"}


async def test_a_whole_character_outside_the_first_plane_is_taken(counter: Counter) -> None:
    content = json.dumps(person("𠮷田")).encode()

    answer = await counter.ask("POST", "/v1/customers", content=content, headers=JSON)

    assert b"\\ud842\\udfb7" in content
    assert answer.status_code == 201


async def test_a_body_over_the_limit_is_refused_whatever_its_header_says(counter: Counter) -> None:
    async def in_pieces() -> Any:
        for _ in range(300):
            yield b" " * 1024

    status, problem = await refused(counter, b" " * 1_000_000)
    streamed = await counter.ask("POST", "/v1/customers", content=in_pieces(), headers=JSON)

    assert (status, problem["limit_bytes"]) == (413, 262_144)
    assert streamed.status_code == 413


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_that_is_not_declared_as_json_is_refused(
    counter: Counter, media_type: str
) -> None:
    status, problem = await refused(counter, b"{}", **{"Content-Type": media_type})

    assert (status, problem["type"]) == (415, "urn:ecif:problem:unsupported-media-type")


async def test_unknown_addresses_and_methods_are_problems_too(counter: Counter) -> None:
    nowhere = await counter.get("/v1/nothing")
    wrong_method = await counter.ask("DELETE", "/v1/customers/10000000017")

    assert (nowhere.status_code, nowhere.json()["type"]) == (404, "urn:ecif:problem:not-found")
    assert wrong_method.status_code == 405
    assert wrong_method.headers["allow"] == "GET"
    assert wrong_method.json()["type"] == "urn:ecif:problem:method-not-allowed"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/events?limit=0",
        "/v1/events?limit=501",
        "/v1/events?wait_seconds=31",
        "/v1/events?wait_seconds=nan",
        "/v1/events?after=x",
        "/v1/events?after=1.99999",
        "/v1/events?types=%00",
        "/v1/admin/audit?subject=%00",
        "/v1/admin/audit?after=%00",
        "/v1/admin/audit?after=WzFd!",
        "/v1/admin/audit?after=WzE4NDQ2NzQ0MDczNzA5NTUxNjE1XQ",
        "/v1/admin/reviews?claimed_by=%00",
        "/v1/admin/reviews?status=lost",
        "/v1/admin/reviews?after=WzFd",
        "/v1/admin/proposals?after=WyIyMDI2IiwgIjEiXQ",
    ],
)
async def test_a_bad_query_is_a_bad_request(counter: Counter, path: str) -> None:
    answer = await counter.get(path)

    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/admin/reviews/7",
        "/v1/admin/proposals/%00",
        "/v1/admin/rule-sets/0",
        "/v1/admin/rule-sets/99999999999",
        "/v1/admin/rule-sets/7",
        "/v1/admin/source-systems/%00",
        "/v1/admin/source-systems/nobody",
        "/v1/source-systems/core/records/%00",
        "/v1/source-systems/nobody/records/1",
    ],
)
async def test_an_address_that_cannot_be_is_not_found(counter: Counter, path: str) -> None:
    assert (await counter.get(path)).status_code == 404
