from typing import Any

from tests.api.counter import Counter

BODY: dict[str, Any] = {"kind": "person", "names": [{"full": "张伟"}], "birth_date": "1990-03-07"}
PATH = "/v1/source-systems/core/records/C-1"


async def test_a_record_is_put_read_and_deleted_at_its_address(counter: Counter) -> None:
    put = await counter.ask("PUT", PATH, {**BODY, "source_version": 1})
    number = put.json()["customer_no"]
    again = await counter.ask("PUT", PATH, {**BODY, "source_version": 2, "sex": "male"})
    read = await counter.get(PATH)
    deleted = await counter.ask("DELETE", PATH)
    twice = await counter.ask("DELETE", PATH)
    afterwards = await counter.get(PATH)

    assert (put.status_code, again.status_code) == (201, 200)
    assert again.json()["decision"]["outcome"] == "updated"
    assert read.json()["customer_no"] == number
    assert read.json()["record"] == {
        "kind": "person",
        "names": [{"full": "张*"}],
        "birth_date": "1990-**-**",
        "sex": "male",
    }
    assert (deleted.status_code, deleted.json()["status"]) == (200, "closed")
    assert twice.status_code == 404
    assert afterwards.json()["is_live"] is False


async def test_an_older_message_is_refused_as_stale(counter: Counter) -> None:
    await counter.ask("PUT", PATH, {**BODY, "source_version": 5})

    answer = await counter.ask("PUT", PATH, {**BODY, "source_version": 4, "sex": "male"})

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:ecif:problem:stale-record")


async def test_what_was_confirmed_later_is_not_overwritten_by_what_was_said_before(
    counter: Counter,
) -> None:
    await counter.ask("PUT", PATH, {**BODY, "source_version": 1})
    confirmed = await counter.ask("PUT", PATH, {**BODY, "source_version": 3})

    late = await counter.ask("PUT", PATH, {**BODY, "source_version": 2, "sex": "male"})
    newer = await counter.ask("PUT", PATH, {**BODY, "source_version": 4, "sex": "male"})

    assert confirmed.json()["decision"]["outcome"] == "unchanged"
    assert (late.status_code, late.json()["type"]) == (409, "urn:ecif:problem:stale-record")
    assert newer.json()["decision"]["outcome"] == "updated"


async def test_a_deleted_record_that_is_sent_again_reopens_its_customer(counter: Counter) -> None:
    number = (await counter.ask("PUT", PATH, BODY)).json()["customer_no"]
    await counter.ask("DELETE", PATH)

    answer = await counter.ask("PUT", PATH, BODY)

    assert answer.json()["customer_no"] == number
    assert answer.json()["customer"]["status"] == "live"


async def test_a_key_may_hold_a_slash(counter: Counter) -> None:
    path = "/v1/source-systems/core/records/a%2Fb/c"

    await counter.ask("PUT", path, BODY)

    assert (await counter.get(path)).json()["source_key"] == "a/b/c"


async def test_a_body_may_repeat_its_address_but_not_contradict_it(counter: Counter) -> None:
    same = await counter.ask("PUT", PATH, {**BODY, "source_system": "core", "source_key": "C-1"})
    other = await counter.ask("PUT", PATH, {**BODY, "source_key": "C-2"})

    assert same.status_code == 201
    assert other.status_code == 422
    assert other.json()["errors"] == [
        {"field": "source_key", "message": "differs from the address"}
    ]


async def test_personal_keys_never_stand_in_an_address_an_answer_or_an_event(
    counter: Counter,
) -> None:
    key = "110101199003070038"
    await counter.ask("PUT", "/v1/admin/source-systems/tax", {"keys_are_personal": True})
    body = {**BODY, "source_system": "tax", "source_key": key}

    put = await counter.ask("PUT", f"/v1/source-systems/tax/records/{key}", BODY)
    read = await counter.get(f"/v1/source-systems/tax/records/{key}")
    posted = await counter.post("/v1/customers", body)
    number = posted.json()["customer_no"]
    records = await counter.get(f"/v1/customers/{number}/records")
    found = await counter.post("/v1/customers/lookup", {"source": {"system": "tax", "key": key}})
    await counter.number_events()
    events = await counter.get("/v1/events")

    assert (put.status_code, read.status_code) == (400, 400)
    assert put.json()["type"] == "urn:ecif:problem:keys-are-personal"
    assert posted.status_code == 201
    assert [each["customer_no"] for each in found.json()["items"]] == [number]
    assert "source_key" not in records.json()["records"][0]
    for answer in (put, read, posted, records, found, events):
        assert key not in answer.text
