"""What a relay knows of one subscription between two settlements: pure bookkeeping of outcomes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from ecif.delivery.attempts import Attempt
from ecif.delivery.lanes import Entry, Lanes
from ecif.delivery.leases import Standing
from ecif.delivery.places import KeptApart, Settlement
from ecif.delivery.retrying import FAILING_AFTER, Evidence, Verdict, retry_delay
from ecif.delivery.sink import Handed, Outcome

SLOW_SECONDS: Final = 2.0
"""An event that is on its way for longer gets a row of its own, so that the cursor need not wait for it."""

_ROW_SECONDS: Final = 10.0


@dataclass(slots=True)
class Progress:
    """The lanes of one subscription, the evidence about its endpoint, and what is not settled yet."""

    lanes: Lanes
    standing: Standing
    chance: Callable[[], float]
    settled_at: int
    evidence: Evidence = field(default_factory=Evidence)
    disabled: str | None = None
    _doubtful: list[Entry] = field(default_factory=list)
    _failed: float = 0.0
    _delivered: int = 0
    _changed: dict[int, Entry] = field(default_factory=dict)
    _dropped: list[int] = field(default_factory=list)
    _attempts: list[Attempt] = field(default_factory=list)
    _good: Attempt | None = None
    _good_since: float = 0.0
    _failure: tuple[datetime, str, int | None] | None = None
    _tell_failing: bool = False

    @property
    def is_resting_until(self) -> float:
        """When the endpoint may be asked again, in seconds since 1970; 0 when it may be asked now."""
        retry_at = self.standing.retry_at
        return 0.0 if retry_at is None else retry_at.timestamp()

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to settle."""
        return not (self._delivered or self._changed or self._attempts or self.disabled)

    @property
    def has_moved(self) -> bool:
        """Whether the cursor lies further than it was told, if only past events that nobody here asked for."""
        return self.lanes.cursor != self.settled_at

    def took(self, entry: Entry, outcome: Outcome, now: float) -> None:
        """Take in what became of an event that was sent.

        Args:
            entry: As `Lanes.next` gave it.
            outcome: Of its sink.
            now: Seconds since 1970.
        """
        verdict = self.evidence.judge(entry.position, outcome)
        if verdict is Verdict.DELIVERED:
            self._take_success(entry, now)
            return
        self._note_failure(entry, outcome, now)
        if verdict is Verdict.GONE:
            self.disabled = "gone"
            self.lanes.give_back(entry)
        elif verdict is Verdict.OWN_FAULT:
            self._put_off(entry, outcome, now)
        elif verdict is Verdict.DOUBTFUL:
            entry.reason, entry.status = outcome.reason, outcome.status
            self._doubtful.append(entry)
        else:
            self._rest(outcome, now)
            self._give_back([entry, *self._doubtful])

    def park(self, entry: Entry, reason: str, now: float) -> None:
        """Set an event aside that is not to be sent, until somebody decides about it."""
        self._note_failure(entry, Outcome(Handed.REFUSED, reason), now)
        entry.attempts += 1
        entry.reason, entry.status = reason, None
        self.lanes.put_off(entry, None)
        self._changed[entry.position] = entry

    def is_quiet(self, now: float) -> None:
        """Nothing else is on its way: what failed alone is taken for its own fault, and may be tried again soon."""
        for entry in self._doubtful:
            self._put_off(entry, Outcome(Handed.RETRY, entry.reason or "", entry.status), now)
        self._doubtful = []

    def set_slow_aside(self, now: float) -> None:
        """Let the cursor pass what has been on its way for long, and what waits behind events set aside."""
        for entry in self.lanes.entries.values():
            if not entry.apart and entry.sent is not None and now - entry.sent > SLOW_SECONDS:
                self.lanes.set_aside(entry)
                self._changed[entry.position] = entry
        for entry in self.lanes.stranded():
            self.lanes.set_aside(entry)
            self._changed[entry.position] = entry

    def disable(self, reason: str) -> None:
        """Stop the subscription."""
        self.disabled = reason

    def settlement(self, now: float, *, is_last: bool = False) -> Settlement:
        """Hand over what is not settled yet, and begin anew; a settlement that fails ends this progress."""
        self.set_slow_aside(now)
        if self._good is not None and (is_last or now - self._good_since > _ROW_SECONDS):
            self._close_good()
        failed_at, failure, failure_status = self._failure or (None, None, None)
        settlement = Settlement(
            position=self.lanes.cursor,
            delivered=self._delivered,
            standing=self.standing,
            kept=[self._kept(entry) for entry in self._changed.values()],
            dropped=self._dropped,
            attempts=self._attempts,
            failed_at=failed_at,
            failure=failure,
            failure_status=failure_status,
            tell_failing=self._tell_failing,
            disabled=self.disabled,
        )
        for entry in self._changed.values():
            entry.is_kept = True
        self._delivered, self._changed, self._dropped, self._attempts = 0, {}, [], []
        self._failure, self._tell_failing = None, False
        self.settled_at = settlement.position
        return settlement

    def _take_success(self, entry: Entry, now: float) -> None:
        sent = entry.sent or now
        self._forget_row(entry)
        self.lanes.done(entry)
        self._delivered += 1
        self._count_good(entry, now)
        # What was sent before the endpoint failed says nothing about how it is doing since.
        if sent >= self._failed and self.standing != Standing():
            self.standing = Standing()
        proven = [each for each in self._doubtful if (each.sent or 0.0) <= sent]
        self._doubtful = [each for each in self._doubtful if (each.sent or 0.0) > sent]
        for each in proven:
            self._put_off(each, Outcome(Handed.RETRY, each.reason or "", each.status), now)

    def _note_failure(self, entry: Entry, outcome: Outcome, now: float) -> None:
        at = _moment(now)
        place = entry.position
        self._close_good()
        self._attempts.append(
            Attempt(at, outcome.handed.value, outcome.reason, outcome.status, place, place)
        )
        self._failure = (at, outcome.reason, outcome.status)
        since = self.standing.failing_since or at
        is_long = at - since >= FAILING_AFTER and not self.standing.failing_told
        self._tell_failing = self._tell_failing or is_long
        self.standing = replace(
            self.standing,
            failing_since=since,
            failing_told=self.standing.failing_told or is_long,
        )

    def _put_off(self, entry: Entry, outcome: Outcome, now: float) -> None:
        entry.attempts += 1
        entry.tries += 1
        entry.reason, entry.status = outcome.reason, outcome.status
        delay = retry_delay(entry.attempts, self.chance(), outcome.retry_after_seconds)
        self.lanes.put_off(entry, None if delay is None else now + delay.total_seconds())
        self._changed[entry.position] = entry

    def _rest(self, outcome: Outcome, now: float) -> None:
        """Leave the endpoint alone; of several failures at once the first counts."""
        if self.is_resting_until > now:
            return
        failures = self.standing.failures + 1
        delay = retry_delay(failures, self.chance(), outcome.retry_after_seconds)
        if delay is None:
            self.disabled = "endpoint-failing"
            return
        self._failed = now
        retry_at = _moment(now) + delay
        self.standing = replace(self.standing, failures=failures, retry_at=retry_at)

    def _give_back(self, entries: list[Entry]) -> None:
        self._doubtful = []
        for entry in entries:
            self.lanes.give_back(entry)

    def _forget_row(self, entry: Entry) -> None:
        self._changed.pop(entry.position, None)
        if entry.is_kept:
            self._dropped.append(entry.position)

    def _kept(self, entry: Entry) -> KeptApart:
        state = "due" if self.lanes.is_first(entry) else "waiting"
        return KeptApart(
            entry=entry, state="parked" if entry.parked else state, due_at=_moment(entry.due)
        )

    def _count_good(self, entry: Entry, now: float) -> None:
        if self._good is None:
            self._good_since = now
            first = last = entry.position
            count = 1
        else:
            first = min(self._good.first_position, entry.position)
            last = max(self._good.last_position, entry.position)
            count = self._good.count + 1
        self._good = Attempt(_moment(now), "delivered", "accepted", None, first, last, count)

    def _close_good(self) -> None:
        if self._good is not None:
            self._attempts.append(self._good)
            self._good = None


def _moment(now: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=now)
