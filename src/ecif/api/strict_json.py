"""A JSON body read strictly: two readers must never understand it in two ways, and every value can be stored."""

import json
import re
from collections.abc import Iterator
from math import isinf
from typing import Any, Final

from ecif.errors import BadRequest, Unprocessable

MAX_DEPTH: Final = 32
"""How deep objects and lists may nest."""

_INTEGERS: Final = range(-(2**63), 2**64)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SUSPICIOUS: Final = re.compile(r"\\u[dD][89a-fA-F]|\d{19}|\d[eE]")
"""Half a character, a very large number: most bodies have none of it, and need no second look."""


class BadJson(BadRequest):
    """The body is no JSON, or could be read in two ways."""

    slug = "bad-json"
    title = "The body is not JSON."


class _Repeated(ValueError):
    """A name stands twice in one object."""


class _NoJson(ValueError):
    """A word such as NaN that JSON does not have."""


def read_json(body: bytes) -> Any:
    """The plain value of a body.

    Raises:
        BadJson: It is not UTF-8, not JSON, repeats a name, or nests too deep; the refusal tells the place, never
            the content.
        Unprocessable: A text holds half a character or a number is too large; the refusal names the field.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadJson(f"The body is not UTF-8 (byte {error.start}).") from None
    value = _parsed(text)
    if text.count("{") + text.count("[") <= MAX_DEPTH and not _SUSPICIOUS.search(text):
        return value
    errors = [{"field": field, "message": message} for field, message in _faults(value, "", 1)]
    if errors:
        raise Unprocessable(errors=errors[:100])
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadJson(
            f"The body is not JSON ({place}).", line=error.lineno, column=error.colno
        ) from None
    except _Repeated:
        raise BadJson("A name stands twice in one object of the body.") from None
    except _NoJson:
        raise BadJson("NaN and Infinity are no JSON.") from None
    except RecursionError:
        raise BadJson(f"The body nests deeper than {MAX_DEPTH} levels.") from None
    except ValueError:
        raise BadJson("A number of the body is too long.") from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) != len(pairs):
        raise _Repeated
    return plain


def _refuse(_: str) -> None:
    raise _NoJson


def _faults(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """What cannot be stored, with its place."""
    if depth > MAX_DEPTH:
        raise BadJson(f"The body nests deeper than {MAX_DEPTH} levels.")
    if isinstance(value, dict):
        for name, part in value.items():
            if _SURROGATE.search(name):
                yield path, "holds a name with half a surrogate pair"
            else:
                yield from _faults(part, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _faults(part, f"{path}[{place}]", depth + 1)
    elif message := _fault_of(value):
        yield path, message


def _fault_of(value: Any) -> str | None:
    if isinstance(value, str):
        return "holds half a surrogate pair" if _SURROGATE.search(value) else None
    is_huge = isinf(value) if isinstance(value, float) else False
    if is_huge or (isinstance(value, int) and value not in _INTEGERS):
        return "is a number that is too large"
    return None
