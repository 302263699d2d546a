"""What the reconciler remembers, and an index by which it finds customers that changed lately.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True, precision=6), nullable=nullable)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "reconciler",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        moment("changed_at"),
        sa.Column("link_id", sa.BigInteger(), nullable=False),
        sa.Column("swept_position", sa.BigInteger(), nullable=False),
        sa.Column("swept_customer_id", sa.BigInteger(), nullable=False),
        moment("ran_at"),
        moment("swept_at", nullable=True),
        sa.Column("checked_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciler")),
        comment="One row: how far events and customers have been compared, as they come and by going round.",
    )
    op.execute(
        "INSERT INTO reconciler VALUES (1, 0, 0, '2000-01-01Z'::timestamptz, 0, 0, 0, clock_timestamp(), NULL, 0)"
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("customer_no", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        moment("found_at"),
        moment("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        comment="A hole between the customers and what is told of them, or in the feed itself (then without number).",
    )
    op.create_index(
        "uq_finding_customer_no_what_place_open",
        "finding",
        ["customer_no", "what", "place"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_index("ix_customer_version_valid_until", "customer_version", ["valid_until"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_customer_version_valid_until", "customer_version")
    op.drop_table("finding")
    op.drop_table("reconciler")
