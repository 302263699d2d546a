"""Rule sets as TOML files: read and checked against the table of comparisons, or written as they were used."""

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ecif.matching import unknown_levels
from ecif.rules import RuleSet, default_rules, rule_set_of

_VERSION = 1
_MODE = 0o600


class RulesUnreadable(Exception):
    """A rule file cannot be used: says which rule is wrong."""


def read_rules(path: Path, *, with_keys: bool = False) -> RuleSet:
    """Read a rule set.

    Args:
        path: The file.
        with_keys: The keys of an installation are at hand, to look up names that the file holds as keyed hashes.

    Raises:
        RulesUnreadable: It is not TOML, lacks a rule, or names a comparison or level that does not exist; or it holds
            names as keyed hashes and there are no keys.
    """
    try:
        rules = rule_set_of(path.read_text(encoding="utf-8"), version=_VERSION)
    except OSError as error:
        raise RulesUnreadable(f"{path}: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise RulesUnreadable(f"{path}: {place}: {first['msg']}.") from None
    except ValueError as error:
        raise RulesUnreadable(f"{path}: is not TOML ({error}).") from None
    wrong = unknown_levels(rules.matching)
    if wrong:
        line, fault = wrong[0]
        raise RulesUnreadable(f"{path}: {line}: {fault}.")
    if rules.matching.frequencies.learned is not None and not with_keys:
        raise RulesUnreadable(
            f"{path}: holds names under the hashing key of an installation, and can be used there only."
        )
    return rules


def write_rules(path: Path, rules: RuleSet) -> None:
    """Write a rule set, without names that few bear, so that `read_rules` gives back an equal one.

    It may hold names of customers: nobody but its owner may read the file.
    """
    public = default_rules().matching.frequencies
    often = rules.matching.model_copy(
        update={"frequencies": rules.matching.frequencies.seen_often(public)}
    )
    plain = rules.model_copy(update={"matching": often}).model_dump(
        mode="json", exclude={"version"}, exclude_none=True
    )
    with open(path, "w", encoding="utf-8", opener=_private) as file:
        os.fchmod(file.fileno(), _MODE)
        file.write("".join(_table(plain, ())))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, _MODE)


def _table(values: dict[str, Any], path: tuple[str, ...]) -> list[str]:
    """One table of TOML: its plain values first, then the tables in it."""
    lines = [f"\n[{'.'.join(map(_quoted, path))}]\n"] if path else []
    lines += [
        f"{_quoted(key)} = {_value(value)}\n"
        for key, value in values.items()
        if not _is_table(value)
    ]
    for key, value in values.items():
        if _is_table(value):
            lines += _table(value, (*path, key))
    return lines


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() != {"m", "u"}


def _quoted(key: str) -> str:
    plain = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if plain else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
