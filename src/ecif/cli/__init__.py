"""How is it started?

A command loads the rooms that it needs, and no others: grouping a file waits for no database and no web framework.
"""

import gc
import sys
from importlib import import_module
from typing import Final

from ecif.cli.refusing import CannotStart

_MODULES: Final = {"match": "ecif.cli.match", "import": "ecif.cli.importing"}
"""Command → the module that knows it alone; the others are known to `commands`."""


def main() -> None:
    """Run `ecif`; what is expected to go wrong ends in one line and exit code 1."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    # What is loaded stays: walking it for cycles again and again is a tenth of the start.
    gc.disable()
    try:
        command = import_module(_MODULES.get(asked, "ecif.cli.commands"))
        gc.freeze()
        gc.enable()
        command.run()
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
