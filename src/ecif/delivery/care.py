"""An event that kills whoever sends it: where carriers die one after the other, events go alone until it is found.

After two deaths in a row, soon after a subscription was taken, its events are sent one at a time, each noted before it
goes. The event that was on its way alone at two deaths in a row is parked; everything else goes on.

While one goes alone the others wait: an endpoint that keeps silent keeps them waiting for a quarter of a second at
first. Most that kills kills at once; each death that nobody was accused of doubles the time, up to two seconds.
"""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import text

from ecif.delivery.leases import SOON, Held
from ecif.delivery.places import LeaseLost
from ecif.delivery.sink import Outcome
from ecif.store import Database, Statement

WORKER_DIED: Final = "worker-died"
"""Why such an event is parked."""

_CAREFUL_AFTER: Final = 2
_GUILTY_AFTER: Final = 2
_SHORTEST_LOOK_SECONDS: Final = 0.25
_LONGEST_LOOK_SECONDS: Final = 2.0
_EVENTS_ALONE: Final = 64
_LONGEST_SECONDS: Final = 60.0

_NOTE = Statement(
    text("""
    UPDATE subscription SET alone = CAST(:position AS bigint)
    WHERE id = CAST(:id AS uuid) AND fencing = CAST(:fencing AS bigint)
    RETURNING id
    """)
)
_ACQUIT = Statement(
    text("""
    UPDATE subscription SET crashes = 0, accused = NULL, accusations = 0
    WHERE id = CAST(:id AS uuid) AND fencing = CAST(:fencing AS bigint)
    """)
)


@dataclass(slots=True)
class Care:
    """How carefully one subscription is carried; `turn` is shared by all that the process carries."""

    database: Database
    held: Held
    turn: asyncio.Lock
    _began: float = field(default_factory=time.monotonic, init=False)
    _alone: int = field(default=0, init=False)
    _is_acquitted: bool = field(default=False, init=False)

    @property
    def is_careful(self) -> bool:
        """Whether events go alone."""
        return self.held.crashes >= _CAREFUL_AFTER and not self._is_over()

    @property
    def culprit(self) -> int | None:
        """The position of the event that is not to be sent."""
        return self.held.accused if self.held.accusations >= _GUILTY_AFTER else None

    @property
    def look_seconds(self) -> float:
        """How long an event that goes alone is waited for before another may go."""
        more = max(0, self.held.crashes - _CAREFUL_AFTER)
        return min(_SHORTEST_LOOK_SECONDS * 2.0**more, _LONGEST_LOOK_SECONDS)

    async def alone(self, position: int, sending: Coroutine[Any, Any, Outcome]) -> Outcome:
        """Send an event while no other goes alone; whoever is still alive after `look_seconds` does not die of it.

        Raises:
            LeaseLost: Somebody else holds the subscription by now.
            Busy: The database is not there.
        """
        task = None
        try:
            async with self.turn:
                await self._note(position)
                task = asyncio.ensure_future(sending)
                await asyncio.wait([task], timeout=self.look_seconds)
                await self._note(None)
            self._alone += 1
            return await task
        finally:
            if task is None:
                sending.close()
            else:
                task.cancel()

    async def settled(self) -> None:
        """Forget former deaths once the subscription has been carried for a while, or what killed is parked."""
        is_suspicious = self.held.crashes or self.held.accusations
        if not is_suspicious or self._is_acquitted or self.is_careful:
            return
        if time.monotonic() - self._began > SOON.total_seconds():
            async with self.database.connection() as connection:
                await connection.execute(_ACQUIT, id=self.held.id, fencing=self.held.fencing)
            self._is_acquitted = True

    def _is_over(self) -> bool:
        lived = time.monotonic() - self._began
        return self._alone >= _EVENTS_ALONE or lived > _LONGEST_SECONDS

    async def _note(self, position: int | None) -> None:
        async with self.database.connection() as connection:
            noted = await connection.fetch_value(
                _NOTE, id=self.held.id, fencing=self.held.fencing, position=position
            )
        if noted is None:
            raise LeaseLost
