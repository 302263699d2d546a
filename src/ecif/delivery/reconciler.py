"""The reconciler: compares the versions of customers with what is told of them, and raises what does not agree.

It looks at what is new (further positions, changed customers, new links) and, beside that, goes round all customers
and all positions a piece at a time. What looks wrong may only have changed between two reads: it is looked at again
while its customers are kept still, and counts when it is still wrong.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any, Final

from ecif import customers, store
from ecif.delivery import findings
from ecif.delivery.holes import Hole, holes_of, window_holes
from ecif.security import Actor
from ecif.store import Connection, Database, Row, Work

_ACTOR: Final = "reconciler"
_POSITIONS: Final = 5_000
_SWEPT_POSITIONS: Final = 1_000
_CUSTOMERS: Final = 1_000
_BATCH: Final = 500
_OPEN: Final = 500
_LATE: Final = timedelta(seconds=5)
_LATE_LINKS: Final = 200
_REST_SECONDS: Final = 2.0
_REST_TIMES: Final = 20
_log = logging.getLogger("ecif.reconciler")


@dataclass(slots=True)
class _Look:
    """One look: whom to compare, what the feed itself shows, and where the next look begins."""

    numbers: set[str]
    feed_holes: set[Hole]
    reached: dict[str, Any]
    is_behind: bool


@dataclass(slots=True)
class Reconciler:
    """Compares a little at a time; any number may run, and each finding is raised once."""

    database: Database

    async def go_on(self) -> None:
        """Look once, and rest so long that looking takes a twentieth of the time at most."""
        began = monotonic()
        is_behind = await self.look_once()
        took_seconds = monotonic() - began
        await asyncio.sleep(
            took_seconds if is_behind else max(_REST_SECONDS, took_seconds * _REST_TIMES)
        )

    async def look_once(self) -> bool:
        """Compare what is new and the next piece of the round; whether there is more that is new."""
        async with self.database.connection() as connection:
            state = await findings.state_of(connection)
            look = await _look(connection, state)
            standing = await findings.open_findings(connection, limit=_OPEN)
        look.numbers.update(row["customer_no"] for row in standing if row["customer_no"])
        found = await self._holes(sorted(look.numbers))
        await self._raise_new(found, look.feed_holes)
        async with self.database.connection() as connection:
            await _settle_gone(connection, standing, found)
            await findings.remember(connection, state, checked=len(look.numbers), **look.reached)
        return look.is_behind

    async def _holes(self, numbers: Sequence[str]) -> dict[str, set[Hole]]:
        """The holes of these customers that are there when nobody changes them."""
        found: dict[str, set[Hole]] = {}
        for start in range(0, len(numbers), _BATCH):
            some = numbers[start : start + _BATCH]
            async with self.database.connection() as connection:
                suspects = await _compare(connection, some)
            if suspects:
                again = partial(_compare_still, numbers=list(suspects))
                found |= await self.database.run(Actor.worker(_ACTOR), again)
        return found

    async def _raise_new(self, found: dict[str, set[Hole]], feed_holes: set[Hole]) -> None:
        async with self.database.connection() as connection:
            versions = await customers.versions_of(connection, list(found))
        by_entity: dict[str, dict[str, set[Hole]]] = defaultdict(dict)
        for number, holes in found.items():
            by_entity[versions[number].legal_entity if number in versions else "main"][number] = (
                holes
            )
        if feed_holes:
            by_entity["main"][""] = feed_holes
        for legal_entity, holes_by_number in by_entity.items():
            actor = Actor.worker(_ACTOR, legal_entity=legal_entity)
            new = await self.database.run(actor, partial(_add, found=holes_by_number))
            for number, hole in new:
                _log.error(
                    "reconciler.hole_found",
                    extra={"customer_no": number, "what": hole.what, "place": hole.place},
                )


async def _look(connection: Connection, state: Row) -> _Look:
    """Read what is new since the last look, and the next piece of the round."""
    bounds = await store.feed_bounds(connection)
    is_other = bounds.epoch != state["epoch"]  # restored: what was looked at may be gone
    position = max(0 if is_other else state["position"], bounds.earliest - 1)
    swept = max(state["swept_position"], bounds.earliest - 1)
    new = await store.feed_window(connection, position, limit=_POSITIONS)
    old = await store.feed_window(connection, swept, limit=_SWEPT_POSITIONS)
    changed = await customers.changed_after(connection, state["changed_at"], limit=_CUSTOMERS)
    link_id = state["link_id"]
    linked = await customers.linked_after(connection, link_id - _LATE_LINKS, limit=_CUSTOMERS)
    round_ = await customers.numbers_after(connection, state["swept_customer_id"], limit=_CUSTOMERS)
    rows = [*changed, *linked, *round_]
    is_round = len(round_) < _CUSTOMERS
    return _Look(
        numbers={row["subject"] for row in [*new, *old] if row["subject"]}
        | {row["customer_no"] for row in rows},
        feed_holes=window_holes(new, position) | window_holes(old, swept),
        reached={
            "epoch": bounds.epoch,
            "position": new[-1]["position"] if new else position,
            # Who changed lately may not have committed yet: the last seconds are looked at again.
            "changed_at": changed[-1]["place"]
            if len(changed) == _CUSTOMERS
            else max(state["changed_at"], state["now"] - _LATE),
            "link_id": max([link_id, *(row["place"] for row in linked)]),
            "swept_position": old[-1]["position"] if len(old) == _SWEPT_POSITIONS else 0,
            "swept_customer_id": 0 if is_round else round_[-1]["place"],
            "is_round": is_round,
        },
        is_behind=len(new) == _POSITIONS or _CUSTOMERS in (len(changed), len(linked)),
    )


async def _compare(connection: Connection, numbers: Sequence[str]) -> dict[str, set[Hole]]:
    """The holes of these customers, as far as the reads that follow each other agree."""
    bounds = await store.feed_bounds(connection)
    versions = await customers.versions_of(connection, numbers)
    tellings = await store.tellings_of(connection, numbers)
    found = {}
    for number in numbers:
        known = versions[number].since if number in versions else None
        holes = holes_of(known, tellings[number], bounds)
        if holes:
            found[number] = holes
    return found


async def _compare_still(work: Work, numbers: Sequence[str]) -> dict[str, set[Hole]]:
    await customers.hold_still(work, numbers)
    return await _compare(work.connection, numbers)


async def _add(work: Work, found: dict[str, set[Hole]]) -> list[tuple[str, Hole]]:
    return [
        (number, hole)
        for number, holes in found.items()
        for hole in await findings.add(work, number, holes)
    ]


async def _settle_gone(
    connection: Connection, standing: Collection[Row], found: dict[str, set[Hole]]
) -> None:
    """End the findings that a new look does not show any more."""
    gone = []
    for row in standing:
        hole = Hole(row["what"], row["place"])
        if row["customer_no"]:
            if hole not in found.get(row["customer_no"], ()):
                gone.append(row["id"])
        else:
            shown = await store.feed_window(connection, hole.place - 1, limit=1)
            if shown and hole not in window_holes(shown, hole.place - 1):
                gone.append(row["id"])
    if gone:
        await findings.settle(connection, gone)
