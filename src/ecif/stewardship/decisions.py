"""Decisions about reviews: same, different, unsure; proposed first where the rules ask for a second person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import text

from ecif import customers
from ecif.customers import Folder, Rekeyed
from ecif.errors import Unprocessable
from ecif.events import ReviewDecided
from ecif.stewardship.cases import HeldReview, take_review
from ecif.stewardship.claiming import check_unclaimed
from ecif.stewardship.proposals import Proposal, Proposed, changed_between, seen_of
from ecif.stewardship.proposing import propose
from ecif.stewardship.queue import settle
from ecif.stewardship.reviews import (
    REVIEW_COLUMNS,
    Judgement,
    Review,
    ReviewChanged,
    review_of,
)
from ecif.store import Statement, Work

_JUDGE = Statement(
    text(f"""
    UPDATE review SET judgement = CAST(:judgement AS text), judged_by = CAST(:actor AS text),
           judged_at = CAST(:now AS timestamptz), reason = CAST(:reason AS bytea), claimed_by = NULL,
           claimed_until = NULL, status = CAST(:status AS text),
           closed_at = CASE WHEN CAST(:status AS text) = 'open' THEN NULL ELSE CAST(:now AS timestamptz) END
    WHERE id = CAST(:id AS uuid)
    RETURNING {REVIEW_COLUMNS}
    """)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a steward says about a review.

    Attributes:
        judgement: Same, different or unsure.
        reason: Why, in the steward's words.
        seen: Customer number → version, of every customer of the review as the steward saw it.
        survivor: For `same`, the number that stays; the oldest one by default.
        customers: Of an ambiguous review, the customers that this is about, the subject's among them; all by
            default.
    """

    judgement: Judgement
    reason: str
    seen: Mapping[str, int]
    survivor: str | None = None
    customers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision did: the review as it stands now, merges or detachments made, anti-links added."""

    review: Review
    rekeyed: Rekeyed | None = None
    anti_links: tuple[int, ...] = ()


class ProposedDecision(Proposed):
    """This review is to be decided so."""

    kind: Literal["review"] = "review"
    review_id: UUID
    judgement: Judgement
    survivor: str | None
    customers: tuple[str, ...] | None


async def decide(work: Work, review_id: UUID, decision: Decision) -> Decided | Proposal:
    """Close a review with a person's judgement; `unsure` notes it and gives the review back to the queue.

    `same` makes one customer of them. `different` keeps the subject's group apart from each other group as seen;
    a subject record that contradicts its own customer gets a customer of its own.

    Raises:
        ReviewNotFound: There is none with this id.
        ReviewAlreadyDecided: Somebody was faster.
        ReviewClaimed: Another steward is at it.
        ReviewChanged: The customers changed after the steward looked; the refusal names them.
        Unprocessable: `survivor` or `customers` names a customer that is not part of this.
    """
    held = await take_review(work, review_id)
    check_unclaimed(work, held.review)
    _check_seen(held, decision)
    chosen = _chosen(held, decision)
    if decision.judgement is Judgement.UNSURE:
        review = await _judge(work, held, decision, "open")
        return Decided(review)
    if not _needs_second_person(work, held, decision.judgement, chosen):
        return await _carry_out(work, held, decision, chosen)
    await _judge(work, held, decision, "open")
    return await propose(
        work,
        ProposedDecision(
            reason=decision.reason,
            seen=seen_of(held.folders.values()),
            review_id=review_id,
            judgement=decision.judgement,
            survivor=decision.survivor,
            customers=decision.customers,
        ),
    )


async def carry_out_decision(work: Work, asked: ProposedDecision) -> Decided:
    """Do what was proposed, whoever has claimed the review since."""
    held = await take_review(work, asked.review_id)
    decision = Decision(
        judgement=asked.judgement,
        reason=asked.reason,
        seen=asked.seen,
        survivor=asked.survivor,
        customers=asked.customers,
    )
    _check_seen(held, decision)
    return await _carry_out(work, held, decision, _chosen(held, decision))


def _check_seen(held: HeldReview, decision: Decision) -> None:
    present = seen_of(held.folders.values())
    changed = changed_between(dict(decision.seen), present)
    if changed:
        raise ReviewChanged(changed=changed, present=present)


def _chosen(held: HeldReview, decision: Decision) -> list[Folder]:
    """The customers that the decision is about, the subject's first, then the oldest number first."""
    named = set(held.folders if decision.customers is None else decision.customers)
    home = held.home
    if not named <= held.folders.keys():
        raise Unprocessable("Not a customer of this review.", field="customers")
    if home.customer_no not in named:
        raise Unprocessable("The subject's own customer must be among them.", field="customers")
    if decision.survivor is not None and decision.survivor not in named:
        raise Unprocessable("Not a customer that this is about.", field="survivor")
    others = [held.folders[number] for number in named if number != home.customer_no]
    return [home, *sorted(others, key=_age)]


def _age(folder: Folder) -> tuple[object, ...]:
    return folder.opened_at, folder.id


def _needs_second_person(
    work: Work, held: HeldReview, judgement: Judgement, chosen: list[Folder]
) -> bool:
    """A review is no way around the rules for merging and taking apart."""
    rules = work.rules.second_person
    merges = judgement is Judgement.SAME and len(chosen) > 1
    detaches = judgement is Judgement.DIFFERENT and _is_within(held)
    return rules.review or (rules.merge and merges) or (rules.unmerge and detaches)


def _is_within(held: HeldReview) -> bool:
    """Whether the subject shares its customer with a record that it is compared with."""
    return any(other in held.home.records for other in held.review.others)


async def _carry_out(
    work: Work, held: HeldReview, decision: Decision, chosen: list[Folder]
) -> Decided:
    records = {record_id for folder in chosen for record_id in folder.records}
    rekeyed: Rekeyed | None = None
    anti_links: tuple[int, ...] = ()
    if decision.judgement is Judgement.SAME:
        rekeyed = await _bring_together(work, decision, chosen)
    else:
        rekeyed, anti_links = await _take_apart(work, held, decision, chosen)
    review = await _judge(work, held, decision, "decided")
    await settle(work, records)
    return Decided(review, rekeyed, anti_links)


async def _bring_together(work: Work, decision: Decision, chosen: list[Folder]) -> Rekeyed | None:
    if len(chosen) == 1:
        return None
    survivor = decision.survivor or min(chosen, key=_age).customer_no
    absorb = [folder.customer_no for folder in chosen if folder.customer_no != survivor]
    return await customers.merge(work, survivor, absorb, reason=decision.reason, seen_version=None)


async def _take_apart(
    work: Work, held: HeldReview, decision: Decision, chosen: list[Folder]
) -> tuple[Rekeyed | None, tuple[int, ...]]:
    home, *others = chosen
    group = list(home.records)
    rekeyed = None
    if _is_within(held):
        group = [held.review.subject_record_id]
        rekeyed = await customers.detach(work, home.customer_no, group, reason=decision.reason)
    because = f"review:{held.review.id}"
    anti_links = [
        await customers.part(work, group, list(folder.records), because=because)
        for folder in others
        if folder.records
    ]
    return rekeyed, tuple(anti_links)


async def _judge(
    work: Work, held: HeldReview, decision: Decision, status: Literal["open", "decided"]
) -> Review:
    """Note what a person said; a closed review tells it."""
    review_id = held.review.id
    row = await work.connection.fetch_one(
        _JUDGE,
        id=review_id,
        judgement=decision.judgement,
        actor=work.actor.subject,
        now=work.now,
        reason=held.opener.seal("review.reason", decision.reason.encode()),
        status=status,
    )
    work.note(f"review.{decision.judgement}", str(review_id), status=status)
    if status == "decided":
        work.record(ReviewDecided(review_id=str(review_id), outcome=decision.judgement))
    return review_of(row)
