"""The catalogue of identity documents: which kinds there are, who holds them, and how many."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Holder = Literal["person", "organisation", "both"]


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind of identity document.

    `single_valued`: a holder has exactly one number of this kind for life, so that two different
    valid numbers are two holders.
    """

    slug: str
    title: str
    holder: Holder
    single_valued: bool


_KINDS: tuple[tuple[str, str, Holder], ...] = (
    ("cn_resident_id", "Resident identity card", "person"),
    ("passport", "Passport", "person"),
    ("hk_macao_permit", "Mainland travel permit for Hong Kong and Macao residents", "person"),
    ("taiwan_permit", "Mainland travel permit for Taiwan residents", "person"),
    ("hk_macao_residence_permit", "Residence permit for Hong Kong and Macao residents", "person"),
    ("taiwan_residence_permit", "Residence permit for Taiwan residents", "person"),
    ("cn_foreign_permanent_residence", "Foreign permanent resident card", "person"),
    ("cn_uscc", "Unified social credit code", "organisation"),
    ("cn_org_code", "Organisation code", "organisation"),
    ("cn_business_licence", "Business licence number", "organisation"),
    ("lei", "Legal entity identifier", "organisation"),
    ("registration", "Company registration number", "organisation"),
    ("national_id", "National identity number", "person"),
    ("tax_id", "Tax number", "both"),
    ("vat", "Value added tax number", "both"),
    ("ssn", "Social security number", "person"),
    ("driver_licence", "Driving licence", "person"),
    ("military_id", "Military identity card", "person"),
    ("household_register", "Household register", "person"),
    ("birth_certificate", "Medical certificate of birth", "person"),
    ("other", "Another document", "both"),
)
_SINGLE_VALUED = frozenset(
    {
        "cn_resident_id",
        "hk_macao_residence_permit",
        "taiwan_residence_permit",
        "cn_uscc",
        "cn_org_code",
        "lei",
    }
)

DOCUMENT_KINDS: Mapping[str, DocumentKind] = MappingProxyType(
    {
        slug: DocumentKind(slug, title, holder, single_valued=slug in _SINGLE_VALUED)
        for slug, title, holder in _KINDS
    }
)
"""All kinds by their slug. Single-valued are those of decision D7 and their predecessors."""


def is_known_kind(slug: str) -> bool:
    """Whether the catalogue has a kind of this slug."""
    return slug in DOCUMENT_KINDS
