"""Rule-set versions, the active one, and source systems."""

from sqlalchemy import Boolean, Column, Integer, Table, Text

from ecif.store import instant, metadata

rule_set_version = Table(
    "rule_set_version",
    metadata,
    Column("legal_entity", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    instant("made_at"),
    comment="One frozen rule set; never updated, never deleted: decisions refer to it for ever.",
)

active_rule_set = Table(
    "active_rule_set",
    metadata,
    Column("legal_entity", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("activated_by", Text, nullable=False),
    instant("activated_at"),
    comment="Which rule set decides now.",
)

source_system = Table(
    "source_system",
    metadata,
    Column("legal_entity", Text, primary_key=True),
    Column("system", Text, primary_key=True),
    Column("name", Text),
    Column("ordering", Text),
    Column("keys_are_personal", Boolean, nullable=False),
    instant("first_seen_at"),
    comment="A system that sends records; its trust stands in the rule set. `ordering` is fixed once.",
)
