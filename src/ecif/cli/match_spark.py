"""`ecif match dedupe FILE --spark URL`: the same groups from many machines, for a file of any size."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from rich.console import Console

from ecif import dedupe
from ecif.cli.match_answers import Counts, summary_lines
from ecif.cli.match_progress import ShownProgress
from ecif.cli.refusing import CannotStart
from ecif.identity import ColumnsNotUnderstood
from ecif.rules import MatchingRules


def group_file(
    file: Path,
    options: dedupe.Options,
    master: str,
    *,
    scratch: Path | None,
    out: Path | None,
) -> MatchingRules:
    """Group a file on a Spark cluster, and write and say what was found.

    Args:
        file: What is grouped.
        options: How.
        master: The URL of the cluster.
        scratch: A folder that the whole cluster sees; a cluster of several machines needs one.
        out: Where the groups are written; None for standard output, as CSV.

    Returns:
        The rules that were used.

    Raises:
        CannotStart: Spark or Java is missing, the file cannot be read, or the groups cannot be written.
    """
    try:
        with (
            ShownProgress() as progress,
            dedupe.group_on_spark(file, options, master, scratch, progress) as answer,
        ):
            _write(answer.frames(), out)
    except (ColumnsNotUnderstood, dedupe.FileUnreadable) as error:
        raise CannotStart(f"{file}: {error}") from None
    except dedupe.SparkUnavailable as error:
        raise CannotStart(str(error)) from None
    for line in summary_lines(_counts(answer)):
        Console(stderr=out is None).print(line, highlight=False)
    rules: MatchingRules = answer.rules
    return rules


def _counts(answer: "dedupe.Answer") -> Counts:
    return Counts(
        answer.rows,
        len(np.unique(answer.best)),
        len(np.unique(answer.automatic)),
        answer.waiting,
        answer.compared_pairs,
        answer.refused,
        answer.first_refused,
        answer.left_out,
    )


def _write(frames: Iterator[pl.DataFrame], out: Path | None) -> None:
    """Write the groups shard by shard: by the ending of the file's name; to standard output as CSV."""
    try:
        with TemporaryDirectory(prefix="ecif-", dir=out.absolute().parent if out else None) as own:
            for number, frame in enumerate(frames):
                frame.write_ipc(Path(own) / f"{number:06}.arrow", compression="lz4")
            rows = pl.scan_ipc(Path(own) / "*.arrow")
            whole = Path(own) / "groups"
            _sink(rows, whole, out.suffix if out else ".csv")
            if out is not None:
                shutil.move(whole, out)
                return
            with whole.open(encoding="utf-8", newline="") as written:
                shutil.copyfileobj(written, sys.stdout)
    except OSError as error:
        raise CannotStart(f"{out or 'The groups'}: {error.strerror or error}.") from None


def _sink(rows: pl.LazyFrame, place: Path, ending: str) -> None:
    if ending == ".csv":
        rows.with_columns(pl.col("review_with").list.join(" ")).sink_csv(place)
    elif ending in (".ndjson", ".jsonl"):
        rows.sink_ndjson(place)
    else:
        rows.sink_parquet(place)
