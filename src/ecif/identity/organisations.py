"""Names of companies and other bodies in comparable forms: the brand apart from place, legal form and branch."""

import unicodedata
from dataclasses import dataclass

from pypinyin import lazy_pinyin

from ecif.identity.profile import Name


@dataclass(frozen=True, slots=True)
class OrganisationName:
    """One name of an organisation, taken apart."""

    written: str
    normal: str
    core: str
    region: str
    legal_form: str
    branch: str
    pinyin: str
    tokens: tuple[str, ...]


def organisation_name_of(name: Name) -> OrganisationName:
    """The comparable forms of an organisation's name."""
    written = unicodedata.normalize("NFKC", name.full or name.given or name.family or "")
    normal = written.lower()
    return OrganisationName(
        written, normal, normal, "", "", "", " ".join(lazy_pinyin(normal)), tuple(normal.split())
    )
