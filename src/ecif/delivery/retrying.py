"""When to try again: the schedule of one event, the schedule of a whole endpoint, and how the two are told apart."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from ecif.delivery.sink import Handed, Outcome

_FIRST: Final = (5, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200)
_LATER_SECONDS: Final = 14_400
_LATER_TIMES: Final = 67
RETRY_DELAYS: Final = tuple(
    timedelta(seconds=each) for each in (*_FIRST, *[_LATER_SECONDS] * _LATER_TIMES)
)
"""The waits between attempts: 11 days and 8 hours together, at least 9 days whatever the jitter.

Source: decision D18 (at least 9 days, so that nothing is lost over an eight-day Golden Week).
"""

JITTER: Final = 0.2
"""Each wait is up to this share shorter or longer, so that endpoints are not asked in step."""

LONGEST_ASKED: Final = timedelta(hours=24)
"""The longest `Retry-After` that is honoured."""

FAILING_AFTER: Final = timedelta(days=5)
"""Nothing but failures for this long is told to the bank. Source: decision D18."""

SUSPECTS: Final = 5
"""So many different events failing without a success among them mean that the endpoint fails as a whole."""

REFUSALS: Final = 20
"""So many different events refused without a success among them mean the same."""


def retry_delay(
    failures: int, chance: float, asked_seconds: float | None = None
) -> timedelta | None:
    """How long to wait after the `failures`-th failure; None when the schedule is over.

    Args:
        failures: How often it has failed so far, from 1.
        chance: In [0, 1): where within the jitter.
        asked_seconds: What the endpoint asked for; the wait is never shorter, up to a day.
    """
    if failures > len(RETRY_DELAYS):
        return None
    wait = RETRY_DELAYS[failures - 1] * (1 - JITTER + 2 * JITTER * chance)
    if asked_seconds is None:
        return wait
    return max(wait, min(timedelta(seconds=asked_seconds), LONGEST_ASKED))


_PERHAPS_OWN: Final = ("timeout", "connection-lost", "bad-answer")


class Verdict(StrEnum):
    """What an outcome says about its event and its endpoint."""

    DELIVERED = "delivered"
    DOUBTFUL = "doubtful"
    """It failed; whether by its own fault, the next outcomes tell."""
    OWN_FAULT = "own fault"
    EVERYBODYS = "everybody's"
    """The endpoint takes nothing now."""
    GONE = "gone"


@dataclass(slots=True)
class Evidence:
    """What the outcomes since the last success say: pure, so that every order of outcomes can be tried."""

    suspects: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)

    def judge(self, position: int, outcome: Outcome) -> Verdict:
        """Judge one outcome and remember it."""
        match outcome.handed:
            case Handed.DELIVERED:
                self.suspects.clear()
                self.refused.clear()
                return Verdict.DELIVERED
            case Handed.GONE:
                return Verdict.GONE
            case Handed.REFUSED:
                self.refused.add(position)
                enough = len(self.refused) >= REFUSALS
                return Verdict.EVERYBODYS if enough else Verdict.OWN_FAULT
        self.suspects.add(position)
        if _concerns_everybody(outcome) or len(self.suspects) >= SUSPECTS:
            return Verdict.EVERYBODYS
        return Verdict.DOUBTFUL


def _concerns_everybody(outcome: Outcome) -> bool:
    """Whether one such outcome is enough: nothing was reached, or it asked to be left alone."""
    if outcome.retry_after_seconds is not None or outcome.status == 429:
        return True
    return outcome.status is None and outcome.reason not in _PERHAPS_OWN
