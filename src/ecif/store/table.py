"""One metadata for every table; the columns that all tables share and the names of constraints."""

from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Instant = TIMESTAMP(timezone=True, precision=6)
"""A moment in UTC, in microseconds."""

personal_columns: set[tuple[str, str]] = set()
"""Catalogue of the columns that may hold personal values: (table, column), all sealed."""


def legal_entity() -> Column[str]:
    """The legal entity a row belongs to: part of every key, hash and sealed value."""
    return Column("legal_entity", Text, nullable=False)


def instant(name: str, *, nullable: bool = False) -> Column[Any]:
    """A column that holds a moment."""
    return Column(name, Instant, nullable=nullable)


def sealed(table: str, name: str, *, nullable: bool = False) -> Column[bytes]:
    """A column that holds personal values, sealed; it enters the catalogue of such columns."""
    personal_columns.add((table, name))
    return Column(name, LargeBinary, nullable=nullable)


def drawn_id() -> Column[int]:
    """A number that the application draws from the sequence of its table, in blocks."""
    return Column("id", BigInteger, primary_key=True, autoincrement=False)
