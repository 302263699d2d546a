import asyncio
import json
from time import monotonic
from typing import Any

from cloudevents.v1.http import from_json

from tests.api.counter import Counter, person


async def events(counter: Counter, query: str = "") -> dict[str, Any]:
    answer = await counter.get(f"/v1/events{query}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_every_change_is_a_cloud_event_in_its_customers_order(counter: Counter) -> None:
    survivor, absorbed = await counter.number("张伟"), await counter.number("李娜")
    await counter.merge(survivor, absorbed)
    await counter.number_events()

    page = await events(counter)

    of_survivor = [each for each in page["items"] if each.get("subject") == survivor]
    assert [each["type"] for each in of_survivor] == [
        "ecif.customer.created.v1",
        "ecif.record.linked.v1",
        "ecif.customer.merged.v1",
    ]
    assert [each["sequence"] for each in of_survivor] == [f"{n:019d}" for n in (1, 2, 3)]
    assert [each["position"] for each in page["items"]] == list(range(1, 7))
    merged = of_survivor[-1]
    assert merged["source"] == "urn:ecif:ecif"
    assert merged["partitionkey"] == survivor
    assert merged["dataschema"] == "urn:ecif:schema:ecif.customer.merged.v1"
    assert merged["time"].endswith("Z")
    assert merged["data"]["absorbed"] == [absorbed]
    assert len(merged["data"]["moved"]) == 1
    assert "张伟" not in str(page)


async def test_events_are_read_by_a_library_of_others(counter: Counter) -> None:
    number = await counter.number("张伟")
    await counter.number_events()
    [first, _] = (await events(counter))["items"]

    read = from_json(json.dumps(first))

    assert read["subject"] == number
    assert read["specversion"] == "1.0"


async def test_the_cursor_goes_on_where_a_page_ended_also_from_an_empty_one(
    counter: Counter,
) -> None:
    empty = await events(counter)
    await counter.number("张伟")
    await counter.number("李娜")
    await counter.number_events()

    seen: list[int] = []
    cursor = empty["next"]
    while page := await events(counter, f"?after={cursor}&limit=3"):
        if not page["items"]:
            break
        seen += [each["position"] for each in page["items"]]
        cursor = page["next"]

    assert empty["items"] == []
    assert seen == [1, 2, 3, 4]
    assert page["next"] == cursor


async def test_only_the_types_that_are_asked_for_come(counter: Counter) -> None:
    await counter.number("张伟")
    await counter.number("李娜")
    await counter.number_events()

    page = await events(counter, "?types=ecif.customer.created.v1,ecif.customer.merged.v1")

    assert {each["type"] for each in page["items"]} == {"ecif.customer.created.v1"}
    assert (await events(counter, f"?after={page['next']}"))["items"] == []


async def test_a_reader_waits_for_the_next_event(counter: Counter) -> None:
    start = (await events(counter))["next"]
    waiting = asyncio.create_task(events(counter, f"?after={start}&wait_seconds=20"))
    await asyncio.sleep(0.2)
    await counter.number("张伟")
    await counter.number_events()

    page = await waiting

    assert page["items"][0]["type"] == "ecif.customer.created.v1"


async def test_a_process_that_is_asked_to_end_lets_its_readers_go(counter: Counter) -> None:
    began = monotonic()
    waiting = asyncio.create_task(events(counter, "?wait_seconds=30"))
    await asyncio.sleep(0.2)

    counter.app.state.wiring.stopping.set()
    page = await waiting

    assert page["items"] == []
    assert monotonic() - began < 15


async def test_history_that_is_gone_is_told_with_where_to_begin(counter: Counter) -> None:
    answer = await counter.get("/v1/events?after=0.0")

    assert answer.status_code == 410
    assert answer.json()["earliest"] == "1.0"


async def test_events_of_another_legal_entity_are_not_shown(counter: Counter) -> None:
    await counter.take_in(person("张伟"))
    await counter.number_events()
    stranger = counter.token(legal_entity="branch-7")

    answer = await counter.get("/v1/events", token=stranger)

    assert answer.json() == {"items": [], "next": "1.2"}
