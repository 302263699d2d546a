"""Rows of a Parquet file, read in groups that fit into memory."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow.parquet as pq

_ROWS_AT_A_TIME = 2_000


class ParquetRows:
    """Rows of a Parquet file, in its order."""

    def __init__(self, file: BinaryIO) -> None:
        """Read its footer.

        Raises:
            ValueError: It is damaged or incomplete.
            OSError: Likewise.
        """
        self._parquet = pq.ParquetFile(file)
        self.header = tuple(self._parquet.schema_arrow.names)
        self._rows: int = self._parquet.metadata.num_rows
        self._read = 0

    @property
    def share(self) -> float:
        """Read so far, in rows."""
        return self._read / max(1, self._rows)

    def close(self) -> None:
        """Let the file go."""
        self._parquet.close()

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Row, counted from 1, and column → value."""
        for batch in self._parquet.iter_batches(batch_size=_ROWS_AT_A_TIME):
            for row in batch.to_pylist():
                self._read += 1
                yield self._read, row
