"""Pins as stewards ask for them: checked against the model, done at once or proposed."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from ecif import customers, identity
from ecif.customers import GOLDEN_FIELDS, Folder
from ecif.errors import Unprocessable
from ecif.identity import Document, Organisation, Person
from ecif.stewardship.proposals import Proposal, Proposed, seen_of
from ecif.stewardship.proposing import propose
from ecif.store import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPin:
    """A value that is to outrank the rules: its golden field, the value in the shape of a record, and why."""

    field: str
    value: Any
    reason: str


class ProposedPin(Proposed):
    """This value is to outrank the rules."""

    kind: Literal["pin"] = "pin"
    customer_no: str
    field: str
    value: Any


class ProposedRelease(Proposed):
    """This field is to follow the rules again."""

    kind: Literal["unpin"] = "unpin"
    customer_no: str
    field: str


async def pin(
    work: Work, customer_no: str, new: NewPin, *, seen_version: int | None
) -> Folder | Proposal:
    """Let a steward's value outrank the rules until released, or propose it.

    The pin belongs to the customer number: when that is absorbed it sleeps, and wakes when the merge is undone.

    Raises:
        CustomerNotFound: The number was never given.
        PreconditionFailed: The customer has changed since `seen_version`.
        Unprocessable: The field is no golden field of such a customer, or the value is not valid for it.
    """
    folder = await customers.take_for_pin(work, customer_no, seen_version)
    value = pinned_value(folder.kind, new.field, new.value)
    if not work.rules.second_person.pin:
        return await customers.pin(work, folder, new.field, value, reason=new.reason)
    return await propose(
        work,
        ProposedPin(
            reason=new.reason,
            seen=seen_of([folder]),
            customer_no=folder.customer_no,
            field=new.field,
            value=value,
        ),
    )


async def release_pin(
    work: Work, customer_no: str, field: str, *, reason: str, seen_version: int | None
) -> Folder | Proposal:
    """Give a pinned field back to the rules, or propose it.

    Raises:
        CustomerNotFound: The number was never given.
        PreconditionFailed: The customer has changed since `seen_version`.
        PinNotFound: The field is not pinned.
    """
    folder = await customers.take_for_pin(work, customer_no, seen_version)
    if not work.rules.second_person.pin:
        return await customers.release_pin(work, folder, field)
    if field not in folder.pins:
        raise customers.PinNotFound
    return await propose(
        work,
        ProposedRelease(
            reason=reason, seen=seen_of([folder]), customer_no=folder.customer_no, field=field
        ),
    )


async def carry_out_pin(work: Work, asked: ProposedPin) -> Folder:
    """Do what was proposed."""
    folder = await customers.take_for_pin(work, asked.customer_no)
    return await customers.pin(work, folder, asked.field, asked.value, reason=asked.reason)


async def carry_out_release(work: Work, asked: ProposedRelease) -> Folder:
    """Do what was proposed."""
    folder = await customers.take_for_pin(work, asked.customer_no)
    return await customers.release_pin(work, folder, asked.field)


def pinned_value(kind: str, field: str, value: Any) -> Any:
    """A value as it stands in the golden record, if it may stand there.

    Args:
        kind: `person` or `organisation`.
        field: One of `GOLDEN_FIELDS`.
        value: As a source record would say it.

    Raises:
        Unprocessable: It may not; each bad part is named by its path, never by its value.
    """
    model = Organisation if kind == "organisation" else Person
    if field not in GOLDEN_FIELDS or field not in model.model_fields:
        raise Unprocessable(f"A {kind} has no golden field of this name.", field="field")
    if value in (None, [], ""):
        raise Unprocessable("A pin needs a value; release it to follow the rules.", field="value")
    try:
        said = model.model_validate({"names": [{"full": "?"}], field: value})
    except ValidationError as error:
        raise Unprocessable(errors=_errors_of(error)) from None
    plain = said.model_dump(mode="json", exclude_none=True)[field]
    if field != "documents":
        return plain
    return [
        each | {"valid": identity.document_number_of(Document.model_validate(each)).valid}
        for each in plain
    ]


def _errors_of(error: ValidationError) -> list[dict[str, str]]:
    """Paths below `value`, and what is the matter; no part of the value is quoted."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        {
            "field": ".".join(["value", *(str(part) for part in each["loc"][1:])]),
            "message": each["msg"] if each["type"] != "value_error" else "is not valid",
        }
        for each in found
    ]
