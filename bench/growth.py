"""How `ecif match dedupe` grows with the rows of a file: seconds, CPU and memory, as table, file and drawing.

    python -m bench.growth [FILE ...] [--rounds N] [--splink RUNNER]

Without files, samples of 10,000, 100,000 and 1,000,000 rows are made. With a Splink runner (a script that takes a
file and `--no-score`; also ECIF_SPLINK_RUNNER) both run in turn on each file; Splink lives in `.splink`, an
environment of its own that is made on first use.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from math import log
from pathlib import Path
from statistics import median
from typing import Any, Final

import polars as pl
from rich.console import Console
from rich.table import Table

from bench.drawing import Line, drawn
from bench.undisturbed import Stolen
from bench.watched import watch
from ecif.intake.sample import sample_rows

ROWS: Final = (10_000, 100_000, 1_000_000)
RESULTS: Final = Path(__file__).parent / "results"
HOUSE: Final = Path(__file__).parents[1] / ".splink"
PACKAGES: Final = ("splink", "duckdb", "pandas", "pyarrow", "pypinyin", "opencc")
_SEED = 11


def main() -> int:
    asked = _asked()
    console = Console(width=130)
    with tempfile.TemporaryDirectory() as folder:
        files = asked.files or [_sample(rows, Path(folder)) for rows in ROWS]
        programs = {"ecif": [sys.executable, "-m", "ecif.cli", "match", "dedupe"]}
        if asked.splink:
            programs["splink"] = [str(splink_python(console)), str(Path(asked.splink).resolve())]
        measured = [_measured(file, programs, asked.rounds, Path(folder)) for file in files]
    for table in _tables(measured, list(programs)):
        console.print(table)
    _keep(measured, list(programs))
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="Parquet files, the smallest first")
    parser.add_argument("--rounds", type=int, default=3, help="how often each file is grouped")
    parser.add_argument("--splink", default=os.environ.get("ECIF_SPLINK_RUNNER", ""))
    return parser.parse_args()


def _sample(rows: int, folder: Path) -> Path:
    file = folder / f"{rows}.parquet"
    pl.DataFrame(list(sample_rows(rows=rows, seed=_SEED)), infer_schema_length=None).write_parquet(
        file
    )
    return file


def splink_python(console: Console) -> Path:
    """The interpreter of Splink's own environment."""
    python = HOUSE / "bin" / "python"
    if not python.exists():
        console.print(f"Making {HOUSE.name} with {', '.join(PACKAGES)}")
        subprocess.run([sys.executable, "-m", "venv", str(HOUSE)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def _measured(
    file: Path, programs: dict[str, list[str]], rounds: int, folder: Path
) -> dict[str, Any]:
    """All rounds of one file, the programs in turn."""
    rows = pl.scan_parquet(file).select(pl.len()).collect().item()
    found: dict[str, list[dict[str, float]]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, command in programs.items():
            tail = ["--no-score"] if name == "splink" else ["--out", str(folder / "groups.parquet")]
            stolen = Stolen()
            seen = watch([*command, str(file.resolve()), *tail])
            found[name].append({**seen._asdict(), "stolen_share": stolen.share()})
            sys.stderr.write(f"{rows:,} rows, {name}: {json.dumps(found[name][-1])}\n")
    return {"rows": rows, **found}


def _middle(rounds: Sequence[dict[str, float]], about: str) -> float:
    return median(one[about] for one in rounds)


def _tables(measured: Sequence[dict[str, Any]], programs: Sequence[str]) -> list[Table]:
    table = Table(title="match dedupe (medians)")
    for heading in ("rows", "program", "seconds", "least–most", "CPU seconds", "peak MB"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    for one in measured:
        for name in programs:
            rounds = one[name]
            seconds = [each["seconds"] for each in rounds]
            table.add_row(
                f"{one['rows']:,}",
                name,
                f"{median(seconds):.2f}",
                f"{min(seconds):.2f}–{max(seconds):.2f}",
                f"{_middle(rounds, 'cpu_seconds'):.2f}",
                f"{_middle(rounds, 'peak_mb'):,.0f}",
            )
    return [table, _growth(measured, programs)]


def _growth(measured: Sequence[dict[str, Any]], programs: Sequence[str]) -> Table:
    """From one size to the next: the growth of CPU seconds beside that of n log n; and how programs compare."""
    table = Table(
        title="Growth: times more CPU, beside n·log n; and the share of Splink's time and memory"
    )
    for heading in ("rows", "n·log n", "CPU", "time / Splink", "memory / Splink"):
        table.add_column(heading, justify="right")
    before: list[dict[str, Any] | None] = [None, *measured]
    for last, one in zip(before, measured, strict=False):
        grown = ["", ""]
        if last is not None:
            sizes = [each["rows"] * log(each["rows"]) for each in (last, one)]
            spent = [_middle(each["ecif"], "cpu_seconds") for each in (last, one)]
            grown = [f"{sizes[1] / sizes[0]:.1f}", f"{spent[1] / spent[0]:.1f}"]
        shares = ["", ""]
        if "splink" in programs:
            shares = [
                f"1/{_middle(one['splink'], about) / _middle(one['ecif'], about):.1f}"
                for about in ("seconds", "peak_mb")
            ]
        table.add_row(f"{one['rows']:,}", *grown, *shares)
    return table


def _keep(measured: Sequence[dict[str, Any]], programs: Sequence[str]) -> None:
    RESULTS.mkdir(exist_ok=True)
    whole = {"cores": os.cpu_count(), "measured": measured}
    text = json.dumps(whole, indent=2) + "\n"
    (RESULTS / "growth.json").write_text(text, encoding="utf-8")
    lines = [
        Line(f"{name}, {unit}", [(one["rows"], _middle(one[name], about)) for one in measured])
        for name in programs
        for about, unit in (("seconds", "seconds"), ("peak_mb", "MB"))
    ]
    if any(a["rows"] >= b["rows"] for a, b in pairwise(measured)):
        return
    drawing = drawn("ecif match dedupe: seconds and memory by rows", lines)
    (RESULTS / "growth.svg").write_text(drawing, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
