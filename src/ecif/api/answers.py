"""What callers read: the shapes of answers, and how they are put together from what the rooms say."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, Field
from starlette.responses import Response

from ecif.customers import MaskedCustomer
from ecif.identity import Flag
from ecif.rules import Evidence, MaskRules, Reason
from ecif.security import mask_values

JSON: Final = "application/json"

Status = Literal["live", "closed", "merged"]
Kind = Literal["person", "organisation"]


class CustomerAnswer(BaseModel):
    """A customer as everybody may see it: the golden values are masked."""

    customer_no: Annotated[str, Field(examples=["10000000017"])]
    kind: Kind
    status: Status
    version: int
    golden: Annotated[
        dict[str, Any],
        Field(
            description="In the shape of a source record; every value is masked.",
            examples=[{"names": [{"kind": "legal", "full": "张*"}], "birth_date": "1990-**-**"}],
        ),
    ]
    redirected_from: Annotated[
        str | None, Field(description="The number asked for, when it was merged into this one.")
    ] = None


class EvidenceAnswer(BaseModel):
    """One reason to believe or to doubt that two records are the same."""

    about: Annotated[str, Field(examples=["birth_date"])]
    level: Annotated[str, Field(examples=["equal"])]
    bits: float
    values: Annotated[
        tuple[str, str] | None, Field(description="The two normal forms that met, masked.")
    ]


class FlagAnswer(BaseModel):
    """A value that is kept although it cannot be right, or cannot be used."""

    path: Annotated[str, Field(examples=["documents[0].number"])]
    flag: Annotated[str, Field(examples=["bad-check-digit"])]
    message: str


class DecisionAnswer(BaseModel):
    """What was decided about a record, and why."""

    outcome: Literal["created", "linked", "updated", "unchanged"]
    band: Literal["automatic", "review", "none"] | None
    bits: float | None
    rules_version: int | None
    evidence: list[EvidenceAnswer]
    vetoes: list[str]
    flags: list[FlagAnswer]
    review_id: str | None = None


class RegistrationAnswer(BaseModel):
    """Whose the record is."""

    customer_no: str
    version: int
    decision: DecisionAnswer
    customer: CustomerAnswer


def written(plain: Any) -> bytes:
    """JSON of an answer; moments in UTC, as RFC 3339 writes them with a Z."""
    return orjson.dumps(plain, default=str, option=orjson.OPT_UTC_Z)


def json_answer(
    plain: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer that nobody may keep for others."""
    return Response(written(plain), status, {"Cache-Control": "no-store", **(headers or {})}, JSON)


def customer_json(customer: MaskedCustomer, redirected_from: str | None = None) -> bytes:
    """A customer as JSON; the stored golden text is taken as it is, so nothing is parsed."""
    tail = f',"redirected_from":"{redirected_from}"' if redirected_from else ""
    return (
        f'{{"customer_no":"{customer.customer_no}","kind":"{customer.kind}","status":"{customer.status}",'
        f'"version":{customer.version},"golden":{customer.golden}{tail}}}'
    ).encode()


def evidence_of(evidence: tuple[Evidence, ...], masks: MaskRules) -> list[dict[str, Any]]:
    """Evidence as everybody may see it."""
    return [
        {
            "about": each.about,
            "level": each.level,
            "bits": round(each.bits, 3),
            "values": mask_values(each.values, each.about, masks),
        }
        for each in evidence
    ]


def reason_of(reason: Reason | None, masks: MaskRules) -> dict[str, Any]:
    """Why a decision was taken, as everybody may see it; of no reason, nothing."""
    if reason is None:
        return {"band": None, "bits": None, "rules_version": None, "evidence": [], "vetoes": []}
    return {
        "band": reason.band,
        "bits": reason.bits,
        "rules_version": reason.rules_version,
        "evidence": evidence_of(reason.evidence, masks),
        "vetoes": list(reason.vetoes),
    }


def flags_of(flags: tuple[Flag, ...]) -> list[dict[str, str]]:
    """What is wrong with values that are kept."""
    return [{"path": each.path, "flag": each.flag, "message": each.message} for each in flags]
