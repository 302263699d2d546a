"""`ecif check-golden`: every customer derived again, a batch at a time."""

import asyncio

from ecif import customers, policy
from ecif.cli.installation import Installation
from ecif.opening import opened
from ecif.rules import RuleSet
from ecif.security import Actor
from ecif.store import Database, Work

_BATCH = 500


def check_golden(installation: Installation) -> tuple[int, list[str]]:
    """Check every customer of every legal entity.

    Returns:
        How many were checked, and the numbers of those whose stored values differ.
    """
    return asyncio.run(_check(installation))


async def _check(installation: Installation) -> tuple[int, list[str]]:
    database = await opened(installation.settings, installation.keys, installation.database_url)
    checked, differing = 0, []
    try:
        async with database.connection() as connection:
            entities = await policy.active_versions(connection)
        for legal_entity in entities:
            count, found = await _check_entity(database, legal_entity)
            checked += count
            differing += found
    finally:
        await database.close()
    return checked, differing


async def _check_entity(database: Database, legal_entity: str) -> tuple[int, list[str]]:
    actor = Actor.worker("check-golden", legal_entity=legal_entity)
    checked, after = 0, 0
    differing: list[str] = []
    known: dict[int, RuleSet] = {}

    async def look(work: Work) -> tuple[list[int], list[str]]:
        async def rules_of(version: int) -> RuleSet:
            if version not in known:
                known[version] = await policy.get_rules(work, version)
            return known[version]

        ids = await customers.customer_ids_after(work, after, limit=_BATCH)
        return ids, await customers.differing_customers(work, ids, rules_of)

    while True:
        ids, found = await database.run(actor, look)
        if not ids:
            return checked, differing
        checked, after = checked + len(ids), ids[-1]
        differing += found
