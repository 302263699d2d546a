"""Proposals: what one person wants done stands here, unchanged, until another one approves or rejects it."""

from datetime import timedelta
from hashlib import sha256
from typing import Final, Literal
from uuid import UUID

import orjson
from sqlalchemy import text

from ecif.stewardship.places import place_after, place_of
from ecif.stewardship.proposals import (
    Proposal,
    ProposalAlreadyDecided,
    ProposalCase,
    ProposalNotFound,
    ProposalOutdated,
    ProposalQuestion,
    Proposed,
)
from ecif.store import Page, Row, Statement, Work, page_of

PROPOSAL_LASTS: Final = timedelta(days=7)
"""How long a proposal may wait; after that it can only be made anew."""

_COLUMNS = """id, kind, customers, digest, made_by, made_at, expires_at, decided_by, decided_at,
    CASE WHEN status = 'open' AND expires_at <= CAST(:now AS timestamptz) THEN 'expired' ELSE status END AS status"""
_MAKE = Statement(
    text(f"""
    INSERT INTO proposal (id, legal_entity, kind, customers, digest, content, status, made_by, made_at, expires_at)
    VALUES (CAST(:id AS uuid), CAST(:legal_entity AS text), CAST(:kind AS text), CAST(:customers AS text[]),
            CAST(:digest AS bytea), CAST(:content AS bytea), 'open', CAST(:actor AS text),
            CAST(:now AS timestamptz), CAST(:expires_at AS timestamptz))
    RETURNING {_COLUMNS}
    """)
)
_ONE = Statement(
    text(f"""
    SELECT {_COLUMNS}, content, reason FROM proposal
    WHERE id = CAST(:id AS uuid) AND legal_entity = CAST(:legal_entity AS text)
    """)
)
_LOCK = Statement(
    text(f"""
    SELECT {_COLUMNS}, content, reason FROM proposal
    WHERE id = CAST(:id AS uuid) AND legal_entity = CAST(:legal_entity AS text) FOR UPDATE
    """)
)
_DECIDE = Statement(
    text(f"""
    UPDATE proposal SET status = CAST(:status AS text), decided_by = CAST(:actor AS text),
           decided_at = CAST(:now AS timestamptz), reason = CAST(:reason AS bytea)
    WHERE id = CAST(:id AS uuid)
    RETURNING {_COLUMNS}
    """)
)
_PAGE = Statement(
    text(f"""
    SELECT {_COLUMNS} FROM proposal
    WHERE legal_entity = CAST(:legal_entity AS text) AND status = CAST(:status AS text)
      AND (status <> 'open' OR (expires_at <= CAST(:now AS timestamptz)) = CAST(:is_expired AS boolean))
      AND (made_at, id) > (CAST(:after AS timestamptz), CAST(:after_id AS uuid))
    ORDER BY made_at, id LIMIT CAST(:limit AS bigint)
    """)
)


async def propose(work: Work, proposed: Proposed) -> Proposal:
    """Keep what one person wants done until another one approves it.

    Args:
        work: The transaction; what can be refused now has been.
        proposed: What is to be done; it is never changed.
    """
    proposal_id = work.new_id()
    # The nonce keeps the digest silent about what it names: nobody can try likely contents against it.
    content = orjson.dumps(
        {"nonce": work.new_id().hex, "proposed": proposed.model_dump(mode="json")}
    )
    row = await work.connection.fetch_one(
        _MAKE,
        id=proposal_id,
        legal_entity=work.legal_entity,
        kind=proposed.kind,
        customers=sorted(proposed.seen),
        digest=sha256(content).digest(),
        content=_seal(work, "content", proposal_id, content),
        actor=work.actor.subject,
        now=work.now,
        expires_at=work.now + PROPOSAL_LASTS,
    )
    work.note(
        "proposal.make", str(proposal_id), kind=proposed.kind, customers=sorted(proposed.seen)
    )
    return _proposal_of(row)


async def get_proposal(work: Work, proposal_id: UUID) -> ProposalCase:
    """A proposal with what it says, in clear; what leaves the room is masked at the door.

    Raises:
        ProposalNotFound: There is none with this id.
    """
    row = await work.connection.fetch_one(
        _ONE, id=proposal_id, legal_entity=work.legal_entity, now=work.now
    )
    return _case_of(work, row)


async def list_proposals(work: Work, question: ProposalQuestion) -> Page[Proposal]:
    """A page of proposals, oldest first.

    Raises:
        BadCursor: `after` is not a cursor of this list.
    """
    after, after_id = place_after(question.after)
    rows = await work.connection.fetch(
        _PAGE,
        legal_entity=work.legal_entity,
        status="open" if question.status == "expired" else question.status,
        is_expired=question.status == "expired",
        now=work.now,
        after=after,
        after_id=after_id,
        limit=question.limit + 1,
    )
    return page_of(
        [_proposal_of(row) for row in rows],
        question.limit,
        lambda each: place_of(each.made_at, each.id),
    )


async def reject(work: Work, proposal_id: UUID, *, reason: str) -> Proposal:
    """Turn a proposal down; its maker may also take it back this way.

    Raises:
        ProposalNotFound: There is none with this id.
        ProposalAlreadyDecided: It is no longer open.
    """
    case = await take_proposal(work, proposal_id)
    return await decide_proposal(work, case.proposal, "rejected", reason=reason)


async def take_proposal(work: Work, proposal_id: UUID) -> ProposalCase:
    """Lock an open proposal; no customer is locked before it.

    Raises:
        ProposalNotFound: There is none with this id.
        ProposalAlreadyDecided: It is no longer open.
    """
    row = await work.connection.fetch_one(
        _LOCK, id=proposal_id, legal_entity=work.legal_entity, now=work.now
    )
    case = _case_of(work, row)
    if case.proposal.status != "open":
        raise ProposalAlreadyDecided(outcome=case.proposal.status)
    return case


async def decide_proposal(
    work: Work, proposal: Proposal, status: Literal["approved", "rejected"], *, reason: str | None
) -> Proposal:
    """Close a proposal that this transaction holds."""
    sealed = _seal(work, "reason", proposal.id, reason.encode()) if reason else None
    row = await work.connection.fetch_one(
        _DECIDE,
        id=proposal.id,
        status=status,
        actor=work.actor.subject,
        now=work.now,
        reason=sealed,
    )
    work.note(
        f"proposal.{'approve' if status == 'approved' else 'reject'}",
        str(proposal.id),
        kind=proposal.kind,
        made_by=proposal.made_by,
        digest=proposal.digest,
    )
    return _proposal_of(row)


def _case_of(work: Work, row: Row | None) -> ProposalCase:
    if row is None:
        raise ProposalNotFound
    content = work.vault.open_shared(
        work.legal_entity, "proposal.content", str(row["id"]), row["content"]
    )
    if sha256(content).digest() != row["digest"]:
        raise ProposalOutdated("The content of this proposal is not what its digest names.")
    reason = row["reason"] and work.vault.open_shared(
        work.legal_entity, "proposal.reason", str(row["id"]), row["reason"]
    )
    return ProposalCase(
        _proposal_of(row), orjson.loads(content)["proposed"], reason.decode() if reason else None
    )


def _proposal_of(row: Row) -> Proposal:
    plain = {name: row[name] for name in Proposal.__dataclass_fields__}
    return Proposal(
        **plain | {"customers": tuple(plain["customers"]), "digest": plain["digest"].hex()}
    )


def _seal(work: Work, column: str, proposal_id: UUID, value: bytes) -> bytes:
    return work.vault.seal_shared(work.legal_entity, f"proposal.{column}", str(proposal_id), value)
