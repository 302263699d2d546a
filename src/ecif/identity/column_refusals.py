"""A refused value → the column of the file that it came from."""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import ValidationError

from ecif.identity.column_texts import RowRefused
from ecif.identity.column_words import (
    ADDRESS_PARTS,
    DOCUMENT_WORDS,
    NAME_PARTS,
    OTHER_NAMES,
    PHONES,
)

_WORDS_OF: Mapping[str, Iterable[str]] = {
    "names": ("org_name", *NAME_PARTS, *OTHER_NAMES),
    "documents": (*DOCUMENT_WORDS, "id_number"),
    "phones": PHONES,
    "emails": ("email",),
    "addresses": ADDRESS_PARTS,
    "sex": ("gender",),
    "legal_representative": ("legal_rep",),
    "birth_date_raw": ("birth_date_raw", "birth_date"),
    "established_on_raw": ("established_on",),
}
_PART_OF = {**NAME_PARTS, **ADDRESS_PARTS, "org_name": "full"}


def refusal_of(error: ValidationError, filled: Sequence[tuple[str, str]]) -> RowRefused:
    """Say in the file's own columns why a row is refused.

    Args:
        error: What is wrong with the identity that was read from the row.
        filled: (word, column) of everything the row tells, in the order in which it was read.
    """
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    reason = first["msg"].removeprefix("Value error, ")
    return RowRefused(_column_at(first["loc"], filled), reason)


def _column_at(place: tuple[int | str, ...], filled: Sequence[tuple[str, str]]) -> str:
    head = str(place[0]) if place else ""
    words = set(_WORDS_OF.get(head, (head,)))
    told = [(word, column) for word, column in filled if word in words]
    parts = [column for word, column in told if _PART_OF.get(word) == place[-1]]
    is_of_another_name = head == "names" and len(place) > 1 and place[1] != 0
    if parts and not is_of_another_name:
        return parts[0]
    if is_of_another_name:
        others = [column for word, column in told if word in OTHER_NAMES]
        return others[max(0, int(place[1]) - (len(told) > len(others)))]
    at = place[1] if len(place) > 1 and isinstance(place[1], int) else 0
    return told[min(at, len(told) - 1)][1] if told else head
