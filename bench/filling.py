"""Takes the records of an NDJSON file in, set at a time, where there is no command for it yet."""

import asyncio
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ecif import intake
from ecif.app import opened
from ecif.cli.installation import keys_of
from ecif.customers import NewRecord
from ecif.identity import identity_of
from ecif.security import Actor
from ecif.settings import Settings

_BATCH = 100


def _messages(path: Path) -> Iterator[NewRecord]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            said = json.loads(line)
            named = {
                name: said.pop(name) for name in ("source_system", "source_key", "source_version")
            }
            yield NewRecord(identity=identity_of(said), **named)


async def fill(path: Path) -> None:
    settings = Settings()
    assert settings.database_url is not None
    database = await opened(settings, keys_of(settings), settings.database_url.get_secret_value())
    actor = Actor.worker("bench")
    messages = _messages(path)
    while batch := list(islice(messages, _BATCH)):
        prepared = [intake.prepare(each, database.vault, actor.legal_entity) for each in batch]
        await database.run(actor, lambda work, them=prepared: intake.register_many(work, them))
    await database.close()


asyncio.run(fill(Path(sys.argv[1])))
