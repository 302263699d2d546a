"""Imports: how far each is, its rejects, and uploads that wait.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rather fail and be run again than queue behind a long reader and block everybody behind us.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "import_piece",
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "place", name=op.f("pk_import_piece")),
        comment="A piece of an uploaded file; gone when its import has ended.",
    )
    op.create_table(
        "import_reject",
        sa.Column("import_id", sa.UUID(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_import_reject")),
        comment="A line that was not taken in: the field and the reason; insert-only.",
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=True),
        sa.Column("strict", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("runner", sa.UUID(), nullable=True),
        sa.Column("lines_done", postgresql.INT8MULTIRANGE(), nullable=False),
        sa.Column("share_done", sa.Float(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("linked", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("stale", sa.BigInteger(), nullable=False),
        sa.Column("in_review", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("beat_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        comment="One file taken in. `lines_done` grows with each batch, in its transaction; only `runner` may advance it.",
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index(
        op.f("ix_import_run_opened_at"),
        "import_run",
        ["opened_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('arriving', 'waiting', 'running')"),
    )
    op.create_index(
        "uq_import_run_fingerprint_running",
        "import_run",
        ["legal_entity", "fingerprint"],
        unique=True,
        postgresql_where=sa.text("origin = 'command' AND state = 'running'"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(
        "uq_import_run_fingerprint_running",
        table_name="import_run",
        postgresql_where=sa.text("origin = 'command' AND state = 'running'"),
    )
    op.drop_index(
        op.f("ix_import_run_opened_at"),
        table_name="import_run",
        postgresql_where=sa.text("state IN ('arriving', 'waiting', 'running')"),
    )
    op.drop_table("import_run")
    op.drop_table("import_reject")
    op.drop_table("import_piece")
