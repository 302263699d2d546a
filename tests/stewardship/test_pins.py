import pytest

from ecif import customers, stewardship
from ecif.customers import Folder, PinNotFound
from ecif.errors import PreconditionFailed, Unprocessable
from ecif.identity import Name, Organisation
from ecif.stewardship import NewPin
from ecif.stewardship.pins import pinned_value
from tests.bank import Bank, person


async def pin(
    bank: Bank, number: str, field: str, value: object, seen: int | None = None
) -> Folder:
    new = NewPin(field=field, value=value, reason="seen the papers")
    done = await bank.do(lambda work: stewardship.pin(work, number, new, seen_version=seen))
    assert isinstance(done, Folder)
    return done


async def release(bank: Bank, number: str, field: str) -> None:
    await bank.do(
        lambda work: stewardship.release_pin(work, number, field, reason="x", seen_version=None)
    )


async def test_a_pin_outranks_the_records_until_it_is_released(bank: Bank) -> None:
    a = await bank.customer(person("A", employer="Mill"))

    await pin(bank, a.no, "employer", "Mint")
    assert (await bank.look(a.no)).values["employer"] == "Mint"
    await release(bank, a.no, "employer")

    assert (await bank.look(a.no)).values["employer"] == "Mill"
    assert [row["has_pins"] for row in await bank.rows("SELECT has_pins FROM customer")] == [False]


async def test_a_later_pin_takes_the_place_of_an_earlier_one(bank: Bank) -> None:
    [a] = await bank.people("A")
    await pin(bank, a.no, "employer", "Mint")

    await pin(bank, a.no, "employer", "Mall")

    assert (await bank.look(a.no)).values["employer"] == "Mall"
    rows = await bank.rows("SELECT released_by, until IS NULL AS stands FROM pin ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [("anna", False), (None, True)]


async def test_a_pin_sleeps_while_its_number_is_absorbed_and_wakes_when_it_comes_back(
    bank: Bank,
) -> None:
    a, b = await bank.people("A", "B")
    await pin(bank, b.no, "employer", "Mint")

    done = await bank.do(
        lambda work: customers.merge(work, a.no, [b.no], reason="same", seen_version=None)
    )
    assert "employer" not in (await bank.look(a.no)).values
    with pytest.raises(PinNotFound):
        await release(bank, b.no, "employer")

    merge_id = done.rekeyings[0].id
    await bank.do(lambda work: customers.unmerge(work, merge_id, reason="two"))
    assert (await bank.look(b.no)).values["employer"] == "Mint"


async def test_a_pin_is_a_new_version_and_an_event_that_names_the_field(bank: Bank) -> None:
    [a] = await bank.people("A")

    await pin(bank, a.no, "employer", "Mint", seen=1)

    event = (await bank.events())[-1]
    assert event["type"] == "ecif.customer.updated.v1"
    assert '"changed_fields": ["employer"]' in str(event["data"])
    assert "Mint" not in str(event["data"])
    with pytest.raises(PreconditionFailed):
        await pin(bank, a.no, "employer", "Mall", seen=1)


async def test_a_pin_that_does_not_fit_the_model_names_the_bad_part_only(bank: Bank) -> None:
    [a] = await bank.people("A")

    with pytest.raises(Unprocessable) as refusal:
        await pin(bank, a.no, "phones", [{"kind": "mobile"}, {"number": "1", "colour": "mauve"}])

    assert [each["field"] for each in refusal.value.facts["errors"]] == [
        "value.0.number",
        "value.1.colour",
    ]
    assert "mauve" not in str(refusal.value.facts)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("person", "kind", "organisation"),
        ("person", "industry", "mining"),
        ("person", "extra", {"a": 1}),
        ("person", "birth_date_raw", "long ago"),
        ("organisation", "birth_date", "1980-01-02"),
        ("person", "birth_date", "1980-02-31"),
        ("person", "employer", ""),
        ("person", "employer", None),
        ("person", "documents", []),
        ("person", "documents", [{"kind": "library_card", "number": "1"}]),
        ("person", "sex", "m"),
    ],
)
def test_what_no_golden_record_can_say_is_refused(kind: str, field: str, value: object) -> None:
    with pytest.raises(Unprocessable) as refusal:
        pinned_value(kind, field, value)

    assert refusal.value.facts.get("field") or refusal.value.facts["errors"]


def test_a_pinned_document_says_whether_its_number_is_valid() -> None:
    good = {"kind": "cn_resident_id", "number": "11010519491231002X"}

    [one, two] = pinned_value(
        "person", "documents", [good, good | {"number": "110105194912310021"}]
    )

    assert (one["valid"], two["valid"]) == (True, False)


async def test_organisations_are_pinned_by_their_own_fields(bank: Bank) -> None:
    firm = await bank.customer(Organisation(names=(Name(full="Firm"),)))

    await pin(bank, firm.no, "industry", "mining")

    assert (await bank.look(firm.no)).values["industry"] == "mining"
