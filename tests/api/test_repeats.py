import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from ecif.api.wiring import Wiring
from ecif.store import Statement, Work
from tests.api.counter import Counter, person

KEY = {"Idempotency-Key": "order-4711"}


async def audit_lines(counter: Counter) -> int:
    return len((await counter.get("/v1/admin/audit")).json()["items"])


async def test_a_repeated_request_has_one_effect_and_one_answer(counter: Counter) -> None:
    body = person("张伟")

    first = await counter.post("/v1/customers", body, headers=KEY)
    lines = await audit_lines(counter)
    again = await counter.post("/v1/customers", body, headers=KEY)

    assert (
        (again.status_code, again.content)
        == (first.status_code, first.content)
        == (201, first.content)
    )
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["location"] == first.headers["location"]
    assert await audit_lines(counter) == lines


async def test_a_key_belongs_to_one_request(counter: Counter) -> None:
    await counter.post("/v1/customers", person("张伟"), headers=KEY)

    other = await counter.post("/v1/customers", person("李娜"), headers=KEY)

    assert other.status_code == 422
    assert other.json()["type"] == "urn:ecif:problem:idempotency-key-reused"


async def test_keys_of_two_callers_are_two(counter: Counter) -> None:
    await counter.post("/v1/customers", person("张伟"), headers=KEY)

    other = await counter.post(
        "/v1/customers", person("李娜"), headers=KEY, token=counter.token(subject="bob")
    )

    assert other.status_code == 201


async def test_a_request_whose_first_sending_is_still_running_is_told_so(counter: Counter) -> None:
    await counter.number("王芳")
    wiring: Wiring = counter.app.state.wiring
    name = wiring.vault.keyed_hash64("main", "idempotency:anna:order-4711")
    actor = await wiring.callers.identify(f"Bearer {counter.token()}")

    async with counter.database.begin(actor) as work:
        await hold(work, name)
        answer = await counter.post("/v1/customers", person("张伟"), headers=KEY)

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:ecif:problem:request-in-flight"
    assert answer.headers["retry-after"] == "1"


async def hold(work: Work, name: int) -> None:
    await work.connection.execute(
        Statement(text("SELECT pg_advisory_xact_lock(CAST(:name AS bigint))")), name=name
    )


async def test_a_refused_request_is_not_kept(counter: Counter) -> None:
    body = person("张伟", source_version=2)
    await counter.take_in(body)

    stale = await counter.post(
        "/v1/customers", {**body, "source_version": 1, "sex": "male"}, headers=KEY
    )
    after = await counter.post(
        "/v1/customers", {**body, "source_version": 3, "sex": "male"}, headers=KEY
    )

    assert (stale.status_code, after.status_code) == (409, 200)


async def test_many_senders_of_one_request_make_one_customer(counter: Counter) -> None:
    body = person("张伟")

    answers = await asyncio.gather(
        *(counter.post("/v1/customers", body, headers=KEY) for _ in range(16))
    )

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ä"])
async def test_a_key_is_a_plain_word(counter: Counter, key: str) -> None:
    headers: Any = {"Idempotency-Key": key.encode()}

    answer = await counter.post("/v1/customers", person("张伟"), headers=headers)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
