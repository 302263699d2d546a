"""Who died carrying a subscription, and which event was on its way alone.

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def columns() -> list[sa.Column]:
    return [
        sa.Column("taken_at", postgresql.TIMESTAMP(timezone=True, precision=6), nullable=True),
        sa.Column("crashes", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("alone", sa.BigInteger(), nullable=True),
        sa.Column("accused", sa.BigInteger(), nullable=True),
        sa.Column("accusations", sa.Integer(), nullable=False, server_default="0"),
    ]


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in columns():
        op.add_column("subscription", column)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in reversed(columns()):
        op.drop_column("subscription", column.name)
