"""The tables of the first day.

Revision: 0001, the first
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SEQUENCES = (
    "source_record_id",
    "customer_id",
    "customer_number_person",
    "customer_number_organisation",
)


def upgrade() -> None:
    # Rather fail and be run again than queue behind a long reader and block everybody behind us.
    op.execute("SET LOCAL lock_timeout = '5s'")
    for sequence in SEQUENCES:
        op.execute(f"CREATE SEQUENCE {sequence}")
    op.create_table(
        "active_rule_set",
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("activated_by", sa.Text(), nullable=False),
        sa.Column("activated_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.PrimaryKeyConstraint("legal_entity", name=op.f("pk_active_rule_set")),
        comment="Which rule set decides now.",
    )
    op.create_table(
        "anti_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("left_records", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("right_records", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anti_link")),
        comment="No record of the one set may share a customer with one of the other; a person's decision ends it.",
    )
    op.create_index(
        op.f("ix_anti_link_left_records"),
        "anti_link",
        ["left_records"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        op.f("ix_anti_link_right_records"),
        "anti_link",
        ["right_records"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        comment="One thing done or seen; insert-only, ids and field names only.",
    )
    op.create_index(
        op.f("ix_audit_entry_legal_entity_subject_id"),
        "audit_entry",
        ["legal_entity", "subject", "id"],
        unique=False,
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("customer_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("mask_version", sa.Integer(), nullable=False),
        sa.Column("golden", sa.Text(), nullable=False),
        sa.Column("golden_clear", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("has_pins", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(status = 'live') = (live IS NOT NULL)", name=op.f("ck_customer_live_says_status")
        ),
        sa.CheckConstraint(
            "(status = 'merged') = (merged_into_id IS NOT NULL)",
            name=op.f("ck_customer_merged_into_somebody"),
        ),
        sa.CheckConstraint(
            "status IN ('live', 'closed', 'merged')", name=op.f("ck_customer_status_known")
        ),
        sa.CheckConstraint("live", name=op.f("ck_customer_live_or_null")),
        sa.ForeignKeyConstraint(
            ["merged_into_id"],
            ["customer.id"],
            name=op.f("fk_customer_merged_into_id_customer"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("customer_no", name=op.f("uq_customer_customer_no")),
        sa.UniqueConstraint("id", "live", name=op.f("uq_customer_id_live")),
        comment="A person or organisation as the bank knows it; the number is for ever, the rest is derived.",
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        op.f("ix_customer_merged_into_id"),
        "customer",
        ["merged_into_id"],
        unique=False,
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.create_index(
        "ix_customer_rules_version",
        "customer",
        ["legal_entity", "rules_version", "id"],
        unique=False,
    )
    op.create_table(
        "event_subject",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_event_subject")),
        comment="How many events each customer number has had; the row is updated under the customer's lock.",
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "feed",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outbox_id", sa.BigInteger(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_feed")),
        comment="Outbox rows in the order readers see them; insert-only, positions without a gap.",
        postgresql_partition_by="RANGE (position)",
    )
    op.create_index(op.f("ix_feed_outbox_id"), "feed", ["outbox_id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.PrimaryKeyConstraint("legal_entity", "caller", "key", name=op.f("pk_idempotency_key")),
        comment="One request that took effect, and what was answered; kept for thirty days by default.",
    )
    op.create_table(
        "link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=True),
        sa.Column("bits", sa.Float(), nullable=True),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("merge_id", sa.UUID(), nullable=True),
        sa.Column("because", sa.LargeBinary(), nullable=True),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        comment="A record belongs to a customer: who decided, when, why, under which rules. Ended, never deleted.",
    )
    op.create_index(op.f("ix_link_customer_id"), "link", ["customer_id"], unique=False)
    op.create_index(
        "uq_link_record_id_open",
        "link",
        ["record_id"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "match_feature",
        sa.Column("record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_match_feature")),
        comment="The comparable forms of one record, sealed with the record's key.",
    )
    op.create_table(
        "match_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "record_id", name=op.f("pk_match_key")),
        comment="A record has this blocking key: 64 bits of a keyed hash. Full keys are refined, see index.py.",
    )
    op.create_index(op.f("ix_match_key_record_id"), "match_key", ["record_id"], unique=False)
    op.create_table(
        "merge",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("survivor_id", sa.BigInteger(), nullable=False),
        sa.Column("absorbed_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("because", sa.LargeBinary(), nullable=True),
        sa.Column("merged_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("undone_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
        comment="One customer was absorbed by another; stands until it is undone.",
    )
    op.create_index(op.f("ix_merge_survivor_id"), "merge", ["survivor_id"], unique=False)
    op.create_index(
        "uq_merge_absorbed_id_standing",
        "merge",
        ["absorbed_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, cache=1), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("time", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        comment="One row per event, insert-only; the id is drawn while the customer is locked.",
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index(
        op.f("ix_outbox_subject_sequence"), "outbox", ["subject", "sequence"], unique=False
    )
    op.create_table(
        "pin",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("pinned_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin")),
        comment="A steward's value that outranks the rules until released; it belongs to the customer number.",
    )
    op.create_index(
        "uq_pin_customer_id_field_open",
        "pin",
        ["customer_id", "field"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "rule_set_version",
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.PrimaryKeyConstraint("legal_entity", "version", name=op.f("pk_rule_set_version")),
        comment="One frozen rule set; never updated, never deleted: decisions refer to it for ever.",
    )
    op.create_table(
        "sequencer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.Column("system_identifier", sa.BigInteger(), nullable=False),
        sa.Column("timeline", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequencer")),
        comment="One row: the last position given, and below which outbox id everything is settled.",
    )
    op.create_table(
        "source_record_version",
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=True),
        sa.Column("source_version", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("replaced_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "version", name=op.f("pk_source_record_version")),
        comment="What a record said before; insert-only.",
    )
    op.create_table(
        "source_system",
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("ordering", sa.Text(), nullable=True),
        sa.Column("keys_are_personal", sa.Boolean(), nullable=False),
        sa.Column(
            "first_seen_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False
        ),
        sa.PrimaryKeyConstraint("legal_entity", "system", name=op.f("pk_source_system")),
        comment="A system that sends records; its trust stands in the rule set. `ordering` is fixed once.",
    )
    op.create_table(
        "customer_version",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("mask_version", sa.Integer(), nullable=False),
        sa.Column("golden", sa.Text(), nullable=False),
        sa.Column("golden_clear", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("valid_until", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_version_customer_id_customer")
        ),
        sa.PrimaryKeyConstraint("customer_id", "version", name=op.f("pk_customer_version")),
        comment="How a customer was before its present version, half-open in time; insert-only.",
    )
    op.create_table(
        "merge_move",
        sa.Column("merge_id", sa.UUID(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("undone_by_merge_id", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merge_id"], ["merge.id"], name=op.f("fk_merge_move_merge_id_merge")
        ),
        sa.PrimaryKeyConstraint("merge_id", "record_id", name=op.f("pk_merge_move")),
        comment="A record that a merge moved; `undone_by_merge_id` names the earlier merge whose end took it away.",
    )
    op.create_index(op.f("ix_merge_move_record_id"), "merge_move", ["record_id"], unique=False)
    op.create_table(
        "source_record",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_version", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("confirmed_version", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column(
            "first_seen_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False
        ),
        sa.Column("is_weak", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("live", name=op.f("ck_source_record_live_or_null")),
        sa.ForeignKeyConstraint(
            ["customer_id", "live"],
            ["customer.id", "customer.live"],
            name=op.f("fk_source_record_customer_id_live_customer"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_record")),
        sa.UniqueConstraint(
            "legal_entity",
            "source_system",
            "source_key",
            name=op.f("uq_source_record_legal_entity_source_system_source_key"),
        ),
        comment="What one system says about someone, as sent, sealed. A personal source key stands here as a hash.",
    )
    op.create_index(
        op.f("ix_source_record_customer_id"), "source_record", ["customer_id"], unique=False
    )
    # One partition each to begin with; the worker starts the next one every day.
    op.execute(
        "CREATE TABLE outbox_first PARTITION OF outbox FOR VALUES FROM (MINVALUE) TO (MAXVALUE)"
    )
    op.execute("CREATE TABLE feed_first PARTITION OF feed FOR VALUES FROM (MINVALUE) TO (MAXVALUE)")
    op.execute(
        "INSERT INTO sequencer (id, epoch, position, floor, system_identifier, timeline) VALUES (1, 1, 0, 1, 0, 0)"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(op.f("ix_source_record_customer_id"), table_name="source_record")
    op.drop_table("source_record")
    op.drop_index(op.f("ix_merge_move_record_id"), table_name="merge_move")
    op.drop_table("merge_move")
    op.drop_table("customer_version")
    op.drop_table("source_system")
    op.drop_table("source_record_version")
    op.drop_table("sequencer")
    op.drop_table("rule_set_version")
    op.drop_index(
        "uq_pin_customer_id_field_open", table_name="pin", postgresql_where=sa.text("until IS NULL")
    )
    op.drop_table("pin")
    op.drop_index(op.f("ix_outbox_subject_sequence"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(
        "uq_merge_absorbed_id_standing",
        table_name="merge",
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.drop_index(op.f("ix_merge_survivor_id"), table_name="merge")
    op.drop_table("merge")
    op.drop_index(op.f("ix_match_key_record_id"), table_name="match_key")
    op.drop_table("match_key")
    op.drop_table("match_feature")
    op.drop_index(
        "uq_link_record_id_open", table_name="link", postgresql_where=sa.text("until IS NULL")
    )
    op.drop_index(op.f("ix_link_customer_id"), table_name="link")
    op.drop_table("link")
    op.drop_table("idempotency_key")
    op.drop_index(op.f("ix_feed_outbox_id"), table_name="feed")
    op.drop_table("feed")
    op.drop_table("event_subject")
    op.drop_index("ix_customer_rules_version", table_name="customer")
    op.drop_index(
        op.f("ix_customer_merged_into_id"),
        table_name="customer",
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.drop_table("customer")
    op.drop_index(op.f("ix_audit_entry_legal_entity_subject_id"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index(
        op.f("ix_anti_link_right_records"),
        table_name="anti_link",
        postgresql_using="gin",
        postgresql_where=sa.text("until IS NULL"),
    )
    op.drop_index(
        op.f("ix_anti_link_left_records"),
        table_name="anti_link",
        postgresql_using="gin",
        postgresql_where=sa.text("until IS NULL"),
    )
    op.drop_table("anti_link")
    op.drop_table("active_rule_set")
    for sequence in SEQUENCES:
        op.execute(f"DROP SEQUENCE {sequence}")
