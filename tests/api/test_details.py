from typing import Any

from tests.api.counter import Counter, person

ZHANG: dict[str, Any] = {
    "birth_date": "1990-03-07",
    "documents": [{"kind": "cn_resident_id", "number": "110101199003070038"}],
}


async def test_clear_values_need_a_purpose_and_leave_a_line_in_the_audit_trail(
    counter: Counter,
) -> None:
    number = await counter.number("张伟", **ZHANG)
    purpose = "identified at the counter"

    answer = await counter.post(
        f"/v1/customers/{number}/reveal", {"fields": ["documents", "phones"], "purpose": purpose}
    )

    trail = (await counter.get(f"/v1/admin/audit?subject={number}")).json()["items"]
    assert answer.json()["values"] == {
        "documents": [{"kind": "cn_resident_id", "number": "110101199003070038", "valid": True}]
    }
    assert answer.headers["cache-control"] == "no-store"
    assert [(each["action"], each["purpose"], each["details"]) for each in trail[-1:]] == [
        ("customer.reveal", purpose, {"fields": ["documents", "phones"]})
    ]
    assert "110101199003070038" not in str(trail)


async def test_a_reveal_without_purpose_or_of_an_unknown_field_is_refused(counter: Counter) -> None:
    number = await counter.number("张伟", **ZHANG)
    path = f"/v1/customers/{number}/reveal"

    no_purpose = await counter.post(path, {"fields": ["documents"]})
    unknown = await counter.post(path, {"fields": ["names", "salary"], "purpose": "curiosity"})

    assert [each["field"] for each in no_purpose.json()["errors"]] == ["purpose"]
    assert unknown.json()["errors"] == [{"field": "fields[1]", "message": "is not a golden field"}]


async def test_records_are_shown_masked_with_the_provenance_of_each_value(counter: Counter) -> None:
    first = person("张伟", **ZHANG)
    number = (await counter.take_in(first))["customer_no"]
    second = person("张伟", **ZHANG, source_system="cards", occupation="engineer")
    assert (await counter.take_in(second))["customer_no"] == number

    answer = await counter.get(f"/v1/customers/{number}/records")

    told = answer.json()
    provenance = {each["field"]: each for each in told["provenance"]}
    keys = {each["source_key"]: each for each in told["records"]}
    assert keys.keys() == {first["source_key"], second["source_key"]}
    assert keys[first["source_key"]]["record"]["documents"][0]["number"] == "1***8"
    assert [each["source_key"] for each in provenance["occupation"]["records"]] == [
        second["source_key"]
    ]
    assert {each["source_key"] for each in provenance["birth_date"]["records"]} == keys.keys()
    assert "110101199003070038" not in answer.text
    assert "张伟" not in answer.text


async def test_history_tells_every_version_link_and_merge_in_order(counter: Counter) -> None:
    survivor, absorbed = await counter.number("张伟"), await counter.number("李娜")
    merge_id = (await counter.merge(survivor, absorbed)).json()["merge_id"]
    await counter.post(f"/v1/customers/{survivor}/unmerge", {"merge_id": merge_id})

    told = (await counter.get(f"/v1/customers/{survivor}/history")).json()

    whats = [each["what"] for each in told["items"]]
    versions = [each for each in told["items"] if each["what"] == "version"]
    assert whats == [
        "linked",
        "version",
        "linked",
        "merged",
        "version",
        "unmerged",
        "unlinked",
        "kept_apart",
        "version",
    ]
    assert [each["version"] for each in versions] == [1, 2, 3]
    assert [each["until"] for each in versions] == [versions[1]["at"], versions[2]["at"], None]
    assert {each["merge_id"] for each in told["items"] if "merged" in each["what"]} == {merge_id}
    assert told["items"] == sorted(told["items"], key=lambda each: each["at"])


async def test_history_is_read_page_by_page(counter: Counter) -> None:
    number = await counter.number("张伟")
    for value in ("male", "female", "other"):
        pin = {"field": "sex", "value": value, "reason": "as the customer says"}
        await counter.post(f"/v1/customers/{number}/pins", pin)
    whole = (await counter.get(f"/v1/customers/{number}/history")).json()["items"]

    pages, cursor = [], ""
    while True:
        page = (await counter.get(f"/v1/customers/{number}/history?limit=2{cursor}")).json()
        pages += page["items"]
        if page["next"] is None:
            break
        cursor = f"&after={page['next']}"

    assert len(whole) == 8
    assert pages == whole


async def test_why_tells_each_decision_with_its_evidence_masked(counter: Counter) -> None:
    number = await counter.number("张伟", **ZHANG)
    await counter.take_in(person("张伟", **ZHANG, source_system="cards"))
    other = await counter.number("李娜")
    await counter.merge(number, other)

    answer = await counter.get(f"/v1/customers/{number}/why")

    steps = answer.json()["steps"]
    assert [(each["step"], each.get("method")) for each in steps] == [
        ("linked", "created"),
        ("linked", "automatic"),
        ("linked", "created"),
        ("linked", "merge"),
        ("merged", "person"),
    ]
    assert steps[1]["reason"]["bits"] > 12
    assert "110101199003070038" not in answer.text
    assert steps[4]["reason"]["text"] == "the same person, seen at the counter"


async def test_an_absorbed_number_tells_the_story_of_its_survivor(counter: Counter) -> None:
    survivor, absorbed = await counter.number("张伟"), await counter.number("李娜")
    await counter.merge(survivor, absorbed)

    for part in ("records", "history", "why"):
        told = (await counter.get(f"/v1/customers/{absorbed}/{part}")).json()
        assert told["customer_no"] == survivor
