"""Who else, among all, is the same?

Owns the grouping of whole files: `read_file`, `group_rows`, `rules_for` and what they report. Needs no database.
"""

from ecif.dedupe.explaining import Explanation, RowNotFound, explain
from ecif.dedupe.local import Grouping, Options, Progress, Silent, group_rows, rules_for
from ecif.dedupe.reading import FileUnreadable, read_file
from ecif.dedupe.rows import RowReading
from ecif.dedupe.rule_files import RulesUnreadable, read_rules, write_rules

__all__ = [
    "Explanation",
    "FileUnreadable",
    "Grouping",
    "Options",
    "Progress",
    "RowNotFound",
    "RowReading",
    "RulesUnreadable",
    "Silent",
    "explain",
    "group_rows",
    "read_file",
    "read_rules",
    "rules_for",
    "write_rules",
]
