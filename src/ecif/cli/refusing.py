"""What ends a command in one line and exit code 1."""


class CannotStart(Exception):
    """Something about this installation, or this file, must be put right first; the text says what."""
