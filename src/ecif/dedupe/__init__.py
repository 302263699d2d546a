"""Who else, among all, is the same?

Owns the grouping of whole files: `read_file`, `scan_file`, `group_rows`, `rules_for` and what they report;
`group_on_spark` does the same on many machines. Needs no database.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ecif.dedupe.explaining import Explanation, RowNotFound, explain
from ecif.dedupe.local import Grouping, Options, Progress, Silent, group_rows, rules_for
from ecif.dedupe.reading import FileUnreadable, read_file, scan_file, taken
from ecif.dedupe.rows import RowReading
from ecif.dedupe.rule_files import RulesUnreadable, read_rules, write_rules
from ecif.dedupe.unavailable import SparkUnavailable

if TYPE_CHECKING:
    from ecif.dedupe.spark import Answer, group_on_spark

_ON_SPARK = ("Answer", "group_on_spark")


def __getattr__(name: str) -> Any:
    """The grouping on Spark, loaded when it is asked for: what it needs is an extra.

    Raises:
        SparkUnavailable: That extra is not installed.
    """
    if name not in _ON_SPARK:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    missing = [package for package in ("pyspark", "pandas") if find_spec(package) is None]
    if missing:
        raise SparkUnavailable(f"Spark needs {' and '.join(missing)}: install `ecif[spark]`.")
    return getattr(import_module("ecif.dedupe.spark"), name)


__all__ = [
    "Answer",
    "Explanation",
    "FileUnreadable",
    "Grouping",
    "Options",
    "Progress",
    "RowNotFound",
    "RowReading",
    "RulesUnreadable",
    "Silent",
    "SparkUnavailable",
    "explain",
    "group_on_spark",
    "group_rows",
    "read_file",
    "read_rules",
    "rules_for",
    "scan_file",
    "taken",
    "write_rules",
]
