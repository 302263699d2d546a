"""What every list takes: how many items, and where the last page ended."""

from typing import Annotated, Final

from pydantic import Field

from ecif.store import MAX_PAGE, BadCursor, read_cursor

_LARGEST_ID: Final = 2**63 - 1

Limit = Annotated[int, Field(ge=1, le=MAX_PAGE, description="The most items on one page.")]
After = Annotated[
    str | None,
    Field(
        max_length=300,
        pattern=r"^[A-Za-z0-9._~-]+$",
        description="The cursor `next` of the last page; without it from the beginning.",
    ),
]
Word = Annotated[str | None, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A text that something is filtered by."""


def id_after(after: str | None) -> int:
    """The id that a cursor of a list of ids holds; 0 without one.

    Raises:
        BadCursor: It is not a cursor of such a list.
    """
    read = read_cursor(after, [int])
    if read is None:
        return 0
    found: int = read[0]
    if not 0 <= found <= _LARGEST_ID:
        raise BadCursor
    return found
