"""Where records are found by what they share: hashed keys, and the sealed comparable forms."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from ecif.store import legal_entity, metadata, sealed

match_key = Table(
    "match_key",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    legal_entity(),
    Column("key_version", Integer, nullable=False),
    Index(None, "record_id"),
    comment="A record has this blocking key: 64 bits of a keyed hash. Full keys are refined, see index.py.",
)

match_feature = Table(
    "match_feature",
    metadata,
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    legal_entity(),
    sealed("match_feature", "features"),
    comment="The comparable forms of one record, sealed with the record's key.",
)
