"""How a relay paces itself."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a relay paces itself.

    Attributes:
        lease: How long a subscription stays with a relay that says nothing.
        tick_seconds: Between two times that the leases are renewed and shared out.
        look_seconds: Between two looks at the end of the feed.
        settle_seconds: Between two settlements of one subscription.
        move_seconds: The same where nothing has happened but that its cursor moved past what it does not want.
        ending_seconds: How long what is on its way may take when the relay ends.
        at_once: Messages of one subscription on their way at the same time.
        clock: Seconds since 1970.
        chance: Where in its jitter a wait lies, in [0, 1).
    """

    lease: timedelta = timedelta(seconds=3)
    tick_seconds: float = 0.5
    look_seconds: float = 0.015
    settle_seconds: float = 0.1
    move_seconds: float = 1.0
    ending_seconds: float = 5.0
    at_once: int = 32
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
