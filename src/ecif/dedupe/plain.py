"""Values in the forms that most have, read a column at a time; null for those that are to be read one by one."""

import polars as pl

from ecif.identity import PLAIN

_WIDE = {**{chr(0xFF10 + digit): str(digit) for digit in range(10)}, "－": "-"}


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
