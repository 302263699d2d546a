"""Catching up gives way: while changes come in, who reads the past works a part of the time and leaves the rest.

A copy that is built again from the beginning would otherwise take all that one core can do, and half of what the core
beside it can; those who wait for an answer of the API would wait for it.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_FAR_BEHIND: Final = 500
"""So many unread events are more than the changes of a moment."""

_COME_IN_SECONDS: Final = 1.0
_SLICE_SECONDS: Final = 0.005
_LONGEST_SECONDS: Final = 0.05


@dataclass(slots=True)
class Courtesy:
    """Shared by all in one process that may lie behind.

    Attributes:
        worked: How much has been worked so far, in seconds. The processor's time of the process, as long as nothing
            else is said: so an endpoint that is slow by itself does not rest for it.
        clock: Seconds that pass.
        rest_per_work: How many seconds are rested for each second worked.
    """

    worked: Callable[[], float] = time.process_time
    clock: Callable[[], float] = time.monotonic
    rest_per_work: float = 1.5
    _changes: int | None = field(default=None, init=False)
    _came_in: float | None = field(default=None, init=False)
    _rested_at: float = field(default=0.0, init=False)
    _until: float = field(default=0.0, init=False)

    def changes_reach(self, count: int) -> None:
        """So many changes there have been: whether they have become more says whether any come in."""
        if self._changes is not None and count > self._changes:
            self._came_in = self.clock()
        self._changes = count

    async def rest(self, behind: int) -> None:
        """Called between two pieces of work of a reader that has not read the last `behind` events of the feed."""
        seconds = self.seconds_to_rest() if behind > _FAR_BEHIND else 0.0
        if seconds:
            await asyncio.sleep(seconds)

    def seconds_to_rest(self) -> float:
        """How long whoever lies far behind is to rest now: not at all, or `rest_per_work` as long as was worked."""
        now = self.clock()
        if self._came_in is None or now - self._came_in > _COME_IN_SECONDS:
            return 0.0
        worked = self.worked() - self._rested_at
        if now >= self._until and worked >= _SLICE_SECONDS:
            self._until = now + min(self.rest_per_work * worked, _LONGEST_SECONDS)
            self._rested_at += worked
        return max(0.0, self._until - now)
