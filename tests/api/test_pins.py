from tests.api.counter import Counter


async def test_a_pin_outranks_the_records_until_it_is_released(counter: Counter) -> None:
    number = await counter.number("张伟", birth_date="1990-03-07")
    pin = {"field": "birth_date", "value": "1991-01-01", "reason": "seen in the passport"}
    path = f"/v1/customers/{number}/pins"

    pinned = await counter.post(path, pin, headers={"If-Match": '"v1.m1"'})
    records = (await counter.get(f"/v1/customers/{number}/records")).json()
    stale = await counter.post(path, pin, headers={"If-Match": '"v1.m1"'})
    released = await counter.ask("DELETE", f"{path}/birth_date")
    again = await counter.ask("DELETE", f"{path}/birth_date")

    provenance = {each["field"]: each for each in records["provenance"]}
    assert pinned.json()["customer"]["golden"]["birth_date"] == "1991-**-**"
    assert provenance["birth_date"] == {"field": "birth_date", "is_pinned": True, "records": []}
    assert stale.status_code == 412
    assert released.json()["customer"]["golden"]["birth_date"] == "1990-**-**"
    assert (again.status_code, again.json()["type"]) == (404, "urn:ecif:problem:pin-not-found")


async def test_a_value_that_does_not_fit_its_field_is_refused_by_its_path(counter: Counter) -> None:
    number = await counter.number("张伟")
    path = f"/v1/customers/{number}/pins"
    reason = "seen in the passport"

    no_date = await counter.post(
        path, {"field": "birth_date", "value": "1990-02-30", "reason": reason}
    )
    no_field = await counter.post(path, {"field": "salary", "value": 7, "reason": reason})
    of_companies = await counter.post(path, {"field": "industry", "value": "x", "reason": reason})

    for answer in (no_date, no_field, of_companies):
        assert answer.status_code == 422
        assert "1990-02-30" not in answer.text
    assert no_field.json()["errors"][0]["field"] == "field"
