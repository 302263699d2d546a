from typing import Any

import pytest

from tests.api.counter import NEVER_GIVEN, Counter, organisation, person


async def two(counter: Counter) -> tuple[str, str]:
    return await counter.number("张伟", sex="male"), await counter.number("李娜", sex="female")


async def test_a_merge_tells_which_records_moved_and_gives_its_id(counter: Counter) -> None:
    survivor, absorbed = await two(counter)

    answer = await counter.merge(survivor, absorbed)

    told = answer.json()
    [merge] = told["merges"]
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"v2.m1"'
    assert (told["customer_no"], told["version"]) == (survivor, 2)
    assert told["merge_id"] == merge["merge_id"]
    assert merge["absorbed"] == absorbed
    assert [each["source_system"] for each in merge["moved"]] == ["core"]


async def test_several_absorbed_customers_are_several_merges(counter: Counter) -> None:
    survivor, first = await two(counter)
    second = await counter.number("王芳")

    told = (await counter.merge(survivor, first, second)).json()

    assert [each["absorbed"] for each in told["merges"]] == [first, second]
    assert "merge_id" not in told


async def test_unmerge_gives_both_customers_back(counter: Counter) -> None:
    survivor, absorbed = await two(counter)
    before = [(await counter.get(f"/v1/customers/{each}")).json() for each in (survivor, absorbed)]
    merge_id = (await counter.merge(survivor, absorbed)).json()["merge_id"]

    answer = await counter.post(f"/v1/customers/{survivor}/unmerge", {"merge_id": merge_id})
    again = await counter.post(f"/v1/customers/{survivor}/unmerge", {"merge_id": merge_id})

    after = [(await counter.get(f"/v1/customers/{each}")).json() for each in (survivor, absorbed)]
    assert answer.status_code == 200
    assert answer.json()["restored"]["customer_no"] == absorbed
    assert [{**each, "version": 0} for each in after] == [{**each, "version": 0} for each in before]
    assert (again.status_code, again.json()["type"]) == (
        409,
        "urn:ecif:problem:merge-already-undone",
    )


async def test_chosen_records_are_detached_into_a_customer_of_their_own(counter: Counter) -> None:
    survivor, absorbed = await two(counter)
    body = person("赵敏")
    await counter.take_in(body)
    await counter.merge(survivor, absorbed)
    number = (await counter.take_in(body))["customer_no"]
    await counter.merge(survivor, number)
    names = [{"source_system": "core", "source_key": body["source_key"]}]

    answer = await counter.post(f"/v1/customers/{survivor}/unmerge", {"records": names})

    told = answer.json()
    found = await counter.post(
        "/v1/customers/lookup", {"source": {"system": "core", "key": body["source_key"]}}
    )
    assert answer.status_code == 200
    assert told["restored"]["customer_no"] not in (survivor, absorbed, number)
    assert found.json()["items"][0]["customer_no"] == told["restored"]["customer_no"]


async def test_a_merge_needs_the_present_etag(counter: Counter) -> None:
    survivor, absorbed = await two(counter)
    path = f"/v1/customers/{survivor}/merge"
    body = {"absorb": [absorbed], "reason": "the same person"}

    without = await counter.post(path, body)
    stale = await counter.post(path, body, headers={"If-Match": '"v7.m1"'})
    foreign = await counter.post(path, body, headers={"If-Match": '"abc"'})
    of_an_older_mask = await counter.post(path, body, headers={"If-Match": '"v1.m99"'})

    assert (without.status_code, stale.status_code, foreign.status_code) == (428, 412, 412)
    assert without.json()["type"] == "urn:ecif:problem:precondition-required"
    assert stale.json()["version"] == 1
    assert of_an_older_mask.status_code == 200


async def test_what_cannot_be_merged_is_refused_and_says_why(counter: Counter) -> None:
    survivor, absorbed = await two(counter)
    company = (await counter.take_in(organisation()))["customer_no"]

    itself = await counter.merge(survivor, survivor)
    never_given = await counter.merge(survivor, NEVER_GIVEN)
    other_kind = await counter.merge(survivor, company)

    assert (itself.status_code, itself.json()["type"]) == (409, "urn:ecif:problem:same-customer")
    assert never_given.status_code == 404
    assert never_given.json()["customer_no"] == NEVER_GIVEN
    assert (other_kind.status_code, other_kind.json()["type"]) == (
        409,
        "urn:ecif:problem:kinds-differ",
    )
    assert (await counter.get(f"/v1/customers/{absorbed}")).json()["version"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"absorb": []}, "absorb"),
        ({"absorb": ["12"]}, "absorb[0]"),
        ({"reason": ""}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
        ({"into": "1"}, "into"),
    ],
)
async def test_a_bad_merge_is_named(counter: Counter, change: dict[str, Any], field: str) -> None:
    number = await counter.number("张伟")
    body = {"absorb": [number], "reason": "the same person", **change}

    answer = await counter.post(
        f"/v1/customers/{number}/merge", body, headers={"If-Match": '"v1.m1"'}
    )

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("body", [{}, {"merge_id": "7"}, {"records": []}])
async def test_an_unmerge_names_one_thing(counter: Counter, body: dict[str, Any]) -> None:
    number = await counter.number("张伟")

    answer = await counter.post(f"/v1/customers/{number}/unmerge", body)

    assert answer.status_code == 422


async def test_a_repeated_merge_is_answered_and_not_repeated(counter: Counter) -> None:
    survivor, absorbed = await two(counter)
    headers = {"If-Match": '"v1.m1"', "Idempotency-Key": "merge-1"}
    body = {"absorb": [absorbed], "reason": "the same person"}

    first = await counter.post(f"/v1/customers/{survivor}/merge", body, headers=headers)
    again = await counter.post(f"/v1/customers/{survivor}/merge", body, headers=headers)

    assert first.status_code == 200
    assert again.content == first.content


async def test_where_the_rules_ask_for_two_people_a_merge_is_proposed(counter: Counter) -> None:
    await ask_for_second_person(counter)
    survivor, absorbed = await two(counter)

    proposed = await counter.merge(survivor, absorbed)
    proposal = proposed.json()["proposal"]
    path = f"/v1/admin/proposals/{proposal['proposal_id']}"
    by_maker = await counter.post(f"{path}/approve", {"digest": proposal["digest"]})
    by_another = await counter.post(
        f"{path}/approve", {"digest": proposal["digest"]}, token=counter.token(subject="berta")
    )

    assert proposed.status_code == 202
    assert proposed.headers["location"] == path
    assert (await counter.get(f"/v1/admin/proposals/{proposal['proposal_id']}")).json()[
        "status"
    ] == "approved"
    assert by_maker.status_code == 403
    assert by_maker.json()["type"] == "urn:ecif:problem:second-person-required"
    assert by_another.status_code == 200
    assert by_another.json()["merges"][0]["absorbed"] == absorbed
    assert (await counter.get(f"/v1/customers/{absorbed}")).json()["customer_no"] == survivor


async def ask_for_second_person(counter: Counter) -> None:
    rules = (await counter.get("/v1/admin/rule-sets/1")).json()["rules"]
    rules["second_person"] |= {"merge": True, "pin": True}
    version = (await counter.post("/v1/admin/rule-sets", {"rules": rules})).json()["version"]
    proposed = await counter.post(
        f"/v1/admin/rule-sets/{version}/activate", {"reason": "two people from now on"}
    )
    assert (await counter.approved(proposed))["active_rules_version"] == version


async def test_a_rejected_proposal_changes_nothing_and_shows_no_clear_value(
    counter: Counter,
) -> None:
    await ask_for_second_person(counter)
    number = await counter.number("张伟")
    pin = {"field": "birth_date", "value": "1990-03-07", "reason": "seen in the passport"}

    proposal = (await counter.post(f"/v1/customers/{number}/pins", pin)).json()["proposal"]
    path = f"/v1/admin/proposals/{proposal['proposal_id']}"
    read = await counter.get(path)
    listed = await counter.get("/v1/admin/proposals")
    rejected = await counter.post(f"{path}/reject", {"reason": "the passport was another's"})

    assert read.json()["content"]["value"] == "1990-**-**"
    assert [each["proposal_id"] for each in listed.json()["items"]] == [proposal["proposal_id"]]
    assert (rejected.status_code, rejected.json()["status"]) == (200, "rejected")
    assert (await counter.get(f"/v1/customers/{number}")).json()["version"] == 1
