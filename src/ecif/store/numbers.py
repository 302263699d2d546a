"""Numbers drawn from the database's sequences in blocks, so that a new row costs no round trip for its id."""

from collections import defaultdict, deque

from sqlalchemy import Sequence, text

from ecif.store.connection import Connection, Statement
from ecif.store.table import metadata

BLOCK = 32
"""How many numbers are drawn at first; those left over at a restart are never used, which is harmless."""

LARGEST_BLOCK = 512
"""Who keeps drawing draws twice as many each time, up to this."""

record_ids = Sequence("source_record_id", metadata=metadata)
customer_ids = Sequence("customer_id", metadata=metadata)
person_numbers = Sequence("customer_number_person", metadata=metadata)
organisation_numbers = Sequence("customer_number_organisation", metadata=metadata)

_DRAW = Statement(
    text(
        "SELECT nextval(CAST(CAST(:sequence AS text) AS regclass)) FROM generate_series(1, CAST(:count AS bigint))"
    )
)


class NumberBlocks:
    """Numbers already drawn by this process and not yet given."""

    def __init__(self) -> None:
        """Start with nothing drawn."""
        self._drawn: dict[str, deque[int]] = defaultdict(deque)
        self._block: dict[str, int] = {}

    async def draw(self, connection: Connection, sequence: str, count: int) -> list[int]:
        """Give `count` numbers of a sequence, rising."""
        drawn = self._drawn[sequence]
        while len(drawn) < count:  # others may take some while we wait for more
            block = self._block.get(sequence, BLOCK)
            self._block[sequence] = min(2 * block, LARGEST_BLOCK)
            rows = await connection.fetch(
                _DRAW, sequence=sequence, count=count - len(drawn) + block
            )
            drawn.extend([row[0] for row in rows])
        if count == 1:
            return [drawn.popleft()]
        return sorted(drawn.popleft() for _ in range(count))

    def forget(self) -> None:
        """Give none of the numbers drawn so far."""
        self._drawn.clear()
