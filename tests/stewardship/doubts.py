"""Doubts that the tests put before the stewards."""

from uuid import UUID

import orjson

from ecif import customers, stewardship
from ecif.rules import Band
from ecif.stewardship import Decision, Judgement, ReviewRequest
from ecif.store import Work
from tests.bank import EVIDENCE, Bank, Opened


async def doubt(bank: Bank, subject: Opened, *others: Opened, kind: str = "match") -> UUID:
    """Open a review about the first record of each of these customers."""
    [review_id] = await doubts(bank, [(subject, *others)], kind=kind)
    assert review_id is not None
    return review_id


async def doubts(
    bank: Bank, groups: list[tuple[Opened, ...]], *, kind: str = "match"
) -> list[UUID | None]:
    """Open reviews in one call, each about the first records of some customers."""
    return await doubt_records(
        bank, [tuple(each.records[0] for each in group) for group in groups], kind=kind
    )


async def doubt_records(
    bank: Bank, groups: list[tuple[int, ...]], *, kind: str = "match"
) -> list[UUID | None]:
    """Open reviews in one call about some records each; the first one of each is the subject."""

    async def story(work: Work) -> list[UUID | None]:
        named = {record for group in groups for record in group}
        folders = await customers.take_out(work, record_ids=named)
        homes = {record: f for f in folders.values() for record in f.records}
        requests = [
            ReviewRequest(
                records=group,
                subject_record_id=group[0],
                kind="ambiguous"
                if kind == "ambiguous"
                else "contradiction"
                if kind == "contradiction"
                else "match",
                bits=9.5,
                band=Band.REVIEW,
                evidence=homes[group[0]]
                .records[group[0]]
                .opener.seal("review.evidence", evidence(group)),
            )
            for group in groups
        ]
        numbers = {record: folder.customer_no for record, folder in homes.items()}
        return await stewardship.open_reviews(work, requests, numbers)

    return await bank.do(story)


def evidence(group: tuple[int, ...]) -> bytes:
    """What intake seals: one entry per tie, strongest first."""
    return orjson.dumps(
        [
            {
                "record_id": other,
                "bits": EVIDENCE.bits,
                "evidence": [EVIDENCE.model_dump(mode="json")],
                "vetoes": [],
            }
            for other in group[1:]
        ]
    )


async def decision(bank: Bank, review_id: UUID, judgement: str, **words: object) -> Decision:
    """A decision about a review as it is seen now."""
    case = await bank.do(lambda work: stewardship.get_review(work, review_id))
    plain: dict[str, object] = {
        "judgement": Judgement(judgement),
        "reason": "seen the papers",
        "seen": case.seen,
    }
    return Decision(**plain | words)  # type: ignore[arg-type]  # words of the test
