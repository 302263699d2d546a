"""A row of a file → what it says about someone; pure, and the same for imports and for `match dedupe`."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from ecif.identity.column_meanings import (
    addresses_told,
    is_of_taiwan,
    kind_of,
    tell_organisation,
    tell_person,
)
from ecif.identity.column_refusals import refusal_of
from ecif.identity.column_texts import RowRefused, text_of
from ecif.identity.column_words import (
    DOCUMENT_WORDS,
    IGNORED,
    MANY,
    NAME_PARTS,
    NAME_WORDS,
    OTHER_NAMES,
    PHONES,
    ColumnNames,
)
from ecif.identity.dates import partial_date_of
from ecif.identity.profile import Identity, Organisation, Person

Row = Mapping[str, Any]
"""Column → value as the file has it."""

MAX_KEPT_COLUMNS = 50
"""How many columns that are not understood can be kept."""


class ColumnsNotUnderstood(Exception):
    """The columns of a file cannot be read: no name among them, one word twice, or too many unknown ones."""


class Columns:
    """The columns of one file, compiled once; `told` and `identity` then read its rows."""

    def __init__(
        self, header: Iterable[str], names: ColumnNames | None = None, *, strict: bool = False
    ) -> None:
        """Say what each column is.

        Args:
            header: The columns of the file.
            names: The bank's own names for them.
            strict: Refuse a row with an impossible date, instead of keeping its text.

        Raises:
            ColumnsNotUnderstood: No column is a name, two bear one single-valued word, or too many are unknown.
        """
        self._names = names or ColumnNames()
        self._strict = strict
        self._one: dict[str, str] = {}
        self._many: list[tuple[str, str]] = []
        self._kept: list[str] = []
        for column in header:
            self._add(column, self._names.word_of(column))
        if len(self._kept) > MAX_KEPT_COLUMNS:
            raise ColumnsNotUnderstood(
                f"{len(self._kept)} columns are not understood and only {MAX_KEPT_COLUMNS} can be kept: "
                "give the others a word, or `ignore`, in a mapping."
            )
        known = {*self._one, *(word for word, _ in self._many)}
        if not NAME_WORDS & (known | self._names.constants.keys()):
            raise ColumnsNotUnderstood(
                "No column is a name (full_name, family_name, org_name …): has the file a header line? "
                "Other names of columns are told in a mapping (--mapping)."
            )

    def key(self, row: Row, *, source_system: str | None = None) -> tuple[str, str]:
        """The source system and the source key of a row; "" where it tells none."""
        system = source_system or self._single(row, "source")
        return system or "", self._single(row, "record_id") or ""

    def identity(self, row: Row, told: dict[str, str] | None = None) -> Identity:
        """Read what one row says about someone.

        Args:
            row: Column → value.
            told: What `told` gave for this row, if that is known already.

        Raises:
            RowRefused: A value is missing or cannot be kept.
        """
        told = self.told(row) if told is None else told
        kind = kind_of(told)
        extra = self._extra(row, told, kind)
        plain = self.facts(row, told, kind, extra)
        plain["names"] = self.names(row, told, kind)
        plain["extra"] = extra
        try:
            return (Person if kind == "person" else Organisation).model_validate(plain)
        except ValidationError as error:
            raise refusal_of(error, self._filled(row, told)) from None

    def _add(self, column: str, word: str | None) -> None:
        if word is None:
            self._kept.append(column)
        elif word in MANY:
            self._many.append((word, column))
        elif word != IGNORED:
            if word in self._one:
                raise ColumnsNotUnderstood(
                    f"Two columns are {word}: {self._one[word]!r} and {column!r}."
                )
            self._one[word] = column

    def _single(self, row: Row, word: str) -> str | None:
        column = self._one.get(word)
        told = text_of(row.get(column), column) if column is not None else ""
        return told or self._names.constants.get(word)

    def told(self, row: Row) -> dict[str, str]:
        """Word → text of the single-valued columns that are not empty.

        Raises:
            RowRefused: A value is a list or another nest of values.
        """
        told = dict(self._names.constants)
        for word, column in self._one.items():
            value = row.get(column)
            if value is not None and (text := text_of(value, column)):
                told[word] = text
        return told

    def _several(self, row: Row, words: Mapping[str, str]) -> list[tuple[str, str]]:
        """(what it is, text) of the columns of these words, in the order of the file."""
        found = []
        for word, column in self._many:
            if word in words:
                value = row.get(column)
                if value is not None and (text := text_of(value, column)):
                    found.append((words[word], text))
        return found

    def facts(
        self, row: Row, told: dict[str, str], kind: str, extra: dict[str, Any]
    ) -> dict[str, Any]:
        """What a row tells besides names, plain and not yet validated.

        Args:
            row: Column → value.
            told: What `told` gave for this row.
            kind: `person` or `organisation`.
            extra: Receives what is kept but not understood.
        """
        plain: dict[str, Any] = {
            "kind": kind,
            "documents": self.documents(row, told, kind, extra),
            "phones": [{"kind": what, "number": text} for what, text in self._several(row, PHONES)],
            "emails": [{"address": text} for _, text in self._several(row, _EMAIL)],
            "addresses": addresses_told(told, kind),
        }
        if kind == "person":
            tell_person(told, plain, extra)
            self._date(told, "birth_date", plain)
        else:
            tell_organisation(told, plain)
            self._date(told, "established_on", plain)
        return plain

    def _filled(self, row: Row, told: Mapping[str, str]) -> list[tuple[str, str]]:
        """(word, column) of everything this row tells, what can be told several times first."""
        many = [(w, column) for w, column in self._many if text_of(row.get(column), column)]
        return [*many, *((word, self._one.get(word, word)) for word in told)]

    def _extra(self, row: Row, told: dict[str, str], kind: str) -> dict[str, Any]:
        extra = {}
        for column in self._kept:
            value = row.get(column)
            if value is not None and (text := text_of(value, column)):
                extra[column] = text
        others = _OF_ORGANISATIONS if kind == "person" else _OF_PERSONS
        for word in others:
            if word in told:
                extra[word] = told[word]
        return extra

    def names(self, row: Row, told: dict[str, str], kind: str) -> list[dict[str, str]]:
        """The names that a row tells, plain and not yet validated.

        Raises:
            RowRefused: It tells none.
        """
        if kind == "organisation":
            full = told.get("org_name") or told.get("full_name")
            legal = {"full": full} if full else {}
        else:
            legal = {part: told[word] for word, part in NAME_PARTS.items() if word in told}
        names = [legal] if legal else []
        names += [{"kind": what, "full": text} for what, text in self._several(row, OTHER_NAMES)]
        if not names:
            raise RowRefused("org_name" if kind == "organisation" else "full_name", "is missing")
        return names

    def documents(
        self, row: Row, told: dict[str, str], kind: str, extra: dict[str, Any]
    ) -> list[dict[str, str]]:
        """The identity documents that a row tells, plain and not yet validated.

        Args:
            row: Column → value.
            told: What `told` gave for this row.
            kind: `person` or `organisation`.
            extra: Receives what is kept but not understood.
        """
        documents = [
            {"kind": slug, "number": text} for slug, text in self._several(row, DOCUMENT_WORDS)
        ]
        number = told.get("id_number")
        if number is None:
            return documents
        word = told.get("id_type")
        if word is None:
            general = {"kind": "national_id" if kind == "person" else "registration"}
            if len(country := told.get("country", "")) == 2:
                general["issuer"] = country
            return [*documents, {**general, "number": number}]
        slug = DOCUMENT_WORDS.get(word.lower())
        if slug is None:
            extra["id_type"] = word
        if word == "permit" and is_of_taiwan(number):
            slug = "taiwan_permit"
        return [*documents, {"kind": slug or "other", "number": number}]

    def _date(self, told: dict[str, str], word: str, plain: dict[str, Any]) -> None:
        text = told.get(word)
        if text is None:
            return
        known = partial_date_of(text)
        if known is not None:
            plain[word] = known
        elif self._strict:
            raise RowRefused(self._one.get(word, word), "is not a day of the calendar")
        else:
            plain[f"{word}_raw"] = text


_EMAIL = {"email": "email"}
_OF_ORGANISATIONS = ("org_name", "legal_rep", "industry", "established_on")
_OF_PERSONS = ("gender", "birth_date", "nationality", "employer", "occupation")
