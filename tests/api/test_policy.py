import stat
from math import log2
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import text

from ecif.dedupe import Options, read_rules, rules_for, write_rules
from ecif.rules import default_rules
from ecif.store import Statement
from tests.api.counter import Counter, person
from tests.sweep import CANARY_FAMILY_NAME


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


def learned_file(folder: Path) -> Path:
    """A rule file learned from a file in which one name is borne often and one by few."""
    given = [CANARY_FAMILY_NAME] * 60 + ["Rarebird"] * 4 + ["James", "John"] * 60
    rows = {
        "record_id": [str(number) for number in range(len(given))],
        "given_name": given,
        "family_name": [f"Novak{chr(97 + number % 26)}" for number in range(len(given))],
        "birth_date": [
            f"19{number % 89 + 10}-{number % 12 + 1:02}-11" for number in range(len(given))
        ],
    }
    rules = rules_for(pl.DataFrame(rows), Options(default_rules().matching)).rules
    learned = default_rules().model_copy(update={"name": "learned", "matching": rules})
    write_rules(folder / "learned.toml", learned)
    return folder / "learned.toml"


async def test_names_learned_from_a_file_decide_without_lying_anywhere_in_clear(
    counter: Counter, tmp_path: Path
) -> None:
    name = CANARY_FAMILY_NAME.lower()
    file = learned_file(tmp_path)
    toml = file.read_text()

    added = await counter.post("/v1/admin/rule-sets", {"toml": toml})
    path = added.headers["location"]
    proposed = await counter.post(f"{path}/activate", {"reason": "learned from the file"})
    approved = await counter.approved(proposed)
    told = await counter.get(path)
    again = await counter.post("/v1/admin/rule-sets", {"rules": told.json()["rules"]})
    for key in ("19900307", "19900308"):
        body = person(birth_date="1990-03-07")
        body["names"] = [{"given": CANARY_FAMILY_NAME, "family": "Novak"}]
        decided = await counter.take_in({**body, "source_key": key})

    assert name in toml
    assert "rarebird" not in toml
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(told.json()["rules"]["matching"]["frequencies"]["learned"]["given_name"]) == 1
    assert again.json()["digest"] == added.json()["digest"]
    async with counter.database.connection() as connection:
        rows = await connection.fetch(Statement(text("SELECT content FROM rule_set_version")))
    stored = [str(row["content"]) for row in rows]
    assert len(stored) == 3
    answers = (added.text, str(approved), told.text, again.text)
    assert not any(name in each.lower() for each in (*answers, *stored))
    [shared] = [
        each["bits"]
        for each in decided["decision"]["evidence"]
        if each["about"] == "given_name_frequency"
    ]
    rules = read_rules(file).matching
    average = rules.person.weights["given_name"]["exact"].u
    assert shared == pytest.approx(log2(average / rules.frequencies.given_name[name]), abs=0.01)


async def test_the_many_names_of_a_large_bank_go_in_and_come_back(counter: Counter) -> None:
    rules = (await counter.get("/v1/admin/rule-sets/1")).json()["rules"]
    frequencies = rules["matching"]["frequencies"]
    frequencies["counted"] = {**frequencies.get("counted", {}), "given_name": 10_000_000}
    frequencies["given_name"] |= {f"name{number}": 1e-5 for number in range(8_000)}

    added = await counter.post("/v1/admin/rule-sets", {"rules": rules})
    told = await counter.get(added.headers["location"])
    again = await counter.post("/v1/admin/rule-sets", {"rules": told.json()["rules"]})

    assert len(told.content) > 262_144
    assert len(told.json()["rules"]["matching"]["frequencies"]["learned"]["given_name"]) == 8_000
    assert (again.status_code, again.json()["digest"]) == (201, added.json()["digest"])


async def test_hashes_that_are_no_hashes_or_of_another_bank_are_refused(counter: Counter) -> None:
    rules = (await counter.get("/v1/admin/rule-sets/1")).json()["rules"]
    name = CANARY_FAMILY_NAME.lower()
    mark = "00" * 16
    answers = []
    for table in ({name: 0.1}, {mark: 0.1}):
        learned = {"key_version": 1, "key_mark": mark, "family_name": table}
        rules["matching"]["frequencies"]["learned"] = learned
        answers.append(await counter.post("/v1/admin/rule-sets", {"rules": rules}))

    assert [answer.status_code for answer in answers] == [422, 422]
    fields = [[each["field"] for each in answer.json()["errors"]] for answer in answers]
    assert fields == [
        ["matching.frequencies.learned.family_name"],
        ["matching.frequencies.learned"],
    ]
    assert not any(name in answer.text for answer in answers)
