"""Customers as they were in given versions, and those that a source system has known: what subscribers are told of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from ecif.security import Vault
from ecif.store import Connection, Statement

_AT = Statement(
    text("""
    SELECT c.id, c.customer_no, c.kind, c.wrapped_key, asked.version,
           coalesce(v.status, c.status) AS status, coalesce(v.golden, c.golden) AS golden,
           coalesce(v.golden_clear, c.golden_clear) AS golden_clear
    FROM unnest(CAST(:numbers AS text[]), CAST(:versions AS bigint[])) AS asked (customer_no, version)
    JOIN customer c ON c.customer_no = asked.customer_no AND c.legal_entity = CAST(:legal_entity AS text)
    LEFT JOIN customer_version v ON v.customer_id = c.id AND v.version = asked.version
    WHERE v.version IS NOT NULL OR c.version = asked.version
    """)
)
_KNOWN_TO = Statement(
    text("""
    SELECT c.customer_no FROM customer c
    WHERE c.customer_no = ANY (CAST(:numbers AS text[])) AND c.legal_entity = CAST(:legal_entity AS text)
      AND EXISTS (SELECT FROM link l JOIN source_record r ON r.id = l.record_id
                  WHERE l.customer_id = c.id AND r.source_system = ANY (CAST(:systems AS text[])))
    """)
)


@dataclass(frozen=True, slots=True)
class CustomerState:
    """A customer in one version; `golden` is JSON, masked or in clear as it was asked for."""

    customer_no: str
    kind: str
    status: str
    version: int
    golden: bytes


async def states_at(
    connection: Connection,
    legal_entity: str,
    wanted: Sequence[tuple[str, int]],
    *,
    clear_with: Vault | None = None,
) -> dict[tuple[str, int], CustomerState]:
    """Customers by number and version, the same bytes every time.

    Args:
        connection: Outside or inside a transaction.
        legal_entity: To whom they belong.
        wanted: Customer numbers and versions; what never was is left out.
        clear_with: Opens the golden values; without it they are masked as they were when the version was written.

    Raises:
        KeyDestroyed: The master key of one of them is gone.
    """
    rows = await connection.fetch(
        _AT,
        numbers=[number for number, _ in wanted],
        versions=[version for _, version in wanted],
        legal_entity=legal_entity,
    )
    states = {}
    for row in rows:
        golden = row["golden"].encode()
        if clear_with is not None:
            opener = clear_with.opener(legal_entity, f"customer:{row['id']}", row["wrapped_key"])
            golden = opener.open("customer.golden_clear", row["golden_clear"])
        states[row["customer_no"], row["version"]] = CustomerState(
            row["customer_no"], row["kind"], row["status"], row["version"], golden
        )
    return states


async def known_to(
    connection: Connection, legal_entity: str, numbers: Iterable[str], systems: Sequence[str]
) -> set[str]:
    """Those of these customers that have, or have ever had, a record of one of these source systems."""
    rows = await connection.fetch(
        _KNOWN_TO, numbers=list(numbers), systems=list(systems), legal_entity=legal_entity
    )
    return {row["customer_no"] for row in rows}
