"""Where a page of a list ends that is ordered by a moment and an id."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from ecif.store import BadCursor, read_cursor

_BEFORE_ALL: Final = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


def place_of(at: datetime, item_id: UUID) -> tuple[str, str]:
    """The key of an item, for its cursor."""
    return at.isoformat(), str(item_id)


def place_after(cursor: str | None) -> tuple[datetime, UUID]:
    """The key of the last page's last item; one before all items without a cursor.

    Raises:
        BadCursor: It is not a cursor of such a list.
    """
    place = read_cursor(cursor, (str, str))
    if place is None:
        return _BEFORE_ALL
    try:
        return datetime.fromisoformat(place[0]).astimezone(UTC), UUID(place[1])
    except (ValueError, OverflowError) as error:
        raise BadCursor from error
