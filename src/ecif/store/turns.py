"""Turns: decisions about customers are made side by side, until one was told in vain too often; that one goes alone."""

from sqlalchemy import text

from ecif.store.connection import Statement
from ecif.store.work import Work

PATIENT_TELLINGS = 2
"""How often a decision is told in vain before it goes alone. Where sixteen decide about the same fifty customers, about
two in three come through the first time and one in five the second time; all others go alone, and come through."""

_BESIDE_OTHERS = Statement(
    text("SELECT pg_advisory_xact_lock_shared(CAST(:name AS bigint)) IS NULL")
)
_ALONE = Statement(text("SELECT pg_advisory_xact_lock(CAST(:name AS bigint)) IS NULL"))


async def take_turn(work: Work) -> None:
    """Decide about customers until the transaction ends: beside others, or alone when it was told in vain before.

    A merge or its reversal finds out whom to lock, waits for the locks, and is told again from the start when somebody
    changed that meanwhile. Where many decide about the same few customers, chance alone would leave one of them behind
    for good. PostgreSQL hands its locks out in the order they were asked for, so one that goes alone waits for those
    that have begun, and nobody overtakes it. Taken before any customer is locked; to take it again costs nothing.
    """
    if work.has_turn:
        return
    name = work.vault.keyed_hash64(work.legal_entity, "turn:decisions")
    statement = _ALONE if work.told_in_vain >= PATIENT_TELLINGS else _BESIDE_OTHERS
    await work.connection.execute(statement, name=name)
    work.has_turn = True
