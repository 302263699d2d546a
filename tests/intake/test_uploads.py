import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from ecif.intake import PIECE_BYTES, Premises, sample_rows, take_in_next_upload, write_sample
from ecif.security import Scope
from ecif.store import Statement
from tests.api.counter import KEYS, Counter, open_counter

PIECES = Statement(text("SELECT content FROM import_piece ORDER BY place"))
LOSE_THE_WORKER = Statement(
    text("UPDATE import_run SET beat_at = beat_at - interval '1 hour', state = 'running'")
)
TABLE = "text/csv"


async def send(
    counter: Counter,
    content: bytes | AsyncIterator[bytes],
    media_type: str = TABLE,
    query: str = "",
) -> Any:
    return await counter.ask(
        "POST", f"/v1/imports{query}", content=content, headers={"Content-Type": media_type}
    )


async def work_off(counter: Counter, database_url: str) -> Any:
    premises = Premises(database_url=database_url, keys=KEYS.master)
    return await take_in_next_upload(counter.database, premises, only_listed=False)


async def pieces_of(counter: Counter) -> list[bytes]:
    async with counter.database.connection() as connection:
        return [row["content"] for row in await connection.fetch(PIECES)]


@pytest.mark.parametrize(
    ("suffix", "media_type"),
    [
        (".csv", "text/csv; charset=utf-8"),
        (".ndjson", "application/x-ndjson"),
        (".parquet", "application/vnd.apache.parquet"),
    ],
)
async def test_an_upload_waits_for_a_worker_sealed_and_is_gone_afterwards(
    database_url: str, tmp_path: Path, suffix: str, media_type: str
) -> None:
    path = tmp_path / f"sample{suffix}"
    write_sample(path, rows=80, seed=4)
    async with open_counter(database_url, tmp_path) as counter:
        sent = await send(counter, path.read_bytes(), media_type)
        waiting = await pieces_of(counter)

        done = await work_off(counter, database_url)

        told = (await counter.get(sent.headers["location"])).json()
        assert (sent.status_code, sent.json()["state"]) == (202, "waiting")
        assert sent.headers["location"] == f"/v1/imports/{sent.json()['id']}"
        assert len(waiting) == 1
        assert b"example.com" not in waiting[0]
        assert done.state == told["state"] == "done"
        assert told["created"] + told["linked"] == 80
        assert (told["share_done"], told["rejected"]) == (1.0, 0)
        assert await pieces_of(counter) == []
        assert await work_off(counter, database_url) is None


async def test_a_large_upload_comes_in_pieces_of_any_size(
    database_url: str, tmp_path: Path
) -> None:
    rows = "".join(f"K{number},王芳,{'x' * 900}\n" for number in range(320))
    content = f"record_id,full_name,note\n{rows}".encode()

    async def dripping() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 50_000):
            yield content[start : start + 50_000]

    async with open_counter(database_url, tmp_path) as counter:
        sent = await send(counter, dripping(), query="?source_system=core")
        kept = len(await pieces_of(counter))

        done = await work_off(counter, database_url)

        assert sent.status_code == 202
        assert kept == -(-len(content) // PIECE_BYTES)
        assert done.created + done.linked == 320


async def test_rejects_are_read_page_by_page_without_values(
    database_url: str, tmp_path: Path
) -> None:
    content = "record_id,full_name,birth_date\n1,王芳,1990-02-30\n,李娜,\n3,,\n".encode()
    async with open_counter(database_url, tmp_path) as counter:
        sent = await send(counter, content, query="?source_system=core&strict=true")
        await work_off(counter, database_url)
        address = f"{sent.headers['location']}/rejects"

        first = (await counter.get(f"{address}?limit=2")).json()
        second = (await counter.get(f"{address}?limit=2&after={first['next']}")).json()

        assert [(each["line"], each["field"]) for each in first["items"]] == [
            (2, "birth_date"),
            (3, "record_id"),
        ]
        assert [(each["line"], each["field"]) for each in second["items"]] == [(4, "full_name")]
        assert second["next"] is None
        assert "1990" not in str(first)


async def test_a_file_that_cannot_be_read_fails_and_says_why(
    database_url: str, tmp_path: Path
) -> None:
    async with open_counter(database_url, tmp_path) as counter:
        sent = await send(counter, b"1,2,3\n4,5,6\n")

        await work_off(counter, database_url)

        told = (await counter.get(sent.headers["location"])).json()
        assert told["state"] == "failed"
        assert "No column is a name" in told["problem"]
        assert await pieces_of(counter) == []


async def test_an_upload_whose_worker_has_gone_goes_on_in_another(
    database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "sample.csv"
    write_sample(path, rows=30, seed=4)
    async with open_counter(database_url, tmp_path) as counter:
        await send(counter, path.read_bytes())
        async with counter.database.connection() as connection:
            await connection.execute(LOSE_THE_WORKER)

        done = await work_off(counter, database_url)

        assert done.created + done.linked == 30


async def test_one_upload_is_taken_in_by_one_worker(database_url: str, tmp_path: Path) -> None:
    content = "".join(
        f"K{number},{row['full_name'] or 'x'}\n"
        for number, row in enumerate(sample_rows(rows=50, seed=1))
    )
    async with open_counter(database_url, tmp_path) as counter:
        await send(counter, f"record_id,full_name\n{content}".encode(), query="?source_system=a")

        done = await asyncio.gather(*(work_off(counter, database_url) for _ in range(3)))

        assert [each.state for each in done if each is not None] == ["done"]


async def test_what_is_no_upload_is_refused(database_url: str, tmp_path: Path) -> None:
    async with open_counter(database_url, tmp_path) as counter:
        answers = [
            await send(counter, b"record_id,full_name\n", "application/json"),
            await send(counter, b""),
            await send(counter, b"x", query="?source_system=not+a+word"),
            await counter.get(f"/v1/imports/{uuid4()}"),
            await counter.get(f"/v1/imports/{uuid4()}/rejects"),
            await counter.get("/v1/imports/17", token=counter.token(Scope.CUSTOMERS_WRITE)),
        ]

        assert [answer.status_code for answer in answers] == [415, 400, 400, 404, 404, 403]
        assert await work_off(counter, database_url) is None


async def test_an_import_of_another_legal_entity_is_not_seen(
    database_url: str, tmp_path: Path
) -> None:
    async with open_counter(database_url, tmp_path) as counter:
        sent = await send(counter, b"record_id,full_name,source\n1,x,core\n")
        stranger = counter.token(Scope.IMPORTS_WRITE, legal_entity="branch")

        assert (await counter.get(sent.headers["location"], token=stranger)).status_code == 404
