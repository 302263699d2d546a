"""How far a sweep of all customers is, and an index by which closed reviews are found by their records.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True, precision=6), nullable=nullable)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "sweep",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("after_customer_id", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("joined", sa.BigInteger(), nullable=False),
        sa.Column("in_review", sa.BigInteger(), nullable=False),
        moment("opened_at"),
        moment("beat_at"),
        moment("finished_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweep")),
        comment="All customers asked whose they are, in the order of their ids; how far, and what became of it.",
    )
    op.create_index(
        "uq_sweep_rules_version_unfinished",
        "sweep",
        ["legal_entity", "rules_version"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(
        "ix_review_records_closed",
        "review",
        ["records"],
        postgresql_using="gin",
        postgresql_where=sa.text("status <> 'open'"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_review_records_closed", "review")
    op.drop_table("sweep")
