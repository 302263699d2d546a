"""Whether what is told of a customer is all, once, and in order: values in, holes out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from ecif.store import FeedBounds, Telling, Told


class Hole(NamedTuple):
    """Something that does not fit: `what` is a slug, `place` the version, sequence or position it begins at."""

    what: str
    place: int


def holes_of(
    versions: Mapping[int, datetime] | None, telling: Telling, bounds: FeedBounds
) -> set[Hole]:
    """Every kind of hole between the versions of a customer and what the feed tells of it, each once.

    Args:
        versions: Each version and when it began; None when there is no such customer.
        telling: All its events that are kept.
        bounds: Of the feed, read before the events.
    """
    known = versions or {}
    told = {event.version for event in telling.events}
    due = {each for each, since in known.items() if bounds.since is None or since > bounds.since}
    return {
        *_first("version-missing", set(range(1, max(known, default=0) + 1)) - known.keys()),
        *_first("version-untold", due - told),
        *_first("version-unknown", told - known.keys()),
        *_sequence_holes(telling, bounds),
        *_position_holes(telling.events, bounds),
    }


def window_holes(rows: Sequence[Any], after: int) -> set[Hole]:
    """What does not fit in a row of positions that begins after one."""
    expected = range(after + 1, after + 1 + len(rows))
    gaps = [place for place, row in zip(expected, rows, strict=True) if row["position"] != place]
    return {
        *_first("feed-gap", gaps[:1]),
        *_first("feed-dangling", [row["position"] for row in rows if row["is_dangling"]]),
        *_first("feed-double", [row["position"] for row in rows if row["is_double"]]),
    }


def _sequence_holes(telling: Telling, bounds: FeedBounds) -> Iterator[Hole]:
    counts = Counter(
        event.sequence for event in {each.outbox_id: each for each in telling.events}.values()
    )
    # What is kept of a customer is the end of its sequence; the beginning may have been dropped by age.
    beginning = 1 if bounds.since is None else min(counts, default=telling.last_sequence + 1)
    expected = set(range(beginning, telling.last_sequence + 1))
    yield from _first("sequence-missing", expected - counts.keys())
    yield from _first("sequence-unknown", counts.keys() - expected)
    yield from _first("sequence-double", [place for place, count in counts.items() if count > 1])


def _position_holes(events: Sequence[Told], bounds: FeedBounds) -> Iterator[Hole]:
    kept = [each for each in events if bounds.since is None or each.time > bounds.since]
    missing = [e.sequence for e in kept if e.position is None and e.outbox_id < bounds.floor]
    yield from _first("position-missing", missing)
    times = Counter(event.outbox_id for event in events)
    yield from _first("position-double", [e.sequence for e in events if times[e.outbox_id] > 1])
    placed = [event for event in events if event.position is not None]
    for former, event in pairwise(placed):
        if (former.position or 0) > (event.position or 0) or former.version > event.version:
            yield Hole("order", event.sequence)
            return


def _first(what: str, places: Iterable[int]) -> Iterator[Hole]:
    found = sorted(places)
    if found:
        yield Hole(what, found[0])
