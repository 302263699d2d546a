"""Who acts: a subject of one legal entity with its scopes; also the rules and the worker."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ecif.errors import MissingScope

DEFAULT_LEGAL_ENTITY: Final = "main"

MAX_SUBJECT_CHARACTERS: Final = 200
_LEGAL_ENTITY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_MACHINE_PREFIXES: Final = ("rules:", "worker:")


class Scope(StrEnum):
    """What a caller may be allowed to do; `admin` holds all the others."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_REVEAL = "customers:reveal"
    CUSTOMERS_WRITE = "customers:write"
    CUSTOMERS_MERGE = "customers:merge"
    REVIEWS_READ = "reviews:read"
    REVIEWS_DECIDE = "reviews:decide"
    PROPOSALS_APPROVE = "proposals:approve"
    EVENTS_READ = "events:read"
    SUBSCRIPTIONS_READ = "subscriptions:read"
    SUBSCRIPTIONS_WRITE = "subscriptions:write"
    IMPORTS_WRITE = "imports:write"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    METRICS_READ = "metrics:read"
    AUDIT_READ = "audit:read"
    ADMIN = "admin"


_BY_WORD: Final = {scope.value: scope for scope in Scope}


def scopes_of(words: Iterable[str]) -> frozenset[Scope]:
    """The scopes among these words; words of other systems (`openid`, `profile`) are skipped."""
    return frozenset(_BY_WORD[word] for word in words if word in _BY_WORD)


@dataclass(frozen=True, slots=True)
class Actor:
    """One who acts: a person, a system, or the machine itself, always inside one legal entity."""

    subject: str
    scopes: frozenset[Scope] = frozenset()
    legal_entity: str = DEFAULT_LEGAL_ENTITY
    is_machine: bool = False

    def __post_init__(self) -> None:
        """Refuse a subject or a legal entity that could not stand in an audit row.

        Raises:
            ValueError: The subject is empty, too long or holds control characters, the legal entity
                is no plain word, or an outside caller bears the name of a machine actor.
        """
        if not _could_be_signed_with(self.subject):
            raise ValueError("the subject must be 1 to 200 printable characters")
        if not _LEGAL_ENTITY.fullmatch(self.legal_entity):
            raise ValueError("the legal entity must be a word of 1 to 63 letters, digits or ._-")
        if self.subject.startswith(_MACHINE_PREFIXES) and not self.is_machine:
            raise ValueError("the subject is reserved for the machine")

    @classmethod
    def rules(cls, version: int, *, legal_entity: str = DEFAULT_LEGAL_ENTITY) -> "Actor":
        """The rule set `version` deciding by itself."""
        return cls(f"rules:{version}", frozenset({Scope.ADMIN}), legal_entity, is_machine=True)

    @classmethod
    def worker(cls, duty: str, *, legal_entity: str = DEFAULT_LEGAL_ENTITY) -> "Actor":
        """The background worker at one of its duties, such as `deliveries`."""
        return cls(f"worker:{duty}", frozenset({Scope.ADMIN}), legal_entity, is_machine=True)

    def may(self, scope: Scope) -> bool:
        """Whether this actor holds `scope`."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def require(self, scope: Scope) -> None:
        """Go on only if this actor holds `scope`.

        Raises:
            MissingScope: It does not; the refusal names the scope.
        """
        if not self.may(scope):
            raise MissingScope(f"This call needs the scope {scope.value}.", scope=scope.value)


def _could_be_signed_with(subject: str) -> bool:
    is_long = len(subject) > MAX_SUBJECT_CHARACTERS
    return bool(subject) and not is_long and subject.isprintable() and subject == subject.strip()
