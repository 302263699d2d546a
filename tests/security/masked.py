"""The masks that are shipped."""

from typing import Any

from ecif.rules import default_rules

RULES = default_rules().masks


def texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(texts, value.values()))
    if isinstance(value, list):
        return set().union(*map(texts, value))
    return {value} if isinstance(value, str) else set()
