"""Accuracy on the labelled sets, at the default setting, beside what peers reach on the same files.

    python -m bench.quality [FOLDER]

The folder of the labelled sets is the argument, or ECIF_LABELLED_DATA. Exit code 1 when a figure misses its goal.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table


class Peers(NamedTuple):
    """What others reach, measured once on two cores; `goal` is ours at the default setting."""

    splink_fixed: float
    splink_oracle: float
    others: str
    goal: float
    automatic_precision: float = 0.995
    automatic_recall: float = 0.0


PEERS = {
    "cn_20k_dev": Peers(0.9910, 0.9917, "GoldenMatch 0.949", 0.996, 0.9995, 0.97),
    "cn_20k_weakid": Peers(0.948, 0.952, "recordlinkage 0.902", 0.965),
    "febrl3": Peers(0.9972, 0.9991, "recordlinkage 0.9999", 0.9995),
    "febrl20k": Peers(0.9941, 0.9964, "recordlinkage 0.9982", 0.9985),
    "fake_1000": Peers(0.8226, 0.9409, "recordlinkage 0.870", 0.945),
    "rldata500": Peers(0.9583, 0.9691, "rules 0.718", 0.97),
    "childcare_orgs": Peers(0.8383, 0.8718, "dedupe, 60 labels 0.934", 0.94),
}
CANDIDATE_RECALL = 0.995


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ECIF_LABELLED_DATA", ""))
    sets = [name for name in PEERS if (folder / f"{name}.parquet").is_file()]
    if not sets:
        print("No labelled sets: name their folder as argument or in ECIF_LABELLED_DATA.")
        return 2
    table = Table(title="F1 of group_id on pairs, default setting")
    for heading in (
        "set", "ecif", "95 %", "goal", "Splink fixed", "Splink oracle", "others",
        "automatic precision / recall", "candidates", "",
    ):  # fmt: skip
        table.add_column(heading)
    missed = 0
    for name in sets:
        figures = evaluated(folder / f"{name}.parquet")
        reached = reaches(figures, PEERS[name])
        missed += not reached
        table.add_row(name, *cells(figures, PEERS[name]), "reached" if reached else "missed")
    Console(width=150).print(table)
    return int(missed > 0)


def evaluated(file: Path) -> dict[str, Any]:
    """What `ecif match evaluate --json` says, in a process of its own and with no other option."""
    command = [sys.executable, "-m", "ecif.cli", "match", "evaluate", str(file), "--json"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figures: dict[str, Any] = json.loads(told)
    return figures


def reaches(figures: dict[str, Any], peers: Peers) -> bool:
    automatic = figures["automatic_group_id"]
    reached: bool = (
        figures["group_id"]["pair_f1"]["value"] >= peers.goal
        and automatic["pair_precision"]["value"] >= peers.automatic_precision
        and automatic["pair_recall"]["value"] >= peers.automatic_recall
        and figures["candidate_recall"] >= CANDIDATE_RECALL
    )
    return reached


def cells(figures: dict[str, Any], peers: Peers) -> list[str]:
    f1, automatic = figures["group_id"]["pair_f1"], figures["automatic_group_id"]
    return [
        f"{f1['value']:.4f}",
        f"{f1['low']:.4f}-{f1['high']:.4f}",
        f"{peers.goal}",
        f"{peers.splink_fixed}",
        f"{peers.splink_oracle}",
        peers.others,
        f"{automatic['pair_precision']['value']:.4f} / {automatic['pair_recall']['value']:.4f}",
        f"{figures['candidate_recall']:.4f}",
    ]


if __name__ == "__main__":
    sys.exit(main())
