"""`python -m ecif.cli` is `ecif`."""

from ecif.cli import main

main()
