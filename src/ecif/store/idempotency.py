"""The same key gives the same answer: it is stored, sealed, in the transaction of its effect."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Column, LargeBinary, Table, Text, text

from ecif.errors import Conflict, Unprocessable
from ecif.store.connection import Statement
from ecif.store.table import instant, metadata, sealed
from ecif.store.work import Work

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("legal_entity", Text, primary_key=True),
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    sealed("idempotency_key", "answer"),
    instant("made_at"),
    comment="One request that took effect, and what was answered; kept for thirty days by default.",
)

# The name is tried, never waited for: whoever does not get it is told that the first request is in flight.
_LOOK = Statement(
    text("""
    SELECT pg_try_advisory_xact_lock(CAST(:name AS bigint)) AS free,
           k.fingerprint, k.answer
    FROM (SELECT 1) AS one
    LEFT JOIN idempotency_key k ON k.legal_entity = CAST(:legal_entity AS text)
         AND k.caller = CAST(:caller AS text) AND k.key = CAST(:key AS text)
    """)
)
_KEEP = Statement(
    text("""
    INSERT INTO idempotency_key (legal_entity, caller, key, fingerprint, answer, made_at)
    VALUES (CAST(:legal_entity AS text), CAST(:caller AS text), CAST(:key AS text),
            CAST(:fingerprint AS bytea), CAST(:answer AS bytea), CAST(:now AS timestamptz))
    """)
)
_FORGET = Statement(
    text("DELETE FROM idempotency_key WHERE made_at < clock_timestamp() - CAST(:age AS interval)")
)


class RequestInFlight(Conflict):
    """The first request under this key has not finished."""

    slug = "request-in-flight"
    title = "A request with this Idempotency-Key is still running; repeat it shortly."


class KeyReused(Unprocessable):
    """The key was used for another request."""

    slug = "idempotency-key-reused"
    title = "This Idempotency-Key was used before with another request."


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request that its caller may repeat: the key, and a keyed fingerprint of method, address and body."""

    key: str
    fingerprint: bytes


async def replayed(work: Work, request: IdempotentRequest) -> bytes | None:
    """The answer already given to this request, or None when it is new.

    Raises:
        RequestInFlight: The first one is not finished.
        KeyReused: The key belongs to another request.
    """
    name = work.vault.keyed_hash64(
        work.legal_entity, f"idempotency:{work.actor.subject}:{request.key}"
    )
    row = await work.connection.fetch_one(
        _LOOK, name=name, legal_entity=work.legal_entity, caller=work.actor.subject, key=request.key
    )
    if row is None or not row["free"]:
        raise RequestInFlight
    if row["answer"] is None:
        return None
    if row["fingerprint"] != request.fingerprint:
        raise KeyReused
    return work.vault.open_shared(
        work.legal_entity, "idempotency_key.answer", _place(work, request), row["answer"]
    )


async def keep(work: Work, request: IdempotentRequest, answer: bytes) -> None:
    """Store the answer of a request that took effect, sealed."""
    await work.connection.execute(
        _KEEP,
        legal_entity=work.legal_entity,
        caller=work.actor.subject,
        key=request.key,
        fingerprint=request.fingerprint,
        answer=work.vault.seal_shared(
            work.legal_entity, "idempotency_key.answer", _place(work, request), answer
        ),
        now=work.now,
    )


async def forget(work: Work, *, age: timedelta) -> None:
    """Drop the answers older than `age`."""
    await work.connection.execute(_FORGET, age=age)


def _place(work: Work, request: IdempotentRequest) -> str:
    return f"{work.actor.subject}:{request.key}"
