"""Imports and sweeps: how far each one is, what was rejected, and the uploads that wait for one."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, UUID

from ecif.store import instant, legal_entity, metadata, sealed

import_run = Table(
    "import_run",
    metadata,
    Column("id", UUID, primary_key=True),
    legal_entity(),
    Column("actor", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("source_system", Text),
    Column("strict", Boolean, nullable=False),
    Column("fingerprint", LargeBinary),
    Column("size_bytes", BigInteger, nullable=False),
    Column("runner", UUID),
    Column("lines_done", INT8MULTIRANGE, nullable=False),
    Column("share_done", Float, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("linked", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("unchanged", BigInteger, nullable=False),
    Column("stale", BigInteger, nullable=False),
    Column("in_review", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("problem", Text),
    instant("opened_at"),
    instant("beat_at"),
    instant("finished_at", nullable=True),
    Index(
        "uq_import_run_fingerprint_running",
        "legal_entity",
        "fingerprint",
        unique=True,
        postgresql_where=text("origin = 'command' AND state = 'running'"),
    ),
    Index(None, "opened_at", postgresql_where=text("state IN ('arriving', 'waiting', 'running')")),
    comment="One file taken in. `lines_done` grows with each batch, in its transaction; only `runner` may advance it.",
    postgresql_with={"fillfactor": "50"},
)

import_reject = Table(
    "import_reject",
    metadata,
    Column("import_id", UUID, primary_key=True),
    Column("line", BigInteger, primary_key=True),
    legal_entity(),
    sealed("import_reject", "said"),
    comment="A line that was not taken in: the field and the reason; insert-only.",
)

import_piece = Table(
    "import_piece",
    metadata,
    Column("import_id", UUID, primary_key=True),
    Column("place", Integer, primary_key=True),
    legal_entity(),
    sealed("import_piece", "content"),
    comment="A piece of an uploaded file; gone when its import has ended.",
)

sweep = Table(
    "sweep",
    metadata,
    Column("id", UUID, primary_key=True),
    legal_entity(),
    Column("actor", Text, nullable=False),
    Column("rules_version", Integer, nullable=False),
    Column("after_customer_id", BigInteger, nullable=False),
    Column("looked_at", BigInteger, nullable=False),
    Column("joined", BigInteger, nullable=False),
    Column("in_review", BigInteger, nullable=False),
    instant("opened_at"),
    instant("beat_at"),
    instant("finished_at", nullable=True),
    Index(
        "uq_sweep_rules_version_unfinished",
        "legal_entity",
        "rules_version",
        unique=True,
        postgresql_where=text("finished_at IS NULL"),
    ),
    comment="All customers asked whose they are, in the order of their ids; how far, and what became of it.",
)
