"""The words of file columns: which ones are understood, and a bank's own names for them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType
from typing import Any

import yaml

from ecif.identity.document_kinds import DOCUMENT_KINDS

IGNORED = "ignore"
"""The word that a mapping gives to columns which are not kept."""

_ALSO_DOCUMENTS = {
    "resident_id": "cn_resident_id",
    "uscc": "cn_uscc",
    "org_code": "cn_org_code",
    "licence": "cn_business_licence",
    "permit": "hk_macao_permit",
}
DOCUMENT_WORDS: Mapping[str, str] = MappingProxyType(
    {slug: slug for slug in DOCUMENT_KINDS if slug != "other"} | _ALSO_DOCUMENTS
)
"""Column name, or value of `id_type`, → document kind."""

NAME_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "full_name": "full",
        "given_name": "given",
        "middle_name": "middle",
        "family_name": "family",
        "family_name2": "second_family",
    }
)
OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {"name_en": "latin", "former_name": "former", "alias": "alias", "short_name": "short"}
)
PHONES: Mapping[str, str] = MappingProxyType(
    {"phone": "mobile", "mobile": "mobile", "home_phone": "home", "work_phone": "work"}
)
ADDRESS_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "country": "country",
        "region": "region",
        "province": "region",
        "city": "city",
        "district": "district",
        "street_no": "street_no",
        "address": "line",
        "street": "line",
        "address2": "line2",
        "postcode": "postcode",
    }
)
PERSON_FACTS: Mapping[str, str] = MappingProxyType(
    {"nationality": "nationality", "employer": "employer", "occupation": "occupation"}
)
ORGANISATION_FACTS: Mapping[str, str] = MappingProxyType(
    {"legal_rep": "legal_representative", "industry": "industry", "country": "country"}
)
MANY = frozenset({*DOCUMENT_WORDS, *OTHER_NAMES, *PHONES, "email"})
"""Words that several columns may bear: a record can say more than one."""

_ABOUT_THE_RECORD = ("record_id", "source", "source_version", "changed_at", "entity_type")
_DATES = ("birth_date", "birth_date_raw", "established_on")
KNOWN_WORDS = frozenset(
    {
        *_ABOUT_THE_RECORD,
        *NAME_PARTS,
        *ADDRESS_PARTS,
        *PERSON_FACTS,
        *ORGANISATION_FACTS,
        *_DATES,
        *MANY,
        "org_name",
        "gender",
        "id_type",
        "id_number",
    }
)
"""Every column name that is understood without a mapping."""
_NUMBERED = re.compile(r"#\d+$")
NAME_WORDS = frozenset({*NAME_PARTS, *OTHER_NAMES, "org_name"})
"""Without one of these a row names nobody."""


class MappingUnreadable(ValueError):
    """A mapping is no YAML of the expected form, or uses a word that does not exist; says which."""


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """What a bank calls its columns, and what holds for every row of its file.

    `words`: the bank's column → our word, or `ignore`. `constants`: our word → the value of every row.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    def word_of(self, column: str) -> str | None:
        """Our word for a column; None for one that is kept but not understood, `ignore` for one not read.

        Columns that start with `_`, and `cluster_id`, are notes about the truth: never read. A number after the word
        tells columns of one word apart: `phone` and `phone#2`.
        """
        if column in self.words:
            return self.words[column]
        if column.startswith("_") or column == "cluster_id" or not column:
            return IGNORED
        word = _NUMBERED.sub("", column)
        return word if word in KNOWN_WORDS else None

    def renamed(self, header: Iterable[str]) -> dict[str, str]:
        """The columns of a file, but for ignored ones → our words; further ones of a word are numbered: phone#2."""
        columns = [column for column in header if self.words.get(column) != IGNORED]
        taken = {column for column in columns if column not in self.words}
        given = {}
        for column in columns:
            given[column] = column
            if column in self.words:
                given[column] = next(
                    word for word in _numbered(self.words[column]) if word not in taken
                )
                taken.add(given[column])
        return given


def _numbered(word: str) -> Iterator[str]:
    yield word
    yield from (f"{word}#{place}" for place in count(2))


def column_names_of(text: str) -> ColumnNames:
    """Read a mapping: YAML with `columns` (their name: our word) and `constants` (our word: value).

    Raises:
        MappingUnreadable: It is no such YAML, or uses a word that does not exist.
    """
    try:
        plain = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise MappingUnreadable("The mapping is not valid YAML.") from error
    if not isinstance(plain, dict) or plain.keys() - {"columns", "constants"}:
        raise MappingUnreadable("A mapping has `columns` and `constants`, and nothing else.")
    words = _texts(plain, "columns")
    constants = _texts(plain, "constants")
    _check(words.values(), allowed=KNOWN_WORDS | {IGNORED})
    _check(constants, allowed=KNOWN_WORDS)
    return ColumnNames(words, constants)


def _texts(plain: dict[str, Any], part: str) -> dict[str, str]:
    told = plain.get(part) or {}
    if not isinstance(told, dict):
        raise MappingUnreadable(f"`{part}` of the mapping must be a list of `name: word`.")
    return {str(name): str(word) for name, word in told.items()}


def _check(words: Iterable[str], *, allowed: frozenset[str]) -> None:
    unknown = sorted(set(words) - allowed)
    if unknown:
        raise MappingUnreadable(f"The mapping uses {unknown[0]!r}, which is no word for a column.")
