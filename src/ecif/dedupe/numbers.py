"""Numbers of documents in the forms that most have, judged a column at a time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.distinct import Codes, Marks, Rows
from ecif.identity import (
    BIRTH_YEARS,
    PAST_HUNDRED,
    PLAIN,
    RESIDENT_CHECKS,
    RESIDENT_WEIGHTS,
    UNIFIED_CHARACTERS,
    UNIFIED_WEIGHTS,
)

Signs = npt.NDArray[np.uint8]

SERIES = ("cn_resident_id", "cn_uscc", "passport")
"""The kinds of numbers that are judged here."""
_RESIDENT, _UNIFIED, _PASSPORT = SERIES
_OLD_LENGTH = 15
_UNIFIED_BODY = slice(8, 17)
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


class Judged(NamedTuple):
    """Numbers that are plain, and the rows that tell them: the places of their kinds in `SERIES`, and their lines.

    `born` is a day as a number, 19900307, and 0 where nothing proves one; `sex` likewise 1 (male), 2 (female) or 0.
    """

    rows: Rows
    series: Codes
    lines: pl.Series
    valid: Marks
    born: Rows
    sex: Codes


def judged(slugs: pl.Series, numbers: pl.Series) -> Judged:
    """Judge the numbers that are plain, as `document_number_of` does; of other rows nothing is said.

    Args:
        slugs: For every row the kind of its only document; null for none and for several.
        numbers: Its number.
    """
    told = pl.DataFrame([slugs.alias("slug"), numbers.alias("number")]).with_row_index("row")
    told = told.with_columns(pl.col("number").str.to_uppercase().str.replace_all("[ -]", ""))
    residents = _of(told, _RESIDENT, PLAIN.resident_id, PLAIN.old_resident_id)
    parts = (
        _residents(residents),
        _unified(_of(told, _UNIFIED, PLAIN.unified_code)),
        _passports(_of(told, _PASSPORT, PLAIN.passport)),
    )
    return Judged(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.series for part in parts]),
        pl.concat([part.lines.alias("line") for part in parts]),
        np.concatenate([part.valid for part in parts]),
        np.concatenate([part.born for part in parts]),
        np.concatenate([part.sex for part in parts]),
    )


def _of(told: pl.DataFrame, slug: str, *plain: str) -> pl.DataFrame:
    """The rows of one kind that fit a pattern."""
    number = pl.col("number")
    fits = pl.any_horizontal(number.str.contains(one) for one in plain)
    return told.filter((pl.col("slug") == slug) & fits)


def _residents(told: pl.DataFrame) -> Judged:
    """Resident ids: those of fifteen digits are made the ones that succeed them, which are right by themselves."""
    number = pl.col("number")
    is_old = number.str.len_bytes() == _OLD_LENGTH
    century = (
        pl.when(number.str.tail(3).is_in(PAST_HUNDRED)).then(pl.lit("18")).otherwise(pl.lit("19"))
    )
    old = pl.concat_str(number.str.head(6), century, number.str.slice(6))
    parts = told.select(
        body=pl.when(is_old).then(old).otherwise(number.str.head(len(RESIDENT_WEIGHTS))),
        check=pl.when(~is_old).then(number.str.slice(len(RESIDENT_WEIGHTS))),
    )
    digits = _signs(parts["body"], len(RESIDENT_WEIGHTS)) - np.uint8(ord("0"))
    checks = pl.Series(list(RESIDENT_CHECKS))[
        _weighed(digits, RESIDENT_WEIGHTS) % len(RESIDENT_CHECKS)
    ]
    check = parts["check"].zip_with(parts["check"].is_not_null(), checks)
    born = _weighed(digits[:, 6:14], [10**place for place in range(7, -1, -1)])
    valid = (check == checks).to_numpy() & _is_day(born)
    sex = np.where(valid, np.where(digits[:, 16] % 2 == 1, 1, 2), 0)
    return _judged(told, _RESIDENT, parts["body"] + check, valid)._replace(
        born=np.where(valid, born, 0), sex=sex.astype(np.int32)
    )


def _unified(told: pl.DataFrame) -> Judged:
    """Unified social credit codes; their lines are the organisation codes in them."""
    values = np.zeros(128, dtype=np.uint8)
    known = np.frombuffer(UNIFIED_CHARACTERS.encode("ascii"), dtype=np.uint8)
    values[known] = np.arange(len(known))
    signs = _signs(told["number"], len(UNIFIED_WEIGHTS) + 1)
    total = _weighed(values[signs], UNIFIED_WEIGHTS)
    valid = known[-total % len(known)] == signs[:, -1]
    lines = told["number"].str.slice(_UNIFIED_BODY.start, _UNIFIED_BODY.stop - _UNIFIED_BODY.start)
    return _judged(told, _UNIFIED, lines, valid)


def _passports(told: pl.DataFrame) -> Judged:
    """Passports, which have no check digit in their number."""
    return _judged(told, _PASSPORT, told["number"], np.ones(told.height, dtype=np.bool_))


def _judged(told: pl.DataFrame, slug: str, lines: pl.Series, valid: Marks) -> Judged:
    """Numbers that prove nothing besides."""
    size = told.height
    return Judged(
        told["row"].to_numpy().astype(np.int64),
        np.full(size, SERIES.index(slug), dtype=np.int32),
        lines,
        valid,
        np.zeros(size, dtype=np.int64),
        np.zeros(size, dtype=np.int32),
    )


def _signs(numbers: pl.Series, length: int) -> Signs:
    """Texts of one length as their bytes."""
    text = numbers.str.join("").item() if len(numbers) else ""
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(len(numbers), length)


def _weighed(values: Signs, weights: Sequence[int]) -> Rows:
    """The weighted sums of the first values of every row."""
    total = np.zeros(len(values), dtype=np.int64)
    for place, weight in enumerate(weights):
        total += values[:, place].astype(np.int64) * weight
    return total


def _is_day(days: Rows) -> Marks:
    """Whether the calendar has them."""
    year, month, day = days // 10_000, days // 100 % 100, days % 100
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    within = (month >= 1) & (month <= 12)
    last = _MONTH_DAYS[np.where(within, month, 0)] + (leap & (month == 2))
    known: Marks = (
        within
        & (year >= BIRTH_YEARS.start)
        & (year < BIRTH_YEARS.stop)
        & (day >= 1)
        & (day <= last)
    )
    return known
