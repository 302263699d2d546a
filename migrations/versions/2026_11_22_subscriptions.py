"""Subscriptions, the events that wait apart, their attempts, and the relays that are alive.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True, precision=6), nullable=nullable)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "subscription",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("target", postgresql.JSONB(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("source_systems", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        moment("made_at"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("delivered_count", sa.BigInteger(), nullable=False),
        moment("delivered_at", nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        moment("retry_at", nullable=True),
        moment("failing_since", nullable=True),
        sa.Column("failing_told", sa.Boolean(), nullable=False),
        moment("failed_at", nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("failure_status", sa.Integer(), nullable=True),
        sa.Column("holder", sa.UUID(), nullable=True),
        sa.Column("fencing", sa.BigInteger(), nullable=False),
        moment("leased_until", nullable=True),
        sa.CheckConstraint(
            "content IN ('ids', 'masked', 'full')", name=op.f("ck_subscription_content_known")
        ),
        sa.CheckConstraint(
            "status IN ('active', 'paused', 'disabled')", name=op.f("ck_subscription_status_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        comment="Who is told, and a cursor over the feed: everything at or below `position` is settled.",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        "ix_subscription_list", "subscription", ["legal_entity", "made_at", "id"], unique=False
    )
    op.create_table(
        "delivery",
        sa.Column("subscription_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("lanes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        moment("due_at"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        moment("since"),
        sa.CheckConstraint(
            "state IN ('due', 'waiting', 'parked')", name=op.f("ck_delivery_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_delivery_subscription_id_subscription"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "position", name=op.f("pk_delivery")),
        comment="An event that was set aside: due again, waiting behind another of its customer, or parked.",
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("subscription_id", sa.UUID(), nullable=False),
        moment("at"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempt")),
        comment="What became of attempts: each failed one, and how many succeeded; insert-only, forgotten by age.",
    )
    op.create_index(
        op.f("ix_delivery_attempt_subscription_id_id"),
        "delivery_attempt",
        ["subscription_id", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_delivery_attempt_at"), "delivery_attempt", ["at"], unique=False)
    op.create_table(
        "relay",
        sa.Column("id", sa.UUID(), nullable=False),
        moment("seen_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay")),
        comment="The relays that are alive, so that they share the subscriptions evenly.",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("relay", "delivery_attempt", "delivery", "subscription"):
        op.drop_table(table)
