"""All stored customers asked again whose they are, as `ecif customers dedupe` does."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from ecif import customers, intake, stewardship
from ecif.identity import Person
from ecif.intake import Sweep, sample_rows
from ecif.rules import default_rules
from ecif.store import Statement, Work
from tests.bank import ANNA, Bank, person
from tests.intake.drafts import Nobody, activate, arrive, impact_of, traces, with_limits
from tests.intake.taking_in import open_desk, pairs_of
from tests.stewardship.doubts import decision

SHIPPED = default_rules()
STRICT = with_limits(SHIPPED, automatic=60.0)
SILENT = with_limits(SHIPPED, automatic=60.0, review=60.0)
_RECORDS = Statement(text("SELECT id FROM source_record"))
ALMOST = person("张伟", birth_date="1990-03-07")


def wei(**said: object) -> Person:
    return person("张伟", "+8613812345678", birth_date="1990-03-07", **said)


async def sweep(bank: Bank) -> Sweep:
    return await intake.sweep_all(bank.database, ANNA, Nobody())


async def say_different(bank: Bank, review_id: UUID) -> None:
    said = await decision(bank, review_id, "different")
    await bank.do(lambda work: stewardship.decide(work, review_id, said))


async def open_reviews(bank: Bank) -> list[dict[str, object]]:
    return await bank.rows("SELECT id, records, kind FROM review WHERE status = 'open'")


async def test_customers_that_are_the_same_under_new_rules_are_joined_by_an_ordinary_merge(
    bank: Bank,
) -> None:
    await activate(bank, STRICT)
    older, younger = await arrive(bank, wei(), wei())
    waiting = await open_reviews(bank)
    await activate(bank, SHIPPED)

    done = await sweep(bank)

    now = await bank.look(younger)
    merged = [each for each in await bank.events() if each["type"] == "ecif.customer.merged.v1"]
    audited = await bank.rows("SELECT action FROM audit_entry WHERE action LIKE 'customer%'")
    [merge] = await bank.rows("SELECT id, method, rules_version FROM merge")
    assert (done.looked_at, done.joined, done.in_review) == (2, 1, 0)
    assert (now.customer_no, len(now.records)) == (older, 2)
    assert {each["subject"] for each in merged} == {older, younger}
    assert (merge["method"], merge["rules_version"]) == ("rules", 3)
    assert [each["action"] for each in audited] == ["customer.merge", "customers.dedupe"]
    assert (len(waiting), await open_reviews(bank)) == (1, [])


async def test_a_join_by_a_sweep_can_be_taken_back_and_is_not_made_again(bank: Bank) -> None:
    await activate(bank, STRICT)
    _, younger = await arrive(bank, wei(), wei())
    await activate(bank, SHIPPED)
    await sweep(bank)
    [merge] = await bank.rows("SELECT id FROM merge")

    merge_id = UUID(str(merge["id"]))
    await bank.do(lambda work: stewardship.unmerge(work, merge_id, reason="two people"))
    again = await sweep(bank)

    assert (again.joined, again.in_review) == (0, 0)
    assert (await bank.look(younger)).customer_no == younger


async def test_a_doubt_is_put_before_a_person_once(bank: Bank) -> None:
    await activate(bank, SILENT)
    await arrive(bank, wei(), ALMOST)
    await activate(bank, SHIPPED)

    first = await sweep(bank)
    waiting = await open_reviews(bank)
    second = await sweep(bank)

    assert (first.joined, first.in_review) == (0, 1)
    assert (second.joined, second.in_review) == (0, 0)
    assert len(waiting) == 1
    assert await open_reviews(bank) == waiting


async def test_what_a_person_called_different_stays_so(bank: Bank) -> None:
    await activate(bank, STRICT)
    older, younger = await arrive(bank, wei(), wei())
    [review] = await open_reviews(bank)
    await say_different(bank, UUID(str(review["id"])))
    await activate(bank, SHIPPED)

    done = await sweep(bank)

    assert (done.joined, done.in_review) == (0, 0)
    assert (await bank.look(younger)).customer_no == younger != older


async def test_a_review_that_a_person_has_answered_is_not_opened_again_on_the_same_evidence(
    bank: Bank,
) -> None:
    await arrive(bank, wei(), ALMOST)
    [review] = await open_reviews(bank)
    await say_different(bank, UUID(str(review["id"])))
    await bank.do(_end_all_anti_links)

    on_the_same = await sweep(bank)
    await arrive(bank, person("张伟", birth_date="1990-03-07", sex="male"))

    assert on_the_same.in_review == 0
    assert await open_reviews(bank) != []


async def _end_all_anti_links(work: Work) -> None:
    records = [each["id"] for each in await work.connection.fetch(_RECORDS)]
    standing = await customers.anti_links_of(work, records)
    await customers.end_anti_links(work, standing, (), because="test")


async def test_a_trial_says_what_would_be_done_and_does_nothing(bank: Bank) -> None:
    await activate(bank, SILENT)
    await arrive(bank, wei(), wei(), ALMOST)
    await activate(bank, SHIPPED)
    before = await traces(bank)

    told = await intake.foresee_all(bank.database, ANNA, Nobody())
    untouched = await traces(bank)
    done = await sweep(bank)

    assert untouched == before
    assert (told.looked_at, told.joined, told.in_review) == (3, 1, 1)
    assert (done.looked_at, done.joined, done.in_review) == (3, 1, 1)


async def test_where_existing_customers_are_left_to_people_a_sweep_only_asks(bank: Bank) -> None:
    await activate(bank, SILENT)
    await arrive(bank, wei(), wei())
    await activate(bank, with_limits(SHIPPED, merge_existing="review"))

    done = await sweep(bank)

    assert (done.joined, done.in_review) == (0, 1)


@pytest.mark.journey
@pytest.mark.parametrize("seed", [3, 5])
async def test_a_sweep_finds_what_arrivals_would_have_found_and_a_second_one_changes_nothing(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    rows = list(sample_rows(rows=260, seed=seed))
    async with open_desk(database_url, tmp_path) as desk:
        await activate(desk.bank, SILENT)
        await desk.take_in_rows(rows, source_system=None)
        apart = len(set((await desk.customers()).values()))
        await activate(desk.bank, SHIPPED)
        told = await impact_of(desk.bank, SHIPPED)
        foreseen = await intake.foresee_all(desk.bank.database, ANNA, Nobody())

        first = await sweep(desk.bank)
        groups, waiting = await desk.customers(), await open_reviews(desk.bank)
        before = await traces(desk.bank)
        second = await sweep(desk.bank)
        after = await traces(desk.bank)

    true = pairs_of({str(row["record_id"]): row["cluster_id"] for row in rows})
    found = pairs_of(groups)
    assert told.told == 0
    assert foreseen.joined == first.joined
    assert abs(foreseen.in_review - len(waiting)) <= 1
    assert 0 < len(waiting) <= first.in_review
    assert first.joined == apart - len(set(groups.values())) > 50
    assert len(found & true) >= 0.9 * len(true)
    assert len(found - true) <= 1
    assert (second.joined, second.in_review) == (0, 0)
    assert after == [{**before[0], "audited": int(str(before[0]["audited"])) + 1}]


async def test_a_sweep_that_was_interrupted_goes_on_where_it_ended(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    await activate(bank, SILENT)
    names = [f"+86138{number:08}" for number in range(12)]
    for phone in names:
        await arrive(bank, *(person("张伟", phone, birth_date="1990-03-07") for _ in range(2)))
    await activate(bank, SHIPPED)

    class Interrupted(Nobody):
        """Goes away after the first page."""

        def advance(self, parts: int) -> None:
            raise KeyboardInterrupt

    class Counting(Nobody):
        """Counts what is left."""

        ahead = 0

        def stage(self, name: str, total: int) -> None:
            self.ahead = total

    monkeypatch.setattr("ecif.intake.sweeping.PAGE", 10)
    watch = Counting()
    with pytest.raises(KeyboardInterrupt):
        await intake.sweep_all(bank.database, ANNA, Interrupted())

    done = await intake.sweep_all(bank.database, ANNA, watch)

    assert watch.ahead == 14
    assert (done.looked_at, done.joined) == (24, 12)
