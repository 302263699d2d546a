import json
from dataclasses import replace
from typing import Any

import httpx

from ecif.security import Scope
from tests import postgres
from tests.api.counter import Counter, person


def lines_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def with_small_pages(counter: Counter) -> None:
    state = counter.app.state
    state.wiring = replace(state.wiring, limits=replace(state.wiring.limits, snapshot_page=2))


async def test_a_copy_begins_with_a_snapshot_and_goes_on_with_the_feed(counter: Counter) -> None:
    body = person("张伟")
    number = (await counter.take_in(body))["customer_no"]
    await counter.number_events()
    await counter.number("李娜")

    begin, line, end = lines_of(await counter.get("/v1/snapshot"))
    await counter.number_events()
    page = (await counter.get(f"/v1/events?after={begin['cursor']}")).json()

    assert begin == {"line": "begin", "cursor": "1.2", "position": 2, "content": "ids"}
    [record] = line.pop("records")
    assert line == {
        "line": "customer",
        "customer_no": number,
        "kind": "person",
        "status": "live",
        "version": 1,
    }
    assert (record["source_system"], record["source_key"]) == ("core", body["source_key"])
    assert end == {"line": "end", "cursor": "1.2", "count": 1}
    assert [each["position"] for each in page["items"]] == [3, 4]


async def test_masked_values_come_to_those_who_may_read_customers(counter: Counter) -> None:
    await counter.number("张伟")
    await counter.number_events()
    reader = counter.token(Scope.EVENTS_READ)

    refused = await counter.get("/v1/snapshot?content=masked", token=reader)
    plain = await counter.get("/v1/snapshot", token=reader)
    masked = await counter.get("/v1/snapshot?content=masked")

    assert (refused.status_code, refused.json()["scope"]) == (403, "customers:read")
    assert "golden" not in lines_of(plain)[1]
    assert lines_of(masked)[1]["golden"]["names"] == [{"kind": "legal", "full": "张*"}]
    assert "张伟" not in masked.text


async def test_a_snapshot_that_was_cut_goes_on_as_of_the_same_place(counter: Counter) -> None:
    with_small_pages(counter)
    numbers = [await counter.number(f"Anna {name}") for name in ("Adler", "Bach", "Čapek")]
    await counter.number_events()

    whole = lines_of(await counter.get("/v1/snapshot"))
    [resume] = [line["resume"] for line in whole if line["line"] == "page"]
    await counter.number("李娜")
    await counter.number_events()
    rest = lines_of(await counter.get(f"/v1/snapshot?resume={resume}"))

    assert [line["line"] for line in whole] == [
        "begin",
        *["customer"] * 2,
        "page",
        "customer",
        "end",
    ]
    assert [line["line"] for line in rest] == ["begin", "customer", "page", "end"]
    assert rest[-1] == whole[-1] == {"line": "end", "cursor": "1.6", "count": 3}
    assert {line["customer_no"] for line in whole[1:3] + rest[1:2]} == set(numbers)


async def test_a_place_that_is_gone_and_a_made_up_one_are_refused(
    counter: Counter, database_url: str
) -> None:
    with_small_pages(counter)
    for name in ("Adler", "Bach", "Čapek"):
        await counter.number(f"Anna {name}")
    await counter.number_events()
    [resume] = [
        line["resume"] for line in lines_of(await counter.get("/v1/snapshot")) if "resume" in line
    ]
    postgres.execute(database_url, "UPDATE sequencer SET epoch = 2")

    gone = await counter.get(f"/v1/snapshot?resume={resume}")
    made_up = await counter.get("/v1/snapshot?resume=soon")

    assert (gone.status_code, gone.json()["type"]) == (410, "urn:ecif:problem:cursor-gone")
    assert (made_up.status_code, made_up.json()["type"]) == (400, "urn:ecif:problem:bad-cursor")


async def test_a_process_that_is_asked_to_end_says_so_instead_of_the_last_line(
    counter: Counter,
) -> None:
    with_small_pages(counter)
    for name in ("Adler", "Bach", "Čapek"):
        await counter.number(f"Anna {name}")
    await counter.number_events()

    counter.app.state.wiring.stopping.set()
    *_, page, last = lines_of(await counter.get("/v1/snapshot"))

    assert (page["line"], last["line"], last["status"]) == ("page", "problem", 503)


async def test_each_legal_entity_sees_its_own_customers(counter: Counter) -> None:
    await counter.number("张伟")
    await counter.number_events()

    _, end = lines_of(await counter.get("/v1/snapshot", token=counter.token(legal_entity="branch")))

    assert end["count"] == 0
