"""The mapping that an operator gives: what a file calls its columns."""

from pathlib import Path
from typing import Annotated

import typer

from ecif.cli.refusing import CannotStart
from ecif.identity import ColumnNames, MappingUnreadable, column_names_of

MappingOption = Annotated[
    Path | None, typer.Option("--mapping", help="YAML that names the file's columns.")
]


def mapped_names(mapping: Path | None) -> ColumnNames | None:
    """What a file calls its columns; None without a mapping.

    Raises:
        CannotStart: The mapping cannot be read.
    """
    if mapping is None:
        return None
    try:
        return column_names_of(mapping.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"{mapping} cannot be read: {error}") from None
    except MappingUnreadable as error:
        raise CannotStart(f"{mapping}: {error}") from None
