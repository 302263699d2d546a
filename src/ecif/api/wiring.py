"""What the doors are given: the database, who is believed, and the limits of this installation."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from ecif.api.callers import Callers
from ecif.security import Vault
from ecif.store import Database, Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a request may take, and how large its body may be."""

    request_seconds: float = 2.0
    body_bytes: int = 262_144


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether requests can be served, and if not, what is missing: ids and words, no addresses."""

    is_ready: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Everything a door needs from outside; made once, when the application starts.

    `source` names this installation in events; `only_listed` refuses records of unknown source systems; `queue`
    lets callers of one hot name wait here instead of in the database; `stopping` is set when the process is asked to
    end, so that nobody waits on.
    """

    database: Database
    callers: Callers
    source: str
    readiness: Callable[[], Awaitable[Readiness]]
    only_listed: bool = False
    limits: Limits = field(default_factory=Limits)
    queue: Queue = field(default_factory=Queue)
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def vault(self) -> Vault:
        """What seals and hashes here."""
        return self.database.vault
