from typing import Any

from ecif.rules import default_rules
from tests.api.counter import Counter, person

ZHANG = {"birth_date": "1990-03-07", "phones": [{"number": "13812345678"}]}


async def draft(counter: Counter, **limits: float) -> int:
    """Store a draft with these lines for persons; its version."""
    rules = default_rules().model_dump(mode="json", exclude={"version"})
    rules["matching"]["person"] |= limits
    added = await counter.post("/v1/admin/rule-sets", {"rules": rules})
    return int(added.json()["version"])


async def customers_in_doubt(counter: Counter) -> list[str]:
    """Customers that the active rules leave to a person and the shipped ones would link; their numbers."""
    strict = await draft(counter, automatic_at_bits=80.0)
    path = f"/v1/admin/rule-sets/{strict}/activate"
    await counter.approved(await counter.post(path, {"reason": "be careful"}))
    told = [await counter.take_in(person("张伟", **ZHANG)) for _ in range(2)]
    return sorted(each["customer_no"] for each in told)


async def test_the_customers_that_a_draft_would_link_are_listed_with_masked_reasons(
    counter: Counter,
) -> None:
    numbers = await customers_in_doubt(counter)

    answer = await counter.get("/v1/admin/rule-sets/1/impact")

    told = answer.json()
    [change] = told["items"]
    evidence = {each["about"]: each for each in change["after"]["evidence"]}
    assert (told["version"], told["active_version"], told["complete"]) == (1, 2, True)
    assert (told["customers"], told["looked_at"], told["linked"]) == (2, 2, 1)
    assert (change["kind"], change["customers"]) == ("linked", numbers)
    assert (change["before"]["band"], change["after"]["band"]) == ("review", "automatic")
    assert evidence["phone"]["bits"] > 0
    assert "138****5678" in str(evidence) or "138***5678" in str(evidence)
    assert "12345678" not in answer.text
    assert "张伟" not in answer.text


async def test_all_pages_of_an_impact_tell_what_one_page_tells(counter: Counter) -> None:
    await customers_in_doubt(counter)
    await counter.take_in(person("王芳"))
    whole = (await counter.get("/v1/admin/rule-sets/1/impact")).json()

    pages: list[dict[str, Any]] = []
    after = ""
    while not pages or pages[-1]["next"]:
        page = (await counter.get(f"/v1/admin/rule-sets/1/impact?limit=1{after}")).json()
        pages.append(page)
        after = f"&after={page['next']}"

    assert [page["looked_at"] for page in pages] == [1, 1, 1]
    assert not any(page["complete"] for page in pages)
    assert [each for page in pages for each in page["items"]] == whole["items"]
    assert sum(page["linked"] for page in pages) == whole["linked"] == 1


async def test_a_sample_tells_how_many_customers_a_draft_concerns(counter: Counter) -> None:
    await customers_in_doubt(counter)
    for name in ("王芳", "李娜", "Jana Nováková"):
        await counter.take_in(person(name))

    whole = (await counter.post("/v1/admin/rule-sets/1/impact", {})).json()
    some = (await counter.post("/v1/admin/rule-sets/1/impact", {"customers": 3})).json()

    assert (whole["complete"], whole["looked_at"]) == (True, 5)
    assert whole["affected_customers"] == {"value": 1, "low": 1, "high": 1}
    assert (some["complete"], some["looked_at"], some["customers"]) == (False, 3, 5)
    assert some["affected_customers"]["low"] <= 1 <= some["affected_customers"]["high"]


async def test_there_is_no_impact_of_a_rule_set_that_nobody_stored(counter: Counter) -> None:
    await counter.take_in(person())

    read = await counter.get("/v1/admin/rule-sets/99/impact")
    asked = await counter.post("/v1/admin/rule-sets/99/impact", {})

    assert {read.status_code, asked.status_code} == {404}
    assert read.json()["type"].endswith("rule-set-not-found")
