"""Rule sets: stored once, frozen for ever, one of them active."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from ecif.errors import NotFound
from ecif.policy.learned_names import (
    Hasher,
    KeyOfNames,
    RulesUnderMissingKey,
    hashed_often,
    key_of,
    readable,
)
from ecif.rules import RuleSet, default_rules
from ecif.security import Vault
from ecif.store import Connection, Row, Statement, Work

_MOMENT = Statement(
    text("""
    SELECT clock_timestamp() AS now,
           (SELECT version FROM active_rule_set WHERE legal_entity = CAST(:legal_entity AS text)) AS version
    """)
)
_CONTENT = Statement(
    text("""
    SELECT content FROM rule_set_version
    WHERE legal_entity = CAST(:legal_entity AS text) AND version = CAST(:version AS integer)
    """)
)
_ADD = Statement(
    text("""
    INSERT INTO rule_set_version (legal_entity, version, name, digest, content, made_by, made_at)
    VALUES (CAST(:legal_entity AS text), CAST(:version AS integer), CAST(:name AS text),
            CAST(:digest AS text), CAST(:content AS text), CAST(:made_by AS text), CAST(:now AS timestamptz))
    """)
)
_NEXT_VERSION = Statement(
    text("""
    SELECT coalesce(max(version), 0) + 1 FROM rule_set_version WHERE legal_entity = CAST(:legal_entity AS text)
    """)
)
_ACTIVATE = Statement(
    text("""
    INSERT INTO active_rule_set (legal_entity, version, activated_by, activated_at)
    VALUES (CAST(:legal_entity AS text), CAST(:version AS integer), CAST(:actor AS text), CAST(:now AS timestamptz))
    ON CONFLICT (legal_entity) DO UPDATE
    SET version = excluded.version, activated_by = excluded.activated_by, activated_at = excluded.activated_at
    """)
)
_FIRST = Statement(
    text("""
    WITH stored AS (
        INSERT INTO rule_set_version (legal_entity, version, name, digest, content, made_by, made_at)
        VALUES (CAST(:legal_entity AS text), 1, CAST(:name AS text), CAST(:digest AS text),
                CAST(:content AS text), 'ecif', clock_timestamp())
        ON CONFLICT DO NOTHING
    )
    INSERT INTO active_rule_set (legal_entity, version, activated_by, activated_at)
    VALUES (CAST(:legal_entity AS text), 1, 'ecif', clock_timestamp()) ON CONFLICT DO NOTHING
    """)
)
_LIST = Statement(
    text("""
    SELECT v.version, v.name, v.digest, v.made_by, v.made_at, coalesce(a.version = v.version, false) AS is_active
    FROM rule_set_version v LEFT JOIN active_rule_set a USING (legal_entity)
    WHERE v.legal_entity = CAST(:legal_entity AS text) ORDER BY v.version DESC
    """)
)
_KEYS_OF_NAMES = Statement(
    text("""
    SELECT legal_entity, version, told ->> 'key_version' AS key_version, told ->> 'key_mark' AS key_mark
    FROM (
        SELECT legal_entity, version, CAST(content AS jsonb) #> '{matching,frequencies,learned}' AS told
        FROM active_rule_set JOIN rule_set_version USING (legal_entity, version)
    ) AS active
    WHERE told IS NOT NULL ORDER BY legal_entity
    """)
)
_ACTIVE = Statement(text("SELECT legal_entity, version FROM active_rule_set ORDER BY legal_entity"))

_loaded: dict[tuple[str, int], RuleSet] = {}


class RuleSetNotFound(NotFound):
    """There is no rule set with this version."""

    slug = "rule-set-not-found"
    title = "There is no rule set with this version."


@dataclass(frozen=True, slots=True)
class StoredRules:
    """One line of the list of rule sets."""

    version: int
    name: str
    digest: str
    made_by: str
    made_at: datetime
    is_active: bool


async def moment_of(
    connection: Connection, legal_entity: str, vault: Vault
) -> tuple[RuleSet, datetime]:
    """The active rule set and the database's clock; the first call of a legal entity stores the shipped rules."""
    row = await connection.fetch_one(_MOMENT, legal_entity=legal_entity)
    if row is not None and row["version"] is None:
        await connection.execute(_FIRST, legal_entity=legal_entity, **_content_of(default_rules()))
        row = await connection.fetch_one(_MOMENT, legal_entity=legal_entity)
    if row is None or row["version"] is None:
        raise RuntimeError("no rule set is active: run the migrations")
    rules = await _load(connection, Hasher(vault, legal_entity), row["version"])
    # Remembered only here, where a transaction begins: one that this transaction has added itself may yet be
    # rolled back, and its number be given to another.
    _loaded[legal_entity, rules.version] = rules
    return rules, row["now"]


async def active_versions(connection: Connection) -> dict[str, int]:
    """Each legal entity that has ever been at work here, and the version of its active rule set."""
    rows = await connection.fetch(_ACTIVE)
    return {row["legal_entity"]: row["version"] for row in rows}


async def get_rules(work: Work, version: int) -> RuleSet:
    """A rule set of any version, as it was stored.

    Raises:
        RuleSetNotFound: There is none.
    """
    return await _load(work.connection, _hasher(work), version)


def as_stored(work: Work, rules: RuleSet) -> RuleSet:
    """A draft as it would be stored and used: without names that few bear, the other learned ones as keyed hashes.

    Raises:
        Unprocessable: It does not tell among how many its names were counted, or its hashes are under another key.
    """
    return hashed_often(rules, _hasher(work))


async def add_rule_set(work: Work, rules: RuleSet) -> RuleSet:
    """Store a rule set under the next version, without learned names in clear; the same content may be stored twice.

    Raises:
        Unprocessable: It does not tell among how many its names were counted, or its hashes are under another key.
    """
    version = await work.connection.fetch_value(_NEXT_VERSION, legal_entity=work.legal_entity)
    stored = as_stored(work, rules).model_copy(update={"version": version})
    await work.connection.execute(
        _ADD,
        legal_entity=work.legal_entity,
        version=version,
        made_by=work.actor.subject,
        now=work.now,
        **_content_of(stored),
    )
    work.note("rules.add", str(version), digest=stored.digest)
    return stored


async def activate(work: Work, version: int) -> None:
    """Let a stored rule set decide from now on; golden records are derived again by the worker.

    Raises:
        RuleSetNotFound: There is none with this version.
        RulesUnderMissingKey: Its learned names could not be looked up.
    """
    rules = await get_rules(work, version)
    key = key_of(rules)
    if key is not None and not _hasher(work).has(key):
        raise RulesUnderMissingKey
    await work.connection.execute(
        _ACTIVATE,
        legal_entity=work.legal_entity,
        version=version,
        actor=work.actor.subject,
        now=work.now,
    )
    work.note("rules.activate", str(version))


async def rules_under_missing_keys(connection: Connection, vault: Vault) -> dict[str, int]:
    """Legal entities whose active rule set has learned names that cannot be looked up; the version of their key."""
    rows = await connection.fetch(_KEYS_OF_NAMES)
    keys = {
        row["legal_entity"]: KeyOfNames(int(row["key_version"]), row["key_mark"]) for row in rows
    }
    return {
        legal_entity: key.version
        for legal_entity, key in keys.items()
        if not Hasher(vault, legal_entity).has(key)
    }


async def list_rule_sets(work: Work) -> list[StoredRules]:
    """Every stored rule set, newest first."""
    rows = await work.connection.fetch(_LIST, legal_entity=work.legal_entity)
    return [StoredRules(**dict(row)) for row in rows]


def _content_of(rules: RuleSet) -> dict[str, Any]:
    return {
        "name": rules.name,
        "digest": rules.digest,
        "content": rules.model_dump_json(exclude={"version"}),
    }


def _hasher(work: Work) -> Hasher:
    return Hasher(work.vault, work.legal_entity)


async def _load(connection: Connection, hasher: Hasher, version: int) -> RuleSet:
    known = _loaded.get((hasher.legal_entity, version))
    if known is not None:
        return known
    row: Row | None = await connection.fetch_one(
        _CONTENT, legal_entity=hasher.legal_entity, version=version
    )
    if row is None:
        raise RuleSetNotFound(f"There is no rule set with version {version}.")
    stored = RuleSet.model_validate({**orjson.loads(row["content"]), "version": version})
    return readable(stored, hasher)
