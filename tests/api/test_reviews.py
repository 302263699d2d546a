from typing import Any

from tests.api.counter import Counter, person


async def doubt(counter: Counter) -> tuple[str, list[str]]:
    """Two records with one name and one birth date, which the rules leave to a person."""
    first = await counter.number("张伟", birth_date="1990-03-07", employer="Acme")
    told = await counter.take_in(
        person("张伟", birth_date="1990-03-07", source_system="cards", employer="Bravo")
    )
    assert told["decision"]["band"] == "review", told["decision"]
    assert told["customer_no"] != first
    return told["decision"]["review_id"], [first, told["customer_no"]]


async def decide(counter: Counter, review: dict[str, Any], word: str, **more: Any) -> Any:
    body = {"decision": word, "reason": "both were at the counter", "seen": review["seen"], **more}
    return await counter.post(f"/v1/admin/reviews/{review['review_id']}/decision", body)


async def test_a_doubt_is_listed_and_laid_out_masked(counter: Counter) -> None:
    review_id, numbers = await doubt(counter)

    [line] = (await counter.get("/v1/admin/reviews")).json()["items"]
    answer = await counter.get(f"/v1/admin/reviews/{review_id}")

    case = answer.json()
    assert line["review_id"] == review_id
    assert sorted(each["customer_no"] for each in line["customers"]) == numbers
    assert case["seen"] == {numbers[0]: 1, numbers[1]: 1}
    assert [side["customer"]["customer_no"] for side in case["sides"]] == numbers[::-1]
    assert case["ties"][0]["evidence"]
    for secret in ("张伟", "1990-03-07"):
        assert secret not in answer.text


async def test_same_makes_one_customer(counter: Counter) -> None:
    review_id, numbers = await doubt(counter)
    review = (await counter.get(f"/v1/admin/reviews/{review_id}")).json()

    answer = await decide(counter, review, "same")
    again = await decide(counter, review, "same")

    assert answer.status_code == 200
    assert answer.json()["review"]["status"] == "decided"
    assert answer.json()["merges"][0]["absorbed"] == numbers[1]
    assert (await counter.get(f"/v1/customers/{numbers[1]}")).json()["customer_no"] == numbers[0]
    assert (again.status_code, again.json()["type"]) == (
        409,
        "urn:ecif:problem:review-already-decided",
    )


async def test_different_keeps_them_apart_and_unsure_leaves_it_to_others(counter: Counter) -> None:
    review_id, numbers = await doubt(counter)
    review = (await counter.get(f"/v1/admin/reviews/{review_id}")).json()

    unsure = await decide(counter, review, "unsure")
    different = await decide(counter, review, "different")

    assert (unsure.json()["review"]["status"], unsure.json()["review"]["judgement"]) == (
        "open",
        "unsure",
    )
    assert different.json()["anti_links"] == 1
    assert (await counter.get("/v1/admin/reviews")).json()["items"] == []
    for number in numbers:
        assert (await counter.get(f"/v1/customers/{number}")).json()["customer_no"] == number


async def test_a_decision_on_what_has_changed_since_is_refused(counter: Counter) -> None:
    review_id, numbers = await doubt(counter)
    review = (await counter.get(f"/v1/admin/reviews/{review_id}")).json()
    pin = {"field": "sex", "value": "male", "reason": "as the customer says"}
    await counter.post(f"/v1/customers/{numbers[0]}/pins", pin)

    answer = await decide(counter, review, "same")

    assert answer.status_code == 409
    assert answer.json()["changed"] == [numbers[0]]


async def test_a_claimed_review_is_left_to_its_steward(counter: Counter) -> None:
    review_id, _ = await doubt(counter)
    berta = counter.token(subject="berta")
    path = f"/v1/admin/reviews/{review_id}/claim"

    claimed = await counter.post(path)
    by_another = await counter.post(path, token=berta)
    mine = await counter.get("/v1/admin/reviews?claimed_by=anna")
    released = await counter.ask("DELETE", path)
    then = await counter.post(path, token=berta)

    assert (claimed.status_code, claimed.json()["claimed_by"]) == (200, "anna")
    assert (by_another.status_code, by_another.json()["claimed_by"]) == (409, "anna")
    assert len(mine.json()["items"]) == 1
    assert released.json()["claimed_by"] is None
    assert then.status_code == 200


async def test_a_bad_decision_is_named(counter: Counter) -> None:
    review_id, _ = await doubt(counter)
    review = (await counter.get(f"/v1/admin/reviews/{review_id}")).json()

    perhaps = await decide(counter, review, "perhaps")
    unseen = await decide(counter, {**review, "seen": {"12": 1}}, "same")

    assert [each["field"] for each in perhaps.json()["errors"]] == ["decision"]
    assert (perhaps.status_code, unseen.status_code) == (422, 422)
