from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ecif.customers import is_customer_number
from tests.api.counter import NEVER_GIVEN, Counter, open_counter, person

ZHANG: dict[str, Any] = {
    "names": [{"full": "张伟"}],
    "birth_date": "1990-03-07",
    "documents": [{"kind": "cn_resident_id", "number": "110101199003070038"}],
    "phones": [{"number": "+8613812345678"}],
}


async def test_a_new_person_gets_a_number_and_an_address(counter: Counter) -> None:
    answer = await counter.post("/v1/customers", person(**ZHANG))

    told = answer.json()
    assert answer.status_code == 201
    assert is_customer_number(told["customer_no"])
    assert told["customer_no"].startswith("1")
    assert answer.headers["location"] == f"/v1/customers/{told['customer_no']}"
    assert answer.headers["etag"] == '"v1.m1"'
    assert (told["version"], told["decision"]["outcome"]) == (1, "created")
    assert told["customer"]["golden"]["phones"] == [{"kind": "mobile", "number": "138***5678"}]


async def test_a_second_system_that_knows_the_person_is_answered_with_the_same_customer(
    counter: Counter,
) -> None:
    first = await counter.take_in(person(**ZHANG))

    answer = await counter.post("/v1/customers", person(**ZHANG, source_system="cards"))

    told = answer.json()
    assert answer.status_code == 200
    assert told["customer_no"] == first["customer_no"]
    assert told["decision"]["outcome"] == "linked"
    assert told["decision"]["band"] == "automatic"
    assert told["decision"]["bits"] > 12
    documents = [each for each in told["decision"]["evidence"] if each["about"] == "document"]
    assert documents[0]["values"] == ["1***8", "1***8"]


async def test_the_same_record_sent_again_changes_nothing_and_a_newer_one_updates(
    counter: Counter,
) -> None:
    body = person(**ZHANG, source_version=1)
    first = await counter.take_in(body)

    again = await counter.take_in(body)
    newer = await counter.take_in({**body, "source_version": 2, "occupation": "engineer"})
    stale = await counter.post("/v1/customers", {**body, "source_version": 1, "sex": "male"})

    assert (again["decision"]["outcome"], again["version"]) == ("unchanged", 1)
    assert (newer["decision"]["outcome"], newer["version"]) == ("updated", 2)
    assert newer["customer_no"] == first["customer_no"]
    assert stale.status_code == 409
    assert stale.json()["type"] == "urn:ecif:problem:stale-record"


async def test_a_doubtful_number_is_kept_and_flagged(counter: Counter) -> None:
    body = person(documents=[{"kind": "cn_resident_id", "number": "110101199003070039"}])

    told = await counter.take_in(body)

    assert [(each["path"], each["flag"]) for each in told["decision"]["flags"]] == [
        ("documents[0].number", "bad-check-digit")
    ]


async def test_a_read_is_masked_and_tagged(counter: Counter) -> None:
    number = await counter.number("张伟", birth_date="1990-03-07")

    answer = await counter.get(f"/v1/customers/{number}")

    assert answer.json() == {
        "customer_no": number,
        "kind": "person",
        "status": "live",
        "version": 1,
        "golden": {"names": [{"kind": "legal", "full": "张*"}], "birth_date": "1990-**-**"},
    }
    assert answer.headers["etag"] == '"v1.m1"'
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_a_copy_that_is_up_to_date_is_not_sent_again(counter: Counter) -> None:
    number = await counter.number("张伟")
    path = f"/v1/customers/{number}"

    fresh = await counter.get(path, headers={"If-None-Match": '"v9.m1", W/"v1.m1"'})
    old = await counter.get(path, headers={"If-None-Match": '"v2.m1"'})

    assert (fresh.status_code, fresh.content, fresh.headers["etag"]) == (304, b"", '"v1.m1"')
    assert old.status_code == 200


async def test_some_fields_alone_have_a_tag_of_their_own(counter: Counter) -> None:
    number = await counter.number("张伟", birth_date="1990-03-07", sex="male")

    answer = await counter.get(f"/v1/customers/{number}?fields=sex,birth_date")
    unknown = await counter.get(f"/v1/customers/{number}?fields=salary")

    assert answer.json()["golden"].keys() == {"sex", "birth_date"}
    assert answer.headers["etag"] == '"v1.m1.birthdate.sex"'
    assert unknown.status_code == 400
    assert unknown.json()["errors"][0]["field"] == "fields"


async def test_an_absorbed_number_answers_with_its_survivor(counter: Counter) -> None:
    survivor, absorbed = await counter.number("张伟"), await counter.number("李娜")
    assert (await counter.merge(survivor, absorbed)).status_code == 200

    answer = await counter.get(f"/v1/customers/{absorbed}")

    assert answer.status_code == 200
    assert answer.headers["content-location"] == f"/v1/customers/{survivor}"
    assert answer.json()["customer_no"] == survivor
    assert answer.json()["redirected_from"] == absorbed


async def test_a_customer_is_shown_as_it_was_known_at_a_moment(counter: Counter) -> None:
    survivor, absorbed = await counter.number("张伟"), await counter.number("李娜")
    before = datetime.now(UTC).isoformat()
    await counter.merge(survivor, absorbed)

    then = await counter.get(f"/v1/customers/{absorbed}", params={"as_of": before})
    too_early = await counter.get(
        f"/v1/customers/{absorbed}", params={"as_of": "2001-01-01T00:00:00Z"}
    )
    unescaped = await counter.get(f"/v1/customers/{absorbed}?as_of={before}")
    no_moment = await counter.get(f"/v1/customers/{absorbed}?as_of=yesterday")

    assert (then.json()["customer_no"], then.json()["status"]) == (absorbed, "live")
    assert too_early.status_code == 404
    assert unescaped.json() == then.json()
    assert no_moment.json()["errors"] == [
        {"field": "as_of", "message": "is not a time such as 2026-01-31T12:00:00Z"}
    ]


async def test_what_is_no_customer_number_was_never_given(counter: Counter) -> None:
    number = await counter.number("张伟")
    other = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"

    for never_given in (NEVER_GIVEN, other, "7", "abc", "%00", "1" * 400):
        answer = await counter.get(f"/v1/customers/{never_given}")
        assert answer.status_code == 404, never_given
        assert answer.json()["type"] == "urn:ecif:problem:customer-not-found"


async def test_customers_of_one_legal_entity_do_not_exist_for_another(counter: Counter) -> None:
    body = person(**ZHANG)
    number = (await counter.take_in(body))["customer_no"]
    stranger = counter.token(legal_entity="branch-7", subject="bob")

    seen = await counter.get(f"/v1/customers/{number}", token=stranger)
    told = await counter.post("/v1/customers", body, token=stranger)

    assert seen.status_code == 404
    assert told.status_code == 201
    assert told.json()["customer_no"] != number


async def test_an_unknown_source_is_refused_where_sources_are_listed(
    database_url: str, tmp_path: Path
) -> None:
    async with open_counter(database_url, tmp_path, source_systems="listed") as counter:
        refused = await counter.post("/v1/customers", person())
        await counter.ask("PUT", "/v1/admin/source-systems/core", {"trust": 50})
        taken = await counter.post("/v1/customers", person())

    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:ecif:problem:source-system-not-listed"
    assert refused.json()["errors"][0]["field"] == "source_system"
    assert taken.status_code == 201
