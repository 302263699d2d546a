from tests.api.counter import Counter, person


async def test_a_source_system_is_registered_by_its_first_record_at_the_lowest_trust(
    counter: Counter,
) -> None:
    await counter.take_in(person("张伟", source_version=3))

    [source] = (await counter.get("/v1/admin/source-systems")).json()["items"]

    assert (source["system"], source["trust"], source["ordering"]) == ("core", 0, "version")


async def test_a_source_that_has_sent_nothing_is_described_by_one_person(counter: Counter) -> None:
    put = await counter.ask("PUT", "/v1/admin/source-systems/core", {"trust": 80})

    assert (put.status_code, put.json()["trust"]) == (200, 80)
    assert (await counter.get("/v1/admin/source-systems/core")).json()["trust"] == 80


async def test_a_change_of_trust_is_a_rule_set_version_that_a_second_person_lets_decide(
    counter: Counter,
) -> None:
    body = {"birth_date": "1990-03-07", "documents": [{"kind": "passport", "number": "E12345678"}]}
    number = await counter.number("张伟", **body, occupation="engineer")
    await counter.take_in(person("张伟", **body, source_system="cards", occupation="pilot"))

    put = await counter.ask(
        "PUT", "/v1/admin/source-systems/core", {"name": "Core banking", "trust": 80}
    )
    waiting = (await counter.get("/v1/admin/source-systems/core")).json()
    await counter.approved(put)

    read = (await counter.get("/v1/admin/source-systems/core")).json()
    sets = (await counter.get("/v1/admin/rule-sets")).json()["items"]
    assert put.json()["proposal"]["kind"] == "rules"
    assert (waiting["trust"], waiting["name"]) == (0, "Core banking")
    assert read["trust"] == 80
    assert [(each["version"], each["is_active"]) for each in sets] == [(2, True), (1, False)]
    told = (await counter.get(f"/v1/customers/{number}/records")).json()
    assert told["version"] == 2


async def test_a_rule_set_is_read_added_as_a_draft_and_proposed(counter: Counter) -> None:
    rules = (await counter.get("/v1/admin/rule-sets/1")).json()

    added = await counter.post(
        "/v1/admin/rule-sets", {"rules": {**rules["rules"], "name": "stricter"}}
    )
    version = added.json()["version"]
    proposed = await counter.post(
        f"/v1/admin/rule-sets/{version}/activate", {"reason": "after the audit"}
    )

    assert (added.status_code, version) == (201, 2)
    assert added.headers["location"] == "/v1/admin/rule-sets/2"
    assert proposed.status_code == 202
    assert (await counter.get("/v1/admin/rule-sets")).json()["items"][1]["is_active"]


async def test_a_wrong_line_of_a_rule_set_is_named(counter: Counter) -> None:
    rules = (await counter.get("/v1/admin/rule-sets/1")).json()["rules"]
    rules["masks"]["colour"] = "red"

    wrong = await counter.post("/v1/admin/rule-sets", {"rules": rules})
    no_toml = await counter.post("/v1/admin/rule-sets", {"toml": "a = ["})
    both = await counter.post("/v1/admin/rule-sets", {"toml": "a = 1", "rules": {}})

    del rules["masks"]["colour"]
    weights = rules["matching"]["person"]["weights"]
    weights["sex"]["perhaps"] = weights["sex"].pop("different")
    no_level = await counter.post("/v1/admin/rule-sets", {"rules": rules})

    assert [(each["field"], each["message"]) for each in no_level.json()["errors"]] == [
        ("matching.person.weights.sex.different", "this level is missing"),
        ("matching.person.weights.sex.perhaps", "there is no such level"),
    ]
    assert [each["field"] for each in wrong.json()["errors"]] == ["masks.colour"]
    assert [each["field"] for each in no_toml.json()["errors"]] == ["toml"]
    assert {each.status_code for each in (wrong, no_toml, both)} == {422}
