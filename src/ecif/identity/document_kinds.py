"""The catalogue of identity documents: which kinds there are, who holds them, how many one holder may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Holder = Literal["person", "organisation", "both"]


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One kind of identity document.

    `single_valued`: a holder has exactly one number of this kind for life, so two different valid numbers are two holders.
    """

    slug: str
    title: str
    single_valued: bool
    holder: Holder


_KINDS = (
    DocumentKind("cn_resident_id", "Resident identity card", True, "person"),
    DocumentKind("passport", "Passport", False, "person"),
    DocumentKind("hk_macao_permit", "Travel permit for Hong Kong and Macao residents", False, "person"),
    DocumentKind("taiwan_permit", "Travel permit for Taiwan residents", False, "person"),
    DocumentKind("hk_macao_residence_permit", "Residence permit for Hong Kong and Macao residents", True, "person"),
    DocumentKind("taiwan_residence_permit", "Residence permit for Taiwan residents", True, "person"),
    DocumentKind("cn_foreign_permanent_residence", "Foreign permanent resident card", False, "person"),
    DocumentKind("cn_uscc", "Unified social credit code", True, "organisation"),
    DocumentKind("cn_org_code", "Organisation code", True, "organisation"),
    DocumentKind("cn_business_licence", "Business licence, 15 digits", False, "organisation"),
    DocumentKind("lei", "Legal entity identifier", True, "organisation"),
    DocumentKind("registration", "Company registration number", False, "organisation"),
    DocumentKind("national_id", "National identity number", False, "person"),
    DocumentKind("tax_id", "Tax number", False, "both"),
    DocumentKind("vat", "Value added tax number", False, "both"),
    DocumentKind("ssn", "Social security number", False, "person"),
    DocumentKind("driver_licence", "Driving licence", False, "person"),
    DocumentKind("military_id", "Military identity card", False, "person"),
    DocumentKind("household_register", "Household register", False, "person"),
    DocumentKind("birth_certificate", "Birth certificate", False, "person"),
    DocumentKind("other", "Another document", False, "both"),
)

DOCUMENT_KINDS: Mapping[str, DocumentKind] = MappingProxyType({kind.slug: kind for kind in _KINDS})
"""All kinds by their slug."""


def is_known_kind(slug: str) -> bool:
    """Whether the catalogue has a kind of this slug."""
    return slug in DOCUMENT_KINDS
