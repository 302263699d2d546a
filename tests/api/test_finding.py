from typing import Any

import pytest

from ecif.security import Scope
from tests.api.counter import NEVER_GIVEN, Counter, organisation, person

ZHANG: dict[str, Any] = {
    "birth_date": "1990-03-07",
    "documents": [{"kind": "cn_resident_id", "number": "110101199003070038"}],
    "phones": [{"number": "13812345678"}],
}


async def found(counter: Counter, body: dict[str, Any], **more: Any) -> list[str]:
    answer = await counter.post("/v1/customers/lookup", body, **more)
    assert answer.status_code == 200, answer.text
    return [each["customer_no"] for each in answer.json()["items"]]


async def test_a_customer_is_found_by_each_exact_thing(counter: Counter) -> None:
    body = person("张伟", **ZHANG)
    number = (await counter.take_in(body))["customer_no"]
    await counter.number("李娜")

    document = {"document": {"kind": "cn_resident_id", "number": "110101 19900307 0038"}}
    assert await found(counter, document) == [number]
    assert await found(counter, {"source": {"system": "core", "key": body["source_key"]}}) == [
        number
    ]
    assert await found(counter, {"phone": "+86 138 1234 5678"}) == [number]
    assert await found(counter, {"customer_no": number}) == [number]


async def test_a_company_is_found_by_its_document(counter: Counter) -> None:
    documents = [{"kind": "lei", "number": "5493001KJTIIGC8Y1R12"}]
    number = (await counter.take_in(organisation(documents=documents)))["customer_no"]

    assert await found(counter, {"document": documents[0]}) == [number]


async def test_nobody_found_is_an_answer_too(counter: Counter) -> None:
    await counter.take_in(person("张伟", **ZHANG))

    nothing = {"kind": "passport", "number": "X0000000"}
    assert await found(counter, {"document": nothing}) == []
    assert await found(counter, {"source": {"system": "nobody", "key": "1"}}) == []
    assert await found(counter, {"phone": "+8613900000000"}) == []
    assert await found(counter, {"customer_no": NEVER_GIVEN}) == []


async def test_a_number_alone_needs_the_right_to_clear_values_and_with_a_name_it_does_not(
    counter: Counter,
) -> None:
    number = await counter.number("张伟", **ZHANG)
    reader = counter.token(Scope.CUSTOMERS_READ)

    alone = await counter.post("/v1/customers/lookup", {"phone": "13812345678"}, token=reader)
    with_name = await found(counter, {"phone": "13812345678", "name": "张伟"}, token=reader)
    with_another = await found(counter, {"phone": "13812345678", "name": "李娜"}, token=reader)

    assert alone.status_code == 403
    assert alone.json()["scope"] == "customers:reveal"
    assert with_name == [number]
    assert with_another == []


async def test_an_absorbed_number_is_found_as_its_survivor(counter: Counter) -> None:
    survivor, absorbed = await counter.number("张伟"), await counter.number("李娜")
    await counter.merge(survivor, absorbed)

    [item] = (await counter.post("/v1/customers/lookup", {"customer_no": absorbed})).json()["items"]

    assert (item["customer_no"], item["redirected_from"]) == (survivor, absorbed)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"phone": "1", "customer_no": "10000000017"},
        {"name": "张伟"},
        {"phone": " "},
        {"document": {"kind": "nothing", "number": "1"}},
        {"document": {"kind": "passport", "number": "a\x00"}},
        {"customer_no": "12"},
    ],
)
async def test_a_lookup_names_one_good_thing(counter: Counter, body: dict[str, Any]) -> None:
    answer = await counter.post("/v1/customers/lookup", body)

    assert answer.status_code == 422


async def test_a_search_ranks_by_bits_and_masks_its_evidence(counter: Counter) -> None:
    number = await counter.number("张伟", **ZHANG)
    namesake = await counter.number("张伟", birth_date="1961-11-30")
    body = {"kind": "person", "names": [{"full": "张伟"}], "birth_date": "1990-03-07"}

    answer = await counter.post("/v1/customers/search", {**body, "limit": 5})
    one = await counter.post("/v1/customers/search", {**body, "limit": 1})

    items = answer.json()["items"]
    assert [each["customer"]["customer_no"] for each in items] == [number, namesake]
    assert items[0]["bits"] > items[1]["bits"]
    assert "张伟" not in answer.text
    assert "1990-03-07" not in answer.text
    assert len(one.json()["items"]) == 1


async def test_a_match_says_what_would_be_decided_and_stores_nothing(counter: Counter) -> None:
    number = await counter.number("张伟", **ZHANG)
    known = person("张伟", **ZHANG, source_system="cards")
    stranger = person("李娜", birth_date="1980-01-02")

    linked = (await counter.post("/v1/matches", known)).json()
    created = (await counter.post("/v1/matches", stranger)).json()
    then = await counter.take_in(known)

    assert (linked["customer_no"], linked["decision"]["outcome"]) == (number, "linked")
    assert (created["customer_no"], created["decision"]["outcome"]) == (None, "created")
    assert then["decision"]["outcome"] == "linked"
    assert then["decision"]["bits"] == linked["decision"]["bits"]


async def test_a_match_knows_the_records_it_has(counter: Counter) -> None:
    body = person("张伟", **ZHANG, source_version=5)
    number = (await counter.take_in(body))["customer_no"]

    same = (await counter.post("/v1/matches", body)).json()
    newer = (await counter.post("/v1/matches", {**body, "source_version": 6, "sex": "male"})).json()
    stale = await counter.post("/v1/matches", {**body, "source_version": 4, "sex": "male"})

    assert (same["customer_no"], same["decision"]["outcome"]) == (number, "unchanged")
    assert (newer["customer_no"], newer["decision"]["outcome"]) == (number, "updated")
    assert stale.status_code == 409
