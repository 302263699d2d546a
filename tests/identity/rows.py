"""What a row of a file says, its columns named as they stand there."""

from typing import Any

from ecif.identity import Columns, Identity, column_names_of


def read(row: dict[str, Any], *, mapping: str = "", strict: bool = False) -> Identity:
    return Columns(row, column_names_of(mapping), strict=strict).identity(row)
