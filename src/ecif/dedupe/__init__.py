"""Who else, among all, is the same?

Owns the grouping of whole files: `read_file`, `group_rows` and what they report. Needs no database.
"""

from ecif.dedupe.local import Grouping, Options, Silent, group_rows
from ecif.dedupe.reading import FileUnreadable, read_file

__all__ = ["FileUnreadable", "Grouping", "Options", "Silent", "group_rows", "read_file"]
