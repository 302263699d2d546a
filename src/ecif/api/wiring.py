"""What the doors are given: the database, who is believed, and the limits of this installation."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from ecif.api.callers import Callers
from ecif.delivery import WaysOut
from ecif.security import Vault
from ecif.store import Database, LiveFeed, Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a request may take, how large its body may be, and how long a stream may be silent.

    `snapshot_page`: how many customers of a snapshot are read at once, between two places to resume at.
    """

    request_seconds: float = 2.0
    body_bytes: int = 262_144
    heartbeat_seconds: float = 10.0
    snapshot_page: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether requests can be served, and if not, what is missing: ids and words, no addresses."""

    is_ready: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Everything a door needs from outside; made once, when the application starts.

    `source` names this installation in events; `ways_out` reaches subscribers; `only_listed` refuses records of
    unknown source systems; `queue` lets callers of one hot name wait here instead of in the database; `live` reads the
    end of the feed for all who wait there; `stopping` is set when the process is asked to end, so that nobody waits on.
    """

    database: Database
    callers: Callers
    source: str
    ways_out: WaysOut
    readiness: Callable[[], Awaitable[Readiness]]
    live: LiveFeed
    stopping: asyncio.Event
    only_listed: bool = False
    limits: Limits = field(default_factory=Limits)
    queue: Queue = field(default_factory=Queue)
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)

    @property
    def vault(self) -> Vault:
        """What seals and hashes here."""
        return self.database.vault
