"""Source records, the customers they belong to, and every decision about that."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from ecif.store import drawn_id, instant, legal_entity, metadata, sealed

customer = Table(
    "customer",
    metadata,
    drawn_id(),
    legal_entity(),
    Column("customer_no", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("live", Boolean),
    Column("version", BigInteger, nullable=False),
    instant("opened_at"),
    instant("changed_at"),
    Column("merged_into_id", BigInteger),
    Column("rules_version", Integer, nullable=False),
    Column("mask_version", Integer, nullable=False),
    Column("golden", Text, nullable=False),
    sealed("customer", "golden_clear"),
    Column("wrapped_key", LargeBinary),
    Column("has_pins", Boolean, nullable=False),
    ForeignKeyConstraint(
        ["merged_into_id"], ["customer.id"], deferrable=True, initially="DEFERRED"
    ),
    UniqueConstraint("id", "live"),
    CheckConstraint("live", name="live_or_null"),
    CheckConstraint("(status = 'live') = (live IS NOT NULL)", name="live_says_status"),
    CheckConstraint("status IN ('live', 'closed', 'merged')", name="status_known"),
    CheckConstraint(
        "(status = 'merged') = (merged_into_id IS NOT NULL)", name="merged_into_somebody"
    ),
    Index(None, "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
    Index("ix_customer_rules_version", "legal_entity", "rules_version", "id"),
    comment="A person or organisation as the bank knows it; the number is for ever, the rest is derived.",
    postgresql_with={"fillfactor": "80"},
)

customer_version = Table(
    "customer_version",
    metadata,
    Column("customer_id", BigInteger, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    legal_entity(),
    Column("status", Text, nullable=False),
    Column("merged_into_id", BigInteger),
    Column("rules_version", Integer, nullable=False),
    Column("mask_version", Integer, nullable=False),
    Column("golden", Text, nullable=False),
    sealed("customer_version", "golden_clear"),
    instant("valid_from"),
    instant("valid_until"),
    ForeignKeyConstraint(["customer_id"], ["customer.id"]),
    comment="How a customer was before its present version, half-open in time; insert-only.",
)

source_record = Table(
    "source_record",
    metadata,
    drawn_id(),
    legal_entity(),
    Column("source_system", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("customer_id", BigInteger, nullable=False),
    Column("live", Boolean),
    Column("version", Integer, nullable=False),
    Column("source_version", BigInteger),
    instant("changed_at", nullable=True),
    Column("confirmed_version", BigInteger),
    instant("confirmed_at", nullable=True),
    instant("received_at"),
    instant("first_seen_at"),
    Column("is_weak", Boolean, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    sealed("source_record", "payload"),
    Column("wrapped_key", LargeBinary),
    UniqueConstraint("legal_entity", "source_system", "source_key"),
    CheckConstraint("live", name="live_or_null"),
    # A live record sits on a live customer: where `live` is null, nothing is asked (MATCH SIMPLE).
    ForeignKeyConstraint(
        ["customer_id", "live"],
        ["customer.id", "customer.live"],
        deferrable=True,
        initially="DEFERRED",
    ),
    Index(None, "customer_id"),
    comment="What one system says about someone, as sent, sealed. A personal source key stands here as a hash.",
)

source_record_version = Table(
    "source_record_version",
    metadata,
    Column("record_id", BigInteger, primary_key=True),
    Column("version", Integer, primary_key=True),
    legal_entity(),
    Column("live", Boolean),
    Column("source_version", BigInteger),
    instant("changed_at", nullable=True),
    instant("received_at"),
    instant("replaced_at"),
    sealed("source_record_version", "payload"),
    comment="What a record said before; insert-only.",
)

link = Table(
    "link",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    legal_entity(),
    Column("record_id", BigInteger, nullable=False),
    Column("customer_id", BigInteger, nullable=False),
    Column("method", Text, nullable=False),
    Column("band", Text),
    Column("bits", Float),
    Column("rules_version", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("merge_id", UUID),
    sealed("link", "because", nullable=True),
    instant("since"),
    instant("until", nullable=True),
    Index(
        "uq_link_record_id_open", "record_id", unique=True, postgresql_where=text("until IS NULL")
    ),
    Index(None, "customer_id"),
    comment="A record belongs to a customer: who decided, when, why, under which rules. Ended, never deleted.",
)

merge = Table(
    "merge",
    metadata,
    Column("id", UUID, primary_key=True),
    legal_entity(),
    Column("survivor_id", BigInteger, nullable=False),
    Column("absorbed_id", BigInteger, nullable=False),
    Column("method", Text, nullable=False),
    Column("rules_version", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    sealed("merge", "because", nullable=True),
    instant("merged_at"),
    instant("undone_at", nullable=True),
    Column("undone_by", Text),
    Index(None, "survivor_id"),
    Index(None, "absorbed_id"),
    Index(
        "uq_merge_absorbed_id_standing",
        "absorbed_id",
        unique=True,
        postgresql_where=text("undone_at IS NULL"),
    ),
    comment="One customer was absorbed by another; stands until it is undone.",
)

merge_move = Table(
    "merge_move",
    metadata,
    Column("merge_id", UUID, primary_key=True),
    Column("record_id", BigInteger, primary_key=True),
    Column("undone_by_merge_id", UUID),
    ForeignKeyConstraint(["merge_id"], ["merge.id"]),
    Index(None, "record_id"),
    comment="A record that a merge moved; `undone_by_merge_id` names the earlier merge whose end took it away.",
)

pin = Table(
    "pin",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    legal_entity(),
    Column("customer_id", BigInteger, nullable=False),
    Column("field", Text, nullable=False),
    sealed("pin", "value"),
    Column("pinned_by", Text, nullable=False),
    sealed("pin", "reason"),
    instant("since"),
    instant("until", nullable=True),
    Column("released_by", Text),
    Index(
        "uq_pin_customer_id_field_open",
        "customer_id",
        "field",
        unique=True,
        postgresql_where=text("until IS NULL"),
    ),
    comment="A steward's value that outranks the rules until released; it belongs to the customer number.",
)

anti_link = Table(
    "anti_link",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    legal_entity(),
    Column("left_records", ARRAY(BigInteger), nullable=False),
    Column("right_records", ARRAY(BigInteger), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("because", Text, nullable=False),
    instant("since"),
    instant("until", nullable=True),
    Column("ended_by", Text),
    Column("ended_because", Text),
    Index(
        None,
        "left_records",
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_where=text("until IS NULL"),
    ),
    Index(
        None,
        "right_records",
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_where=text("until IS NULL"),
    ),
    comment="No record of the one set may share a customer with one of the other; a person's decision ends it.",
)
