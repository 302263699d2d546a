"""Checking: is every stored golden record what its records, pins and rules give?"""

from collections.abc import Awaitable, Callable, Sequence

import orjson
from sqlalchemy import text

from ecif.customers.folders import Folder, take_out
from ecif.rules import RuleSet
from ecif.security import mask
from ecif.store import Statement, Work

_SHOWN = Statement(
    text("SELECT id, golden, mask_version FROM customer WHERE id = ANY (CAST(:ids AS bigint[]))")
)

RulesOf = Callable[[int], Awaitable[RuleSet]]
"""Reads the rule set of a version."""


async def differing_customers(work: Work, ids: Sequence[int], rules_of: RulesOf) -> list[str]:
    """The numbers of those customers whose stored values differ from what is derived again.

    Args:
        work: The transaction; nothing is written in it.
        ids: Live or closed customers.
        rules_of: Golden values are derived with the rule version that is stored with them.
    """
    suspects = await _differing(work, ids, rules_of, lock=False)
    if not suspects:
        return []
    # They may only have changed while we read: the second look holds their locks.
    folders = await _differing(work, [folder.id for folder in suspects], rules_of, lock=True)
    return sorted(folder.customer_no for folder in folders)


async def _differing(
    work: Work, ids: Sequence[int], rules_of: RulesOf, *, lock: bool
) -> list[Folder]:
    folders = await take_out(work, customer_ids=ids, lock=lock)
    shown = {row["id"]: row for row in await work.connection.fetch(_SHOWN, ids=list(folders))}
    differing = []
    for folder in folders.values():
        if folder.status == "merged":
            continue
        rules = await rules_of(folder.rules_version)
        values = folder.derived(rules).values
        shown_again = mask({**values, "kind": folder.kind}, rules.masks)
        del shown_again["kind"]
        masked = orjson.dumps(shown_again).decode()
        same = values == folder.values and masked == shown[folder.id]["golden"]
        if not same or shown[folder.id]["mask_version"] != rules.masks.version:
            differing.append(folder)
    return differing
