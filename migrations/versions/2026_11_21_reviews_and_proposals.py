"""Reviews that wait for a person, and proposals that wait for a second one.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rather fail and be run again than queue behind a long reader and block everybody behind us.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "proposal",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(status = 'open') = (decided_by IS NULL) AND (status = 'open') = (decided_at IS NULL)",
            name=op.f("ck_proposal_decided_says_by_whom"),
        ),
        sa.CheckConstraint(
            "status <> 'approved' OR decided_by <> made_by",
            name=op.f("ck_proposal_approved_by_another"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'approved', 'rejected')", name=op.f("ck_proposal_status_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        comment="What one person wants done and another must approve; its content is never updated.",
    )
    op.create_index(
        "ix_proposal_queue", "proposal", ["legal_entity", "status", "made_at", "id"], unique=False
    )
    op.create_table(
        "review",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("records", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("subject_record_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("within", sa.Boolean(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("bits", sa.Float(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("judgement", sa.Text(), nullable=True),
        sa.Column("judged_by", sa.Text(), nullable=True),
        sa.Column("judged_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(status = 'open') = (closed_at IS NULL)", name=op.f("ck_review_closed_says_when")
        ),
        sa.CheckConstraint(
            "judgement IN ('same', 'different', 'unsure')", name=op.f("ck_review_judgement_known")
        ),
        sa.CheckConstraint(
            "kind IN ('match', 'ambiguous', 'contradiction')", name=op.f("ck_review_kind_known")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'decided', 'settled')", name=op.f("ck_review_status_known")
        ),
        sa.CheckConstraint(
            "(claimed_by IS NULL) = (claimed_until IS NULL)",
            name=op.f("ck_review_claimed_says_how_long"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        comment="A doubt about some records, with the evidence of the moment; its customers are resolved when read.",
    )
    op.create_index(
        "ix_review_queue", "review", ["legal_entity", "status", "opened_at", "id"], unique=False
    )
    op.create_index(
        "ix_review_records_open",
        "review",
        ["records"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "uq_review_records_open",
        "review",
        ["legal_entity", "records"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    # A list of entries not yet sorted in makes PostgreSQL read the whole table instead, until the next vacuum.
    for side in ("left", "right"):
        op.execute(f"ALTER INDEX ix_anti_link_{side}_records SET (fastupdate = off)")
    # Where an absorbed number led at a moment in the past.
    op.create_index(op.f("ix_merge_absorbed_id"), "merge", ["absorbed_id"], unique=False)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(op.f("ix_merge_absorbed_id"), table_name="merge")
    for side in ("left", "right"):
        op.execute(f"ALTER INDEX ix_anti_link_{side}_records RESET (fastupdate)")
    op.drop_index(
        "uq_review_records_open", table_name="review", postgresql_where=sa.text("status = 'open'")
    )
    op.drop_index(
        "ix_review_records_open",
        table_name="review",
        postgresql_using="gin",
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_index("ix_review_queue", table_name="review")
    op.drop_table("review")
    op.drop_index("ix_proposal_queue", table_name="proposal")
    op.drop_table("proposal")
