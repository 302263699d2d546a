"""Names of organisations in the forms that most have, read by their parts: those repeat more than whole names."""

import numpy as np
import polars as pl

from ecif.dedupe.distinct import Rows, distinct_rows, words_of
from ecif.identity import PLAIN, brand_of, plain_text_of, reading_of
from ecif.matching import BodyColumn, Words

_SHORTEST = 2
"""So many characters must stand before a legal form."""
_SHORTEST_BARE = 3
"""So many must remain of a name without one when a place is taken away."""


def plain_bodies(written: pl.Series) -> list[tuple[Rows, BodyColumn]]:
    """The names that are plain, as `organisation_form` gives them, and their places."""
    parts = _parts(_folded(written.alias("told")).to_frame())
    found = distinct_rows(parts.select("rest", "bracketed", "shortest"))
    brands = [
        brand_of(rest, [bracketed] if bracketed else [], shortest=shortest)
        for rest, bracketed, shortest in found.frame.rows()
    ]
    core = Words.of(core for core, _ in brands).at(found.codes)
    forms = BodyColumn(
        (
            words_of(parts["normal"]),
            core,
            Words.of(region for _, region in brands).at(found.codes),
            words_of(parts["branch"]),
            Words.of("".join(reading_of(text).split()) for text in core.texts).at(core.codes),
            Words.of([""]).at(np.zeros(parts.height, dtype=np.int32)),
        )
    )
    return [(parts["row"].to_numpy().astype(np.int64), forms)]


def _folded(told: pl.Series) -> pl.Series:
    """The names, those that are not plain yet in one script and width."""
    odd = (~told.str.contains(PLAIN.company)).fill_null(value=False).arg_true()
    return told.scatter(odd, pl.Series(map(plain_text_of, told[odd]), dtype=pl.String))


def _parts(told: pl.DataFrame) -> pl.DataFrame:
    """The names that are plain, taken apart; `shortest`: how many characters of the rest must remain."""
    whole = told.with_row_index("row").select(
        "row", parts=pl.col("told").str.extract_groups(PLAIN.company)
    )
    head, bracketed, tail = (pl.col("parts").struct[place] for place in range(3))
    whole = whole.filter(head.is_not_null())
    whole = whole.select(
        "row",
        bracketed=bracketed.fill_null(""),
        normal=pl.concat_str(head, bracketed, tail, ignore_nulls=True),
        outside=pl.concat_str(head, tail, ignore_nulls=True),
    )
    parted = whole.with_columns(parts=pl.col("outside").str.extract_groups(PLAIN.legal_form))
    rest, form, branch = (pl.col("parts").struct[place] for place in range(3))
    parted = parted.select(
        "row", "bracketed", "normal", "outside", rest=rest, form=form, branch=branch
    )
    return pl.concat([_formed(parted), _formless(parted)])


def _formed(parted: pl.DataFrame) -> pl.DataFrame:
    """Those of limited companies, and of their branches."""
    branch = pl.col("branch")
    place = branch.str.extract(PLAIN.branch).fill_null("")
    is_plain = pl.col("form").str.contains(PLAIN.limited)
    is_plain &= pl.col("rest").str.len_chars() >= _SHORTEST
    is_plain &= (branch == "") | branch.str.contains(PLAIN.branch)
    is_plain &= ~place.str.contains(PLAIN.legal_form)
    return parted.filter(is_plain).select(
        "row", "bracketed", "normal", "rest", "branch", shortest=pl.lit(_SHORTEST)
    )


def _formless(parted: pl.DataFrame) -> pl.DataFrame:
    """Those that tell no legal form."""
    outside = pl.col("outside")
    is_plain = pl.col("form").is_null() & (outside.str.len_chars() >= _SHORTEST)
    for odd in (PLAIN.branch_word, PLAIN.misspelt):
        is_plain &= ~outside.str.contains(odd)
    is_plain &= ~pl.col("bracketed").str.contains(PLAIN.legal_form)
    return parted.filter(is_plain).select(
        "row",
        "bracketed",
        "normal",
        rest=outside,
        branch=pl.lit(""),
        shortest=pl.lit(_SHORTEST_BARE),
    )
