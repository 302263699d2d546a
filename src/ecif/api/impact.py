"""What a stored rule set would change: all customers page by page, or a sample that tells how many there may be."""

import time
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field
from starlette.responses import Response

from ecif import customers, intake, policy
from ecif.api.answers import EvidenceAnswer, json_answer, reason_of
from ecif.api.bodies import Body
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.pages import After, Limit, id_after
from ecif.api.policy import Version
from ecif.api.shapes import BandWord
from ecif.intake import Change, Impact
from ecif.matching import Measured, wilson
from ecif.policy import RuleSetNotFound
from ecif.rules import MaskRules
from ecif.security import Scope
from ecif.store import Work, write_cursor

door = Door("policy")

_BATCH: Final = 50
_PATIENCE_SECONDS: Final = 1.0
_SAMPLES: Final = 20


class ImpactBody(Body):
    """How many customers to look at."""

    customers: Annotated[
        int,
        Field(
            strict=True,
            ge=1,
            le=2_000,
            description="Customers to look at, evenly among all; fewer when it takes too long.",
        ),
    ] = 500


class ShadowReason(BaseModel):
    """What one rule set says about two records, masked."""

    band: BandWord | None
    bits: float | None
    rules_version: int
    evidence: list[EvidenceAnswer]
    vetoes: list[str]


class ChangeAnswer(BaseModel):
    """Two customers that the draft would link or move to another band, or one that it would part."""

    kind: Literal["linked", "parted", "moved"]
    customers: list[str]
    before: ShadowReason
    after: ShadowReason


class MovedAnswer(BaseModel):
    """Pairs of customers that would change from one band to another without being linked."""

    before: BandWord
    after: BandWord
    pairs: int


class ShareAnswer(BaseModel):
    """A number with the bounds that hold in 95 of 100 samples."""

    value: int
    low: int
    high: int


class ImpactAnswer(BaseModel):
    """What was found among the customers that were looked at; nothing has changed."""

    version: int
    active_version: int
    customers: Annotated[int, Field(description="How many there are.")]
    looked_at: Annotated[int, Field(description="How many were looked at for this answer.")]
    complete: Annotated[bool, Field(description="Whether these are all there are.")]
    linked: Annotated[int, Field(description="Pairs that the machine would make one customer.")]
    parted: Annotated[int, Field(description="Customers that would not hang together any more.")]
    moved: list[MovedAnswer]
    left_out: Annotated[int, Field(description="Comparisons not made: too many records.")]
    items: list[ChangeAnswer]


class ImpactPageAnswer(ImpactAnswer):
    """The same for the next customers in their order."""

    next: str | None


class ImpactSampleAnswer(ImpactAnswer):
    """The same for customers that lie evenly among all, and what that says about all."""

    affected_customers: Annotated[
        ShareAnswer, Field(description="Customers with a change to tell, among all.")
    ]


@door.route(
    "GET /v1/admin/rule-sets/{version}/impact",
    needs=Scope.RULES_READ,
    answers=ImpactPageAnswer,
    refuses=[RuleSetNotFound],
)
async def list_impact(
    call: Call, version: Version, after: After = None, limit: Limit = 200
) -> Response:
    """List who would be linked, parted or moved among the next customers; at most so many of them, or one second's.

    All pages together tell of all customers: the counts are those of the page.
    """
    behind = id_after(after)
    ids = await call.tell(lambda work: customers.customer_ids_after(work, behind, limit=limit + 1))
    looked, _, answer = await _look(call, version, ids[:limit], keep=limit)
    more = looked < len(ids)
    next_page = write_cursor([ids[looked - 1]]) if more else None
    return json_answer(answer | {"complete": not more and not behind, "next": next_page})


@door.route(
    "POST /v1/admin/rule-sets/{version}/impact",
    needs=Scope.RULES_READ,
    answers=ImpactSampleAnswer,
    refuses=[RuleSetNotFound],
)
async def sample_impact(call: Call, version: Version, body: ImpactBody) -> Response:
    """Estimate who would be linked, parted or moved, from customers that lie evenly among all."""
    ids = await call.tell(lambda work: customers.customer_ids_spread(work, count=body.customers))
    # Looked at in strides: whatever is reached in time still lies evenly among all.
    strides = -(-len(ids) // _BATCH) or 1
    spread = [each for start in range(strides) for each in ids[start::strides]]
    looked, found, answer = await _look(call, version, spread, keep=_SAMPLES)
    total = answer["customers"]
    answer["complete"] = looked >= total
    answer["affected_customers"] = _of_all(wilson(found.told, looked), total, looked)
    return json_answer(answer)


async def _look(
    call: Call, version: int, ids: Sequence[int], *, keep: int
) -> tuple[int, Impact, dict[str, Any]]:
    """Look at customers a batch at a time while a caller may wait; how many, what was found, and its answer."""

    async def begin(work: Work) -> tuple[int, int, MaskRules]:
        await policy.get_rules(work, version)
        count = await customers.count_after(work, 0)
        return work.rules.version, count, work.rules.masks

    active, count, masks = await call.tell(begin)
    total, looked, until = Impact(), 0, time.monotonic() + _PATIENCE_SECONDS

    async def look(work: Work) -> Impact:
        draft = await policy.get_rules(work, version)
        batch = ids[looked : looked + _BATCH]
        return await intake.impact_on(work, draft, batch, most_samples=keep)

    while looked < len(ids) and (not looked or time.monotonic() < until):
        total.add(await call.tell(look), most_samples=keep)
        looked = min(len(ids), looked + _BATCH)
    return (
        looked,
        total,
        _plain(total, masks)
        | {
            "version": version,
            "active_version": active,
            "customers": count,
        },
    )


def _plain(found: Impact, masks: MaskRules) -> dict[str, Any]:
    return {
        "looked_at": found.looked_at,
        "linked": found.linked,
        "parted": found.parted,
        "moved": [
            {"before": before, "after": after, "pairs": pairs}
            for (before, after), pairs in sorted(found.moved.items())
        ],
        "left_out": found.left_out,
        "items": [_change(each, masks) for each in found.samples],
    }


def _change(change: Change, masks: MaskRules) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "customers": list(change.customers),
        "before": reason_of(change.before, masks),
        "after": reason_of(change.after, masks),
    }


def _of_all(share: Measured, total: int, looked: int) -> dict[str, int]:
    """A share of those looked at as a number among all; of all that there are, it is known."""
    if looked >= total:
        return dict.fromkeys(("value", "low", "high"), round(share.value * total))
    return {
        "value": round(share.value * total),
        "low": int(share.low * total),
        "high": min(total, round(share.high * total + 0.5)),
    }
