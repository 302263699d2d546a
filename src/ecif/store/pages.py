"""Keyset pages: every page costs the same; the cursor says where the last one ended."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from ecif.errors import BadRequest

Item = TypeVar("Item")

MAX_PAGE = 500
"""The most items on one page."""


class BadCursor(BadRequest):
    """The cursor was not made by this service."""

    slug = "bad-cursor"
    title = "The cursor in `after` was not made by this service; start without it."


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items, and where the next page begins; `next` is None at the end."""

    items: Sequence[Item]
    next: str | None


def page_of(
    rows: Sequence[Item], limit: int, key_of: Callable[[Item], Sequence[Any]]
) -> Page[Item]:
    """Make a page of up to `limit` of `rows`; one row more than the limit says that there is a next page."""
    items = rows[:limit]
    more = len(rows) > limit
    return Page(items, write_cursor(key_of(items[-1])) if more else None)


def write_cursor(key: Sequence[Any]) -> str:
    """An opaque cursor of `[A-Za-z0-9_-]` that holds the key of the last item."""
    return urlsafe_b64encode(orjson.dumps(list(key))).rstrip(b"=").decode()


def read_cursor(cursor: str | None, kinds: Sequence[type]) -> tuple[Any, ...] | None:
    """The key that `write_cursor` wrote; None for no cursor.

    Raises:
        BadCursor: It is not a cursor of this list.
    """
    if cursor is None:
        return None
    try:
        key = orjson.loads(
            b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
    except ValueError as error:
        raise BadCursor from error
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise BadCursor
    return tuple(key)
