"""One transaction: its connection, who acts, when, under which rules, and what happened."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from ecif.events import Event
from ecif.rules import RuleSet
from ecif.security import Actor, Vault
from ecif.store.connection import Connection
from ecif.store.numbers import NumberBlocks


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit trail: what was done or looked at, by ids and field names only."""

    action: str
    subject: str
    purpose: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Work:
    """One transaction and its moment. Every story takes it first; only the door commits it.

    `now` is the database's clock and moves forward when customers are locked (`advance`), so that the
    time of an event or version lies after the lock and after the customer's previous version. `told_in_vain`: how
    often its story was told before and had to be told again.
    """

    connection: Connection
    actor: Actor
    now: datetime
    rules: RuleSet
    vault: Vault
    numbers: NumberBlocks
    told_in_vain: int = 0
    has_turn: bool = False
    happened: list[Event] = field(default_factory=list)
    audited: list[AuditEntry] = field(default_factory=list)

    @property
    def legal_entity(self) -> str:
        """The legal entity of the caller: everything this work touches belongs to it."""
        return self.actor.legal_entity

    @staticmethod
    def new_id() -> UUID:
        """A new id for something that is named to the outside: a merge, a review."""
        return uuid4()

    def record(self, event: Event) -> None:
        """Remember that `event` happened; it is stored and announced only if this work commits."""
        self.happened.append(event)

    def note(
        self, action: str, subject: str, *, purpose: str | None = None, **details: Any
    ) -> None:
        """Enter a change into the audit trail.

        Args:
            action: What was done, as `customer.merge`.
            subject: The id it was done to.
            purpose: Why, in the caller's words; never personal data.
            details: Ids and field names.
        """
        self.audited.append(
            AuditEntry(action=action, subject=subject, purpose=purpose, details=details)
        )

    def saw(self, customer_no: str, fields: Iterable[str], *, purpose: str) -> None:
        """Enter a look at clear values into the audit trail."""
        self.note("customer.reveal", customer_no, purpose=purpose, fields=sorted(fields))

    def advance(self, moments: Iterable[datetime]) -> None:
        """Move `now` forward to the latest of `moments`; it never goes back."""
        self.now = max([self.now, *moments])
