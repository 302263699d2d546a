"""Source systems: registered by their first record, described by an administrator."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import text

from ecif.errors import Conflict, Forbidden, NotFound
from ecif.policy.rule_sets import add_rule_set
from ecif.rules import RuleSet, SourceRules
from ecif.store import Row, Statement, Work

Ordering = Literal["version", "time"]

_NAMED = Statement(
    text("""
    SELECT system, name, ordering, keys_are_personal, first_seen_at FROM source_system
    WHERE legal_entity = CAST(:legal_entity AS text) AND system = ANY (CAST(:systems AS text[])) ORDER BY system
    """)
)
_ALL = Statement(
    text("""
    SELECT system, name, ordering, keys_are_personal, first_seen_at FROM source_system
    WHERE legal_entity = CAST(:legal_entity AS text) ORDER BY system
    """)
)
_REGISTER = Statement(
    text("""
    INSERT INTO source_system (legal_entity, system, keys_are_personal, first_seen_at)
    SELECT CAST(:legal_entity AS text), system, false, CAST(:now AS timestamptz)
    FROM unnest(CAST(:systems AS text[])) AS system ORDER BY system
    ON CONFLICT DO NOTHING
    """)
)
_FIX_ORDERING = Statement(
    text("""
    UPDATE source_system SET ordering = CAST(:ordering AS text)
    WHERE legal_entity = CAST(:legal_entity AS text) AND system = CAST(:system AS text) AND ordering IS NULL
    """)
)
_DESCRIBE = Statement(
    text("""
    INSERT INTO source_system AS s (legal_entity, system, name, keys_are_personal, first_seen_at)
    VALUES (CAST(:legal_entity AS text), CAST(:system AS text), CAST(:name AS text),
            CAST(:keys_are_personal AS boolean), CAST(:now AS timestamptz))
    ON CONFLICT (legal_entity, system) DO UPDATE
    SET name = excluded.name, keys_are_personal = excluded.keys_are_personal
    """)
)

_settled: dict[tuple[str, str], "SourceSystem"] = {}
"""Systems whose ordering is fixed: nothing that this room reads from their row can change any more."""


class SourceSystemNotListed(Forbidden):
    """Source systems are listed here, and this one is not."""

    slug = "source-system-not-listed"
    title = "This source system is not registered; an administrator must register it first."


class SourceSystemNotFound(NotFound):
    """No record of this system has come, and nobody described it."""

    slug = "source-system-not-found"
    title = "There is no source system of this name."


class SourceSystemInUse(Conflict):
    """The property is fixed once records are stored."""

    slug = "source-system-in-use"
    title = "Whether keys are personal is fixed by the first record of a source system."


@dataclass(frozen=True, slots=True)
class SourceSystem:
    """A system that sends records.

    `ordering` is what its messages are ordered by, None until one came with a version or a time;
    `keys_are_personal`: its source keys are identity numbers, so they never stand in URLs, events or in clear.
    """

    system: str
    name: str | None
    ordering: Ordering | None
    keys_are_personal: bool
    first_seen_at: datetime


async def sources_named(
    work: Work, systems: Iterable[str], *, only_listed: bool
) -> dict[str, SourceSystem]:
    """The source systems of some records; unknown ones are registered now.

    Raises:
        SourceSystemNotListed: One is unknown, and `only_listed` refuses that.
    """
    wanted = set(systems)
    found = {
        s: _settled[work.legal_entity, s] for s in wanted if (work.legal_entity, s) in _settled
    }
    missing = sorted(wanted - found.keys())
    if not missing:
        return found
    found |= await _read(work, missing)
    unknown = sorted(wanted - found.keys())
    if unknown and only_listed:
        raise SourceSystemNotListed(
            f"The source system {unknown[0]!r} is not registered.", field="source_system"
        )
    if unknown:
        await work.connection.execute(
            _REGISTER, legal_entity=work.legal_entity, systems=unknown, now=work.now
        )
        found |= await _read(work, unknown)
    return found


async def fix_ordering(work: Work, source: SourceSystem, ordering: Ordering) -> None:
    """Fix what the messages of a source are ordered by; the first ordered record decides."""
    await work.connection.execute(
        _FIX_ORDERING, legal_entity=work.legal_entity, system=source.system, ordering=ordering
    )


async def get_source(work: Work, system: str) -> SourceSystem:
    """One source system.

    Raises:
        SourceSystemNotFound: There is none of this name.
    """
    found = await _read(work, [system])
    if system not in found:
        raise SourceSystemNotFound
    return found[system]


async def list_sources(work: Work) -> list[SourceSystem]:
    """Every source system, by name."""
    rows = await work.connection.fetch(_ALL, legal_entity=work.legal_entity)
    return [_source_of(row) for row in rows]


async def describe_source(
    work: Work, system: str, *, name: str | None, keys_are_personal: bool
) -> SourceSystem:
    """Say what a source system is.

    Raises:
        SourceSystemInUse: Its keys became (or ceased to be) personal after its first ordered record.
    """
    before = (await _read(work, [system])).get(system)
    if before is not None and before.keys_are_personal != keys_are_personal:
        raise SourceSystemInUse
    await work.connection.execute(
        _DESCRIBE,
        legal_entity=work.legal_entity,
        system=system,
        name=name,
        keys_are_personal=keys_are_personal,
        now=work.now,
    )
    work.note("source.describe", system)
    return await get_source(work, system)


async def draft_of_source(work: Work, system: str, lines: SourceRules) -> RuleSet | None:
    """A draft that differs from the active rule set in what it says of one source; None when that says it already.

    How far a source is believed stands in the rule set: so golden records stay explained.
    """
    if work.rules.sources.get(system, SourceRules()) == lines:
        return None
    changed = work.rules.model_copy(update={"sources": {**work.rules.sources, system: lines}})
    return await add_rule_set(work, changed)


async def _read(work: Work, systems: list[str]) -> dict[str, SourceSystem]:
    rows = await work.connection.fetch(_NAMED, legal_entity=work.legal_entity, systems=systems)
    found = {row["system"]: _source_of(row) for row in rows}
    for source in found.values():
        if source.ordering is not None:
            _settled[work.legal_entity, source.system] = source
    return found


def _source_of(row: Row) -> SourceSystem:
    return SourceSystem(**dict(row))
