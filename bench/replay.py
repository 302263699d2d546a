"""The floor of a create: the recorded statements with their values, said by asyncpg alone in one process."""

import argparse
import asyncio
import json
import os
import pickle
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

Transaction = list[tuple[str, tuple[Any, ...]]]


def _taped(path: Path) -> Iterator[Transaction]:
    with path.open("rb") as file:
        while True:
            try:
                yield pickle.load(file)
            except EOFError:
                return


async def _say_all(connection: Any, transactions: Iterator[Transaction]) -> None:
    for transaction in transactions:
        for sql, values in transaction:
            if values:
                await connection.fetch(sql, *values)
            else:
                await connection.execute(sql)


async def replay(
    url: str, transactions: list[Transaction], warm: int, connections: int
) -> dict[str, float]:
    """Say all transactions; those behind the first `warm` are measured."""
    opened = [await asyncpg.connect(url, statement_cache_size=256) for _ in range(connections)]

    async def round_of(some: list[Transaction]) -> float:
        shared = iter(some)
        started = time.perf_counter()
        await asyncio.gather(*(_say_all(each, shared) for each in opened))
        return time.perf_counter() - started

    await round_of(transactions[:warm])
    cpu = time.process_time()
    seconds = await round_of(transactions[warm:])
    cpu = time.process_time() - cpu
    for each in opened:
        await each.close()
    return {"requests": len(transactions) - warm, "seconds": seconds, "cpu_seconds": cpu}


def main() -> None:
    """Replay a tape and print what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--tape", type=Path, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--warm", type=int, required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--core", type=int, required=True)
    told = parser.parse_args()
    os.sched_setaffinity(0, {told.core})
    transactions = list(islice(_taped(told.tape), told.count))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(replay(told.url, transactions, told.warm, told.connections))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
