"""Order: the events of one customer go out one after the other, those of different customers beside each other.

An event has a lane for its customer; one of a merge or its reversal has the lanes of all participants (decision D13).
It may go when it stands first in each of its lanes. What cannot go now is set aside: it keeps its place in its lanes,
gets a row of its own, and the cursor moves past it. Such a row may lie beyond the place up to which a new relay has
read: it goes when everything before it is known.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush

from ecif.delivery.sink import Message


@dataclass(slots=True, eq=False)
class Entry:
    """One event that is not done.

    `message` is None while only its place is known; `attempts` have failed by its own fault and `tries` by
    anybody's; it may not go before `due` (seconds since 1970); `apart` says that it was set aside, `is_kept` that its
    row is in the table.
    """

    position: int
    lanes: tuple[str, ...] = ()
    event_id: str = ""
    type: str = ""
    message: Message | None = None
    attempts: int = 0
    tries: int = 0
    due: float = 0.0
    parked: bool = False
    apart: bool = False
    is_kept: bool = False
    sent: float | None = None
    reason: str | None = None
    status: int | None = None


@dataclass(slots=True)
class Lanes:
    """What is not done of one subscription. `read_to`: up to here the feed is known."""

    read_to: int
    entries: dict[int, Entry] = field(default_factory=dict)
    apart_count: int = 0
    _lanes: dict[str, list[int]] = field(default_factory=dict)
    _ready: list[tuple[int, int]] = field(default_factory=list)
    _later: list[tuple[float, int]] = field(default_factory=list)
    _open: list[int] = field(default_factory=list)
    _beyond: list[int] = field(default_factory=list)

    @property
    def open_count(self) -> int:
        """How many events hold the cursor back."""
        return len(self.entries) - self.apart_count

    @property
    def cursor(self) -> int:
        """Everything at or below is done or was set aside."""
        while self._open:
            entry = self.entries.get(self._open[0])
            if entry is not None and not entry.apart:
                return self._open[0] - 1
            heappop(self._open)
        return self.read_to

    def add(self, entry: Entry) -> None:
        """Take an event in; one that is there already (it was set aside) stays as it is."""
        if entry.position in self.entries:
            return
        self.entries[entry.position] = entry
        if entry.apart:
            self.apart_count += 1
        else:
            heappush(self._open, entry.position)
        for lane in entry.lanes:
            insort(self._lanes.setdefault(lane, []), entry.position)
        if entry.position > self.read_to:
            heappush(self._beyond, entry.position)
        else:
            self._queue(entry)

    def read_up_to(self, position: int) -> None:
        """Everything up to here was added: what stands first may go."""
        self.read_to = max(self.read_to, position)
        while self._beyond and self._beyond[0] <= self.read_to:
            entry = self.entries.get(heappop(self._beyond))
            if entry is not None:
                self._queue(entry)

    def next(self, now: float) -> Entry | None:
        """The event to send next: the one tried least, then the earliest; None when none may go."""
        self._wake(now)
        while self._ready:
            tries, position = heappop(self._ready)
            entry = self.entries.get(position)
            if entry is not None and entry.tries == tries and self._may_go(entry, now):
                entry.sent = now
                return entry
        return None

    def next_due(self) -> float | None:
        """When the next event that was put off may go."""
        while self._later:
            due, position = self._later[0]
            entry = self.entries.get(position)
            if entry is not None and entry.due == due and not entry.parked and entry.sent is None:
                return due
            heappop(self._later)
        return None

    def done(self, entry: Entry) -> None:
        """It was delivered, or passed over: those behind it move up."""
        del self.entries[entry.position]
        self.apart_count -= entry.apart
        for lane in entry.lanes:
            places = self._lanes[lane]
            del places[bisect_left(places, entry.position)]
            if not places:
                del self._lanes[lane]
            else:
                self._queue(self.entries[places[0]])

    def give_back(self, entry: Entry) -> None:
        """It was not delivered, by nobody's fault in particular: it may go again."""
        entry.sent = None
        entry.tries += 1
        self._queue(entry)

    def put_off(self, entry: Entry, due: float | None) -> None:
        """Set it aside until `due`; None parks it."""
        self.set_aside(entry)
        entry.sent = None
        entry.parked = due is None
        entry.due = due or 0.0
        self._queue(entry)

    def set_aside(self, entry: Entry) -> None:
        """Let the cursor move past it."""
        self.apart_count += not entry.apart
        entry.apart = True

    def is_first(self, entry: Entry) -> bool:
        """Whether nothing stands before it."""
        return all(self._lanes[lane][0] == entry.position for lane in entry.lanes)

    def stranded(self) -> list[Entry]:
        """Events behind one that was set aside: they wait with it, so they are to be set aside too."""
        if not self.apart_count:
            return []
        held: set[str] = set()
        found = []
        for entry in self._unsent():
            if any(lane in held or self._is_apart_at_head(lane) for lane in entry.lanes):
                found.append(entry)
                held.update(entry.lanes)
        return found

    def _unsent(self) -> list[Entry]:
        waiting = [each for each in self.entries.values() if not each.apart and each.sent is None]
        return sorted(waiting, key=lambda each: each.position)

    def _is_apart_at_head(self, lane: str) -> bool:
        return self.entries[self._lanes[lane][0]].apart

    def _may_go(self, entry: Entry, now: float) -> bool:
        return entry.sent is None and not entry.parked and entry.due <= now and self.is_first(entry)

    def _queue(self, entry: Entry) -> None:
        if entry.parked or entry.sent is not None or entry.position > self.read_to:
            return
        if not self.is_first(entry):
            return
        if entry.due:
            heappush(self._later, (entry.due, entry.position))
        else:
            heappush(self._ready, (entry.tries, entry.position))

    def _wake(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            entry = self.entries.get(heappop(self._later)[1])
            if entry is not None and self._may_go(entry, now):
                heappush(self._ready, (entry.tries, entry.position))


def lanes_of(subject: str | None, participants: Iterable[str] = ()) -> tuple[str, ...]:
    """The lanes of an event: its customer and, of a merge or its reversal, every participant."""
    return tuple(sorted({each for each in (subject, *participants) if each is not None}))
