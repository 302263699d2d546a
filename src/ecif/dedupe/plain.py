"""Values in the forms that most have, read a column at a time; null for those that are to be read one by one."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.identity import PLAIN, RESIDENT_CHECKS, RESIDENT_WEIGHTS

Rows = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]

_WIDE = {**{chr(0xFF10 + digit): str(digit) for digit in range(10)}, "－": "-"}
_OLDEST, _LATEST = 1850, 2100
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def plain_phones(written: pl.Series) -> pl.Series:
    """Chinese numbers as `phone_of` gives them."""
    told = pl.col("told")
    digits = told.str.replace_all(PLAIN.not_dialled, "")
    national = pl.coalesce(digits.str.extract(PLAIN.mobile), digits.str.extract(PLAIN.fixed))
    never = pl.col("national").str.contains(PLAIN.never_given)
    normal = pl.when(never).then("national").otherwise(pl.lit("+86") + pl.col("national"))
    frame = half_width(written).alias("told").to_frame()
    frame = frame.select(national=pl.when(told.str.contains(PLAIN.dialled)).then(national))
    return frame.select(normal.alias("normal")).to_series()


def half_width(written: pl.Series) -> pl.Series:
    """The texts, digits and dashes in them of the width that others have."""
    wide = written.str.contains("[０-９－]").arg_true()
    return written.scatter(wide, written[wide].str.replace_many(list(_WIDE), list(_WIDE.values())))


def plain_emails(written: pl.Series) -> pl.Series:
    """E-mail addresses as `email_of` gives them."""
    told = pl.col("told")
    return _where(written, told.str.contains(PLAIN.email), told.str.to_lowercase())


def _where(written: pl.Series, is_plain: pl.Expr, normal: pl.Expr) -> pl.Series:
    frame = written.alias("told").to_frame()
    return frame.select(pl.when(is_plain).then(normal).alias("normal")).to_series()


class Residents(NamedTuple):
    """Resident ids of 18 characters, judged; `born` is a day as a number, 19900307, and 0 unless the id is valid."""

    valid: Marks
    born: Rows
    is_male: Marks


def judged(numbers: pl.Series) -> Residents:
    """Judge ids of the plain form, in capitals, by date and check digit, as `document_number_of` does."""
    signs = np.frombuffer("".join(numbers.to_list()).encode("ascii"), dtype=np.uint8)
    signs = signs.reshape(len(numbers), len(RESIDENT_WEIGHTS) + 1)
    digits = signs[:, :-1].astype(np.int64) - ord("0")
    checks = np.frombuffer(RESIDENT_CHECKS.encode("ascii"), dtype=np.uint8)
    right = checks[digits @ np.array(RESIDENT_WEIGHTS) % len(checks)] == signs[:, -1]
    born = digits[:, 6:14] @ (10 ** np.arange(7, -1, -1))
    valid = right & _is_day(born)
    return Residents(valid, np.where(valid, born, 0), digits[:, 16] % 2 == 1)


def _is_day(days: Rows) -> Marks:
    """Whether the calendar has them."""
    year, month, day = days // 10_000, days // 100 % 100, days % 100
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    within = (month >= 1) & (month <= 12)
    last = _MONTH_DAYS[np.where(within, month, 0)] + (leap & (month == 2))
    known: Marks = within & (year >= _OLDEST) & (year <= _LATEST) & (day >= 1) & (day <= last)
    return known
