"""How is it started?

A command loads the rooms that it needs, and no others: grouping a file waits for no database and no web framework.
"""

import sys
from importlib import import_module

from ecif.cli.refusing import CannotStart


def main() -> None:
    """Run `ecif`; what is expected to go wrong ends in one line and exit code 1."""
    commands = "ecif.cli.match" if sys.argv[1:2] == ["match"] else "ecif.cli.commands"
    try:
        import_module(commands).run()
    except CannotStart as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
