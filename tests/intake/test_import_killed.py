import asyncio
import os
import pickle
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from ecif.intake import write_sample
from tests.bank import Bank
from tests.intake.taking_in import open_desk

ROWS = 1_500
ENDS_WITHIN_SECONDS = 30.0

# A process of its own that begins the import; it is killed with no chance to tidy up.
IMPORTING = """
import asyncio, os, pathlib, pickle, sys
from ecif import intake, policy
from ecif.security import Actor, Scope, Vault
from ecif.store import open_database

async def main(premises, path):
    database = await open_database(
        premises.database_url, vault=Vault(premises.keys), moment_of=policy.moment_of
    )
    actor = Actor("anna", frozenset({Scope.ADMIN}))
    order = intake.FileOrder(path=pathlib.Path(path))
    def watch(counts, share):
        print(sum(counts.values()), flush=True)
    crew = intake.crew_for(premises, order.size_bytes)
    await intake.import_file(database, crew, actor, order, watch)

if __name__ == "__main__":
    asyncio.run(main(pickle.load(sys.stdin.buffer), sys.argv[1]))
"""


@pytest.mark.journey
@pytest.mark.timeout(300)
async def test_an_import_killed_in_the_middle_goes_on_with_nothing_lost_or_doubled(
    database_url: str, tmp_path: Path
) -> None:
    path, script = tmp_path / "sample.csv", tmp_path / "importing.py"
    write_sample(path, rows=ROWS, seed=11)
    script.write_text(IMPORTING)
    async with open_desk(database_url, tmp_path) as desk:
        await kill_after(3, script, path, desk.premises)
        await nobody_else_at_work(desk.bank)
        [before] = await desk.bank.rows("SELECT id, created + linked AS done FROM import_run")

        done = await desk.take_in(path)

        records = await desk.bank.rows("SELECT source_key, version FROM source_record")
        events = Counter(str(each["type"]) for each in await desk.bank.events())
        customers = await desk.bank.rows("SELECT id FROM customer")
        assert 0 < int(str(before["done"])) < ROWS
        assert done.id == before["id"]
        assert done.created + done.linked == ROWS
        assert (done.updated, done.unchanged, done.rejected) == (0, 0, 0)
        assert Counter(record["version"] for record in records) == {1: ROWS}
        assert events["ecif.record.linked.v1"] == ROWS
        assert events["ecif.customer.created.v1"] == len(customers)


async def kill_after(pieces: int, script: Path, path: Path, premises: object) -> None:
    """Let an import take some pieces in, then kill its leading process."""
    importing = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        str(path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert importing.stdin is not None
    assert importing.stdout is not None
    importing.stdin.write(pickle.dumps(premises))
    importing.stdin.write_eof()
    for _ in range(pieces):
        assert await importing.stdout.readline()
    os.kill(importing.pid, signal.SIGKILL)
    await importing.wait()


async def nobody_else_at_work(bank: Bank) -> None:
    """Wait until the processes of a killed import have ended: they must not outlive it."""
    others = (
        "SELECT count(*) AS c FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'ecif' AND pid <> pg_backend_pid()"
    )
    async with asyncio.timeout(ENDS_WITHIN_SECONDS):
        while (await bank.rows(others))[0]["c"] != 0:  # noqa: ASYNC110  # other processes
            await asyncio.sleep(0.1)
