"""Relays in miniature, one right and some wrong, set to the feed of a run: the checker must tell them apart.

Each carries one receiver's subscription, dies now and then in the middle of a page, and is followed by a successor that
starts at the place last settled. What it would have sent takes the place of what was sent.
"""

from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

from tests.torture.delivered import Joined
from tests.torture.deliveries import Delivery
from tests.torture.delivery_lies import say
from tests.torture.record import Record, with_told_copied

RIGHT = "settles after the answer, one after the other, under a fence"
WRONG = {
    "settles before it sends": "lacks",
    "sends a page at once": "before",
    "goes on after its lease": "was to be left alone",
    "writes the body anew each time": "in other words than before",
}
"""What a relay may do wrong, and a word of what the checker must say of it."""

_PAGE = 20
_DEATH_SHARE = 0.02


@dataclass
class Miniature:
    """A relay of one receiver; `flaw` says what it does wrong."""

    record: Record
    name: str
    flaw: str
    chance: Random
    cursor: int = 0
    sent: list[Delivery] = field(default_factory=list)
    _places: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        """Know the feed, the bodies, and when the receiver was to be left alone."""
        joined = Joined(self.record)
        self.said = {joined.position(each): each for each in joined.of_sink[self.name]}
        self.end = max(self.said)
        self.quiet = next((q for q in joined.told.quiet if q.name == self.name), None)

    def run(self) -> Record:
        """Carry the subscription to the end of the feed; the record as it would have been."""
        while self.cursor < self.end:
            self._carry()
        if self.quiet is not None:
            self._wake_up(self.quiet.after, self.quiet.until or 0.0)
        spoilt = with_told_copied(self.record)
        others = [each for each in spoilt.told.deliveries if each.sink != self.name]
        spoilt.told.deliveries = others + self.sent
        return spoilt

    def _carry(self) -> None:
        """One life: from the place last settled until death or the end of the feed."""
        while self.cursor < self.end:
            page = list(range(self.cursor + 1, min(self.cursor + _PAGE, self.end) + 1))
            settled = page[-1]
            if self.flaw == "settles before it sends":
                self.cursor = settled
            if self.flaw == "sends a page at once":
                self.chance.shuffle(page)
            for position in page:
                if self.chance.random() < _DEATH_SHARE:
                    return
                self._send(position, self._usual_moment(position))
            self.cursor = settled

    def _wake_up(self, after: int, until: float) -> None:
        """One that slept while the subscription was paused: at most what was on its way may still come."""
        is_fenced = self.flaw != "goes on after its lease"
        last = after if is_fenced else min(after + _PAGE, self.end)
        for position in range(max(1, after - 1), last + 1):
            self._send(position, until - 1)

    def _usual_moment(self, position: int) -> float:
        if self.quiet is None or self.quiet.until is None:
            return 0.0
        return self.quiet.until + (1 if position > self.quiet.after else -2)

    def _send(self, position: int, at: float) -> None:
        said = self.said[position]
        arrived, answered = next(self._places), next(self._places)
        fresh = replace(said, arrived=arrived, answered=answered, at=at, status=200)
        if self.flaw == "writes the body anew each time":
            say(self.record, fresh, fresh.body + " " * (arrived % 7))
        self.sent.append(fresh)
