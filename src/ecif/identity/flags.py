"""What is wrong with an identity, value by value: flagged, never dropped."""

from dataclasses import dataclass

from ecif.identity.documents import document_number_of
from ecif.identity.profile import Identity, Person


@dataclass(frozen=True, slots=True)
class Flag:
    """One doubtful value: where it stands and what is the matter; `message` holds no personal value."""

    path: str
    flag: str
    message: str


def flags_of(identity: Identity) -> tuple[Flag, ...]:
    """Every value of an identity that is kept although it cannot be right."""
    return tuple(
        Flag(f"documents[{place}].number", number.flag, "The number is not valid.")
        for place, number in enumerate(map(document_number_of, identity.documents))
        if number.flag
    )


def is_weak(identity: Identity) -> bool:
    """Whether the identity says a name and nothing else that could tell two namesakes apart (D9)."""
    said = (identity.documents, identity.phones, identity.emails, identity.addresses)
    if isinstance(identity, Person):
        return not any((*said, identity.birth_date, identity.employer))
    return not any((*said, identity.established_on, identity.legal_representative))
