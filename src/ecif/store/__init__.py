"""What changed, in one transaction?

Owns the pool, the unit of work, the outbox and its feed, the audit trail, and the answers to repeated requests.
"""

from ecif.store.audit import list_entries
from ecif.store.claims import Queue, claim
from ecif.store.condition import Condition, condition_of, migration_of
from ecif.store.connection import Connection, Recorder, Row, Statement, array_text
from ecif.store.courtesy import Courtesy
from ecif.store.database import Database, NotCommitted, PoolLimits, TryAgain, open_database
from ecif.store.feed import (
    Cursor,
    CursorAhead,
    CursorGone,
    FeedPage,
    FeedQuestion,
    head,
    read_after,
)
from ecif.store.idempotency import (
    IdempotentRequest,
    KeyReused,
    RequestInFlight,
    forget,
    keep,
    replayed,
)
from ecif.store.live import LiveFeed
from ecif.store.numbers import customer_ids, organisation_numbers, person_numbers, record_ids
from ecif.store.pages import MAX_PAGE, BadCursor, Page, page_of, read_cursor, write_cursor
from ecif.store.partitions import drop_partitions_before, start_next_partitions
from ecif.store.positions import events_at, feed_end, place_before, times_after
from ecif.store.sequencer import Sequencer
from ecif.store.snapshot import SnapshotPlace, changed_since, snapshot_place
from ecif.store.table import drawn_id, instant, legal_entity, metadata, personal_columns, sealed
from ecif.store.tellings import (
    FeedBounds,
    Telling,
    Told,
    feed_bounds,
    feed_window,
    tellings_of,
)
from ecif.store.turns import take_turn
from ecif.store.work import AuditEntry, Work

__all__ = [
    "MAX_PAGE",
    "AuditEntry",
    "BadCursor",
    "Condition",
    "Connection",
    "Courtesy",
    "Cursor",
    "CursorAhead",
    "CursorGone",
    "Database",
    "FeedBounds",
    "FeedPage",
    "FeedQuestion",
    "IdempotentRequest",
    "KeyReused",
    "LiveFeed",
    "NotCommitted",
    "Page",
    "PoolLimits",
    "Queue",
    "Recorder",
    "RequestInFlight",
    "Row",
    "Sequencer",
    "SnapshotPlace",
    "Statement",
    "Telling",
    "Told",
    "TryAgain",
    "Work",
    "array_text",
    "changed_since",
    "claim",
    "condition_of",
    "customer_ids",
    "drawn_id",
    "drop_partitions_before",
    "events_at",
    "feed_bounds",
    "feed_end",
    "feed_window",
    "forget",
    "head",
    "instant",
    "keep",
    "legal_entity",
    "list_entries",
    "metadata",
    "migration_of",
    "open_database",
    "organisation_numbers",
    "page_of",
    "person_numbers",
    "personal_columns",
    "place_before",
    "read_after",
    "read_cursor",
    "record_ids",
    "replayed",
    "sealed",
    "snapshot_place",
    "start_next_partitions",
    "take_turn",
    "tellings_of",
    "times_after",
    "write_cursor",
]
