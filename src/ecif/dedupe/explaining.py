"""Two rows of a file, side by side: every reason in bits, and what would have changed the decision."""

from dataclasses import dataclass

import polars as pl

from ecif.dedupe.rows import RowReading
from ecif.matching import Score, band_of, features_of, score
from ecif.rules import Band, KindRules, MatchingRules


class RowNotFound(Exception):
    """No row of the file has this record id."""


@dataclass(frozen=True)
class Explanation:
    """Why two rows are, or are not, the same; `changes` are sentences on what would have decided otherwise."""

    score: Score
    band: Band
    rules: KindRules
    changes: tuple[str, ...]


def explain(frame: pl.DataFrame, first: str, second: str, rules: MatchingRules) -> Explanation:
    """Compare two rows.

    Args:
        frame: The file.
        first: The record id of one row.
        second: The record id of another.
        rules: The matching rules.

    Raises:
        RowNotFound: There is no such row.
        RowRefused: A row cannot be read.
        ColumnsNotUnderstood: The columns cannot be read.
    """
    reading = RowReading(frame.columns)
    a, b = (features_of(reading.identity(_row(frame, key))) for key in (first, second))
    known = score(a, b, rules)
    own = rules.of_kind(a.kind)
    return Explanation(known, band_of(known, own), own, tuple(_changes(known, own)))


def _row(frame: pl.DataFrame, key: str) -> dict[str, object]:
    if "record_id" not in frame.columns:
        raise RowNotFound("The file has no column record_id.")
    found = frame.filter(pl.col("record_id").cast(pl.String) == key)
    if found.is_empty():
        raise RowNotFound(f"No row has the record_id {key!r}.")
    return found.row(0, named=True)


def _changes(known: Score, rules: KindRules) -> list[str]:
    """What stands between this pair and another band."""
    told = [f"It is vetoed: {veto}." for veto in known.vetoes]
    told += [f"Before the machine may link it, this is missing: {hold}." for hold in known.holds]
    for name, limit in (("automatic", rules.automatic_at_bits), ("review", rules.review_at_bits)):
        gap = limit - known.bits
        told.append(
            f"{gap:.1f} bits more would reach the {name} limit."
            if gap > 0
            else f"{-gap:.1f} bits less would fall below the {name} limit."
        )
    strongest = max(known.weighed[1:], key=lambda reason: abs(reason.bits), default=None)
    if strongest is not None:
        told.append(
            f"Without {strongest.about} ({strongest.level}) it would have "
            f"{known.bits - strongest.bits:.1f} bits."
        )
    return told
