"""What `ecif match` prints and writes: groups, figures with bounds, reasons in bits."""

import sys
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from rich.table import Table

from ecif import dedupe
from ecif.cli.refusing import CannotStart
from ecif.matching import (
    ORGANISATION_COMPARISONS,
    PERSON_COMPARISONS,
    Measured,
    Quality,
)
from ecif.rules import MatchingRules

Rows = npt.NDArray[np.int64]

_MEASURES = (
    ("pair precision", "pair_precision"),
    ("pair recall", "pair_recall"),
    ("pair F1", "pair_f1"),
    ("B³ precision", "b3_precision"),
    ("B³ recall", "b3_recall"),
    ("B³ F1", "b3_f1"),
)


def grouping_frame(frame: pl.DataFrame, grouping: dedupe.Grouping) -> pl.DataFrame:
    """One row per row of the file: its record id unchanged, its groups, and whom it should be compared with."""
    has_ids = "record_id" in frame.columns
    counted = pl.Series("record_id", np.arange(1, frame.height + 1))
    ids = frame["record_id"] if has_ids else counted
    return pl.DataFrame(
        [
            ids,
            _numbered("group_id", grouping.best),
            _numbered("automatic_group_id", grouping.automatic),
            _reviews(ids.cast(pl.String).fill_null(""), grouping),
        ]
    )


def not_compared_frame(frame: pl.DataFrame, grouping: dedupe.Grouping) -> pl.DataFrame:
    """One row for every key that a row of the file shares with too many others: it was not compared by that key."""
    has_ids = "record_id" in frame.columns
    ids = frame["record_id"] if has_ids else pl.Series("record_id", np.arange(1, frame.height + 1))
    found = [
        pl.DataFrame([ids[rows]]).with_columns(entity_type=pl.lit(kind), key=pl.lit(key))
        for (kind, key), rows in grouping.left_out_by.items()
    ]
    schema = pl.Schema({"record_id": ids.dtype, "entity_type": pl.String(), "key": pl.String()})
    return pl.concat([pl.DataFrame(schema=schema), *found])


def not_compared_line(listed: pl.DataFrame) -> str:
    """The same, counted by key, the most first."""
    counts = (
        listed.group_by("entity_type", "key").len().sort("len", "key", descending=[True, False])
    )
    told = [f"{kind} {key} {count:,}" for kind, key, count in counts.rows()]
    return f"Not compared by a key alone: {', '.join(told) or 'none'}."


def _reviews(words: pl.Series, grouping: dedupe.Grouping) -> pl.Series:
    """For every row the record ids that a person should compare it with."""
    shown, others = _waiting(grouping)
    named = pl.DataFrame([pl.Series("row", shown.astype(np.uint32)), words[others].alias("with")])
    lists = named.group_by("row", maintain_order=True).agg(pl.col("with").alias("review_with"))
    rows = pl.DataFrame({"row": np.arange(len(words), dtype=np.uint32)})
    found = rows.join(lists, on="row", how="left", maintain_order="left")["review_with"]
    return found.fill_null(pl.Series([[]], dtype=pl.List(pl.String)))


def _waiting(grouping: dedupe.Grouping) -> tuple[Rows, Rows]:
    """Rows, and rows that a person should compare each of them with."""
    counts = np.fromiter(map(len, grouping.reviews.values()), np.int64, len(grouping.reviews))
    rows = np.repeat(np.fromiter(grouping.reviews, np.int64, len(counts)), counts)
    others = np.fromiter(chain.from_iterable(grouping.reviews.values()), np.int64, len(rows))
    return rows, others


def _numbered(name: str, groups: Any) -> pl.Series:
    """Groups counted from 1 in the order of their first rows."""
    is_first = np.zeros(len(groups), dtype=np.int64)
    is_first[groups] = 1
    return pl.Series(name, np.cumsum(is_first)[groups], dtype=pl.Int64)


def write_frame(answer: pl.DataFrame, out: Path | None) -> None:
    """Write the groups: by the ending of the file's name; to standard output as CSV.

    Raises:
        CannotStart: The file cannot be written.
    """
    flat = answer.with_columns(pl.col("^review_with$").list.join(" "))
    try:
        if out is None:
            sys.stdout.write(flat.write_csv())
        elif out.suffix == ".csv":
            flat.write_csv(out)
        elif out.suffix in (".ndjson", ".jsonl"):
            answer.write_ndjson(out)
        else:
            answer.write_parquet(out)
    except OSError as error:
        raise CannotStart(f"{out}: {error.strerror or error}.") from None


class Counts(NamedTuple):
    """What was found in a file, counted; `first_refused`: the first row that could not be read, with the reason."""

    rows: int
    groups: int
    automatic_groups: int
    waiting: int
    compared_pairs: int
    refused: int
    first_refused: tuple[int, str] | None
    left_out: int

    @classmethod
    def of(cls, frame: pl.DataFrame, grouping: dedupe.Grouping) -> "Counts":
        """Count what was found on one machine."""
        rows, others = _waiting(grouping)
        pairs = np.minimum(rows, others) * frame.height + np.maximum(rows, others)
        own = np.arange(frame.height)
        return cls(
            frame.height,
            # Groups are named by one of their rows.
            int((grouping.best == own).sum()),
            int((grouping.automatic == own).sum()),
            len(np.unique(pairs)),
            grouping.compared_pairs,
            len(grouping.refused),
            next(iter(grouping.refused.items()), None),
            len(grouping.left_out),
        )


def summary_lines(counts: Counts) -> list[str]:
    """What was found, in plain words."""
    lines = [
        f"{counts.rows} rows: {counts.groups} groups "
        f"({counts.automatic_groups} by ties that need nobody's eyes), "
        f"{counts.waiting} pairs for a person, {counts.compared_pairs} pairs compared.",
    ]
    if counts.first_refused:
        row, reason = counts.first_refused
        lines.append(
            f"{counts.refused} rows could not be read and stand alone, "
            f"the first is row {row + 1} ({reason})."
        )
    if counts.left_out:
        lines.append(
            f"{counts.left_out} rows share a value with too many others and "
            "were not compared by it alone."
        )
    return lines


def quality_plain(
    frame: pl.DataFrame, grouping: dedupe.Grouping, best: Quality, automatic: Quality
) -> dict[str, Any]:
    """The figures as JSON values."""
    return {
        "rows": frame.height,
        "true_pairs": best.true_pair_count,
        "compared_pairs": grouping.compared_pairs,
        "candidate_recall": candidate_recall(frame, grouping, best.true_pair_count),
        "group_id": _plain(best),
        "automatic_group_id": _plain(automatic),
    }


def candidate_recall(frame: pl.DataFrame, grouping: dedupe.Grouping, true_pairs: int) -> float:
    """Of the pairs that belong together, the share that was worth comparing."""
    truth = frame["cluster_id"].cast(pl.String).rank("dense").to_numpy()
    left, right = grouping.planned
    return float((truth[left] == truth[right]).sum()) / max(1, true_pairs)


def _plain(quality: Quality) -> dict[str, Any]:
    figures: dict[str, Any] = {
        field: dict(zip(("value", "low", "high"), _bounds(getattr(quality, field)), strict=True))
        for _, field in _MEASURES
    }
    return figures | {
        "found_pairs": quality.found_pair_count,
        "right_pairs": quality.right_pair_count,
    }


def _bounds(measured: Measured) -> tuple[float, float, float]:
    return measured.value, measured.low, measured.high


def quality_table(title: str, best: Quality, automatic: Quality) -> Table:
    """The figures of both groupings, each with its bounds."""
    table = Table(title=title)
    table.add_column("", no_wrap=True)
    for heading in ("group_id", "95 %", "automatic_group_id", "95 %"):
        table.add_column(heading, justify="right")
    for words, field in _MEASURES:
        cells = []
        for quality in (best, automatic):
            value, low, high = _bounds(getattr(quality, field))
            cells += [f"{value:.4f}", f"{low:.4f}-{high:.4f}"]
        table.add_row(words, *cells)
    return table


def comparison_table(kind: str, rules: MatchingRules) -> Table:
    """What is compared, on which levels, and what each level is worth."""
    table = Table(title=f"{kind}: prior {rules.of_kind(kind).prior_bits:+.1f} bits")
    for heading in ("comparison", "level", "bits", "meaning"):
        table.add_column(heading)
    bits = rules.of_kind(kind).bits_of
    for comparison in ORGANISATION_COMPARISONS if kind == "organisation" else PERSON_COMPARISONS:
        for place, level in enumerate(comparison.levels):
            table.add_row(
                comparison.name if place == 0 else "",
                level,
                f"{bits[comparison.name, level]:+.1f}",
                comparison.doc if place == 0 else "",
            )
    return table


def explanation_tables(told: dedupe.Explanation, first: str, second: str) -> list[Any]:
    """The reasons, the sum, and what would have changed the decision."""
    table = Table(title=f"{first} and {second}: {told.band.value}, {told.score.bits:+.1f} bits")
    for heading in ("about", "level", first, second, "bits"):
        table.add_column(heading)
    for about, level, bits, values in told.score.weighed:
        a, b = values or ("", "")
        table.add_row(about, level, a, b, f"{bits:+.1f}")
    return [table, *told.changes]
