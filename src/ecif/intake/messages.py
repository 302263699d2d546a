"""A row of any file → a message of a source system: read by its columns, or as a whole record of the API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from ecif.customers import NewRecord
from ecif.identity import (
    ColumnNames,
    Columns,
    ColumnsNotUnderstood,
    Organisation,
    Person,
    Row,
    RowRefused,
    moment,
    partial_date_of,
    source_key,
    system_name,
    whole_number,
)

_MAX_HEADERS = 1_000
"""Rows of NDJSON name their own columns; this many different sets of them are kept compiled."""


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """How the rows of one file are read.

    `names`: the bank's own names of columns. `source_system`: the system of every row, whatever its `source` says.
    `strict`: an impossible date refuses its row, instead of being kept as text.
    """

    names: ColumnNames = field(default_factory=ColumnNames)
    source_system: str | None = None
    strict: bool = False


class RowReader:
    """Reads the rows of one file; each set of columns is compiled once."""

    def __init__(self, rules: ReadingRules) -> None:
        """Nothing is compiled before the first row."""
        self._rules = rules
        self._compiled: dict[tuple[str, ...], Columns] = {}

    def columns(self, header: tuple[str, ...]) -> Columns:
        """The columns of a header.

        Raises:
            ColumnsNotUnderstood: They cannot be read.
        """
        known = self._compiled.get(header)
        if known is None:
            if len(self._compiled) >= _MAX_HEADERS:
                self._compiled.clear()
            known = Columns(header, self._rules.names, strict=self._rules.strict)
            self._compiled[header] = known
        return known

    def key(self, row: Row) -> tuple[str, str]:
        """The source system and key of a row, as far as it tells them: what orders the messages of one record."""
        if _is_whole_record(row):
            system = self._rules.source_system or row.get("source_system")
            return str(system), str(row.get("source_key"))
        try:
            return self.columns(tuple(row)).key(row, source_system=self._rules.source_system)
        except (ColumnsNotUnderstood, RowRefused):
            return "", ""

    def message(self, row: Row) -> NewRecord:
        """Read one row.

        Raises:
            RowRefused: It cannot be taken in.
        """
        if _is_whole_record(row):
            return _whole_record(row, self._rules)
        try:
            columns = self.columns(tuple(row))
        except ColumnsNotUnderstood as error:
            raise RowRefused("", str(error)) from None
        return _record(columns, row, self._rules.source_system)


def _record(columns: Columns, row: Row, source_system: str | None) -> NewRecord:
    system, key = columns.key(row, source_system=source_system)
    told = columns.told(row)
    return NewRecord(
        source_system=system_name(system),
        source_key=source_key(key),
        source_version=whole_number(told.get("source_version")),
        changed_at=moment(told.get("changed_at")),
        identity=columns.identity(row, told),
    )


def _is_whole_record(row: Row) -> bool:
    return isinstance(row.get("names"), list)


def _whole_record(row: Row, rules: ReadingRules) -> NewRecord:
    said = dict(row)
    system, key = said.pop("source_system", None), said.pop("source_key", None)
    version, changed_at = said.pop("source_version", None), said.pop("changed_at", None)
    kind = said.get("kind")
    if kind not in ("person", "organisation"):
        raise RowRefused("kind", "is neither `person` nor `organisation`")
    if not rules.strict:
        _keep_impossible_date(said, "birth_date" if kind == "person" else "established_on")
    try:
        identity = (Person if kind == "person" else Organisation).model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise RowRefused(place, first["msg"].removeprefix("Value error, ")) from None
    return NewRecord(
        source_system=system_name(rules.source_system or system),
        source_key=source_key(key),
        source_version=whole_number(None if version is None else str(version)),
        changed_at=moment(None if changed_at is None else str(changed_at)),
        identity=identity,
    )


def _keep_impossible_date(said: dict[str, Any], field: str) -> None:
    told = said.get(field)
    if isinstance(told, str) and partial_date_of(told) != told:
        raw: Mapping[str, Any] = {f"{field}_raw": told}
        said.update(raw)
        known = partial_date_of(told)
        said[field] = known
        if known is not None:
            del said[f"{field}_raw"]
