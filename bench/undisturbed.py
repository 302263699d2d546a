"""Rounds of a measurement that the host of this machine left alone: what it takes for others is not ours to explain."""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

MOST_STOLEN: Final = 0.03
"""A round in which the host took a larger share of the cores is disturbed."""
_TRIES: Final = 4
_QUIET_SECONDS: Final = 2.0
_PATIENCE_SECONDS: Final = 60.0
_STAT: Final = Path("/proc/stat")
_STEAL: Final = 7
"""Place of the time that the host took among the numbers of the first line. Source: proc_stat(5)."""


class Stolen:
    """Counts from now on which share of the time of all cores the host took; 0 where a system does not say."""

    def __init__(self) -> None:
        """Begin to count."""
        self._began = _ticks()

    def share(self) -> float:
        """Between 0 and 1."""
        spent = [now - then for now, then in zip(_ticks(), self._began, strict=True)]
        return spent[_STEAL] / sum(spent) if sum(spent) else 0.0


def undisturbed(measure: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """Measure in a quiet moment, and again when it was none; the least disturbed round.

    Returns:
        The figures, `stolen_share` of the cores that the host took meanwhile, and how many `disturbed` rounds were
        put aside before.
    """
    rounds: list[dict[str, Any]] = []
    while len(rounds) < _TRIES:
        _wait_for_quiet()
        stolen = Stolen()
        told = measure()
        rounds.append({**told, "stolen_share": stolen.share(), "disturbed": len(rounds)})
        if rounds[-1]["stolen_share"] <= MOST_STOLEN:
            return rounds[-1]
        share = rounds[-1]["stolen_share"]
        sys.stderr.write(
            f"The host took {share:.0%} of the cores in round {len(rounds)} of {_TRIES}.\n"
        )
    return {**min(rounds, key=lambda each: each["stolen_share"]), "disturbed": len(rounds) - 1}


def _wait_for_quiet() -> None:
    ends = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < ends:
        stolen = Stolen()
        time.sleep(_QUIET_SECONDS)
        if stolen.share() <= MOST_STOLEN:
            return


def _ticks() -> list[int]:
    if not _STAT.exists():
        return [0] * (_STEAL + 1)
    return [int(each) for each in _STAT.read_text().split("\n", 1)[0].split()[1 : _STEAL + 2]]
