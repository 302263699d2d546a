"""The files that `ecif match …` is given: rows to be grouped, rules to go by and rules to keep."""

import gc
from dataclasses import replace
from pathlib import Path

import polars as pl

from ecif import dedupe
from ecif.cli.mapping import mapped_names
from ecif.cli.match_progress import ShownProgress
from ecif.cli.refusing import CannotStart
from ecif.identity import ColumnNames, ColumnsNotUnderstood
from ecif.rules import MatchingRules, RuleSet, default_rules


def grouped_rows(
    file: Path, options: dedupe.Options, needs: str | None = None
) -> tuple[pl.DataFrame, dedupe.Grouping]:
    """Group the rows of a file.

    Args:
        file: CSV, NDJSON or Parquet.
        options: How.
        needs: A column that it must have; its pairs are kept, to be judged by it.

    Returns:
        What answers show of the file, and its groups.

    Raises:
        CannotStart: The file cannot be read, or has no such column or no rows.
    """
    # One file, and the process ends: its values form no cycles that would be worth seeking among millions.
    gc.disable()
    rows = _scan(file, options.names)
    if needs is not None and needs not in rows.collect_schema().names():
        raise CannotStart(f"{file}: has no column {needs}.")
    options = replace(options, keep_pairs=needs is not None)
    whole = [rows]
    try:
        kept = _kept(rows, needs)
        if needs is not None and kept.is_empty():
            raise CannotStart(f"{file}: has no rows.")
        del rows
        with ShownProgress() as progress:
            # Nothing here holds the whole file any more: it is let go as soon as it is read.
            return kept, dedupe.group_rows(whole.pop(), options, progress)
    except (ColumnsNotUnderstood, dedupe.FileUnreadable) as error:
        raise CannotStart(f"{file}: {error}") from None


def _kept(rows: pl.LazyFrame, needs: str | None) -> pl.DataFrame:
    """What answers show of a file: the ids of its records, counted where it has none, and one more column."""
    if "record_id" not in rows.collect_schema().names():
        rows = rows.with_columns(pl.int_range(1, pl.len() + 1).alias("record_id"))
    return dedupe.taken(rows, "record_id", *([needs] if needs else []))


def options_of(rules: Path | None, clean: list[str] | None, mapping: Path | None) -> dedupe.Options:
    """How rows are grouped: by rules as they were told, or by the shipped ones adapted to the file.

    Raises:
        CannotStart: The rules or the mapping cannot be read.
    """
    return dedupe.Options(
        told_rules(rules).matching,
        adapt=rules is None,
        clean_sources=frozenset(clean or ()),
        names=mapped_names(mapping),
    )


def read_rows(file: Path, names: ColumnNames | None) -> pl.DataFrame:
    """All rows of a file.

    Raises:
        CannotStart: It cannot be read.
    """
    try:
        return dedupe.read_file(file, names)
    except dedupe.FileUnreadable as error:
        raise CannotStart(f"{file}: {error}") from None


def _scan(file: Path, names: ColumnNames | None) -> pl.LazyFrame:
    try:
        return dedupe.scan_file(file, names)
    except dedupe.FileUnreadable as error:
        raise CannotStart(f"{file}: {error}") from None


def told_rules(file: Path | None) -> RuleSet:
    """The rules that a command was told to use; without any, those that are shipped.

    Raises:
        CannotStart: They cannot be read.
    """
    if file is None:
        return default_rules()
    try:
        return dedupe.read_rules(file)
    except dedupe.RulesUnreadable as error:
        raise CannotStart(str(error)) from None


def keep_rules(path: Path | None, rules: MatchingRules) -> None:
    """Write the rules that were used, where somebody wants them."""
    if path is not None:
        used = default_rules().model_copy(update={"name": "learned", "matching": rules})
        dedupe.write_rules(path, used)
