"""What people decided about two records: where the machine learns from."""

from typing import NamedTuple

from ecif.matching.forms import Features


class JudgedPair(NamedTuple):
    """Two records of one kind, and whether people say that they are one customer's."""

    a: Features
    b: Features
    is_same: bool
