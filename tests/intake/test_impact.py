from pathlib import Path

import pytest

from ecif import customers, intake, policy, stewardship
from ecif.identity import Person
from ecif.intake import Impact, RulesChanged, sample_rows
from ecif.rules import Band, default_rules
from ecif.store import Work
from tests import postgres
from tests.bank import ANNA, Bank, person
from tests.intake.drafts import Nobody, activate, arrive, impact_of, traces, with_limits
from tests.intake.taking_in import open_desk

SHIPPED = default_rules()
STRICT = with_limits(SHIPPED, automatic=60.0)


def wei(**said: object) -> Person:
    return person("张伟", "+8613812345678", birth_date="1990-03-07", **said)


async def test_a_draft_that_would_link_two_customers_names_them_and_changes_nothing(
    bank: Bank,
) -> None:
    await activate(bank, STRICT)
    numbers = await arrive(bank, wei(), wei())
    before = await traces(bank)

    impact = await impact_of(bank, SHIPPED)

    [change] = impact.samples
    assert len(set(numbers)) == 2
    assert (impact.looked_at, impact.told, impact.linked, impact.parted) == (2, 1, 1, 0)
    assert (change.kind, change.customers) == ("linked", tuple(sorted(numbers)))
    assert change.bands == (Band.REVIEW, Band.AUTOMATIC)
    assert change.before.bits == change.after.bits
    assert await traces(bank) == before


async def test_a_draft_like_the_active_rules_changes_nothing(bank: Bank) -> None:
    await arrive(bank, wei(), wei(), person("张伟"), person("张玮", "+8613812345678"))

    impact = await impact_of(bank, SHIPPED)

    assert (impact.told, impact.linked, impact.parted, impact.moved.total()) == (0, 0, 0, 0)


async def test_a_stricter_draft_would_part_a_customer(bank: Bank) -> None:
    [number, _] = await arrive(bank, wei(), wei())

    impact = await impact_of(bank, STRICT)

    [change] = impact.samples
    assert (impact.parted, change.kind, change.customers) == (1, "parted", (number,))
    assert change.bands == (Band.AUTOMATIC, Band.REVIEW)


async def test_what_a_person_has_brought_together_is_not_parted_by_a_draft(bank: Bank) -> None:
    await activate(bank, STRICT)
    one, two = await arrive(bank, wei(), wei())
    await bank.do(
        lambda work: stewardship.merge(work, one, [two], reason="seen", seen_version=None)
    )
    third = await arrive(bank, wei())
    await activate(bank, SHIPPED)
    await bank.do(
        lambda work: stewardship.merge(work, third[0], [one], reason="seen", seen_version=None)
    )

    impact = await impact_of(bank, STRICT)

    assert impact.parted == 0


async def test_what_a_person_keeps_apart_is_not_linked_by_a_draft(bank: Bank) -> None:
    await activate(bank, STRICT)
    one, two = await arrive(bank, wei(), wei())

    async def keep_apart(work: Work) -> None:
        left, right = [await customers.get_clear(work, number) for number in (one, two)]
        ids = [[record.id for record in each.records] for each in (left, right)]
        await customers.part(work, *ids, because="review:test")

    await bank.do(keep_apart)
    impact = await impact_of(bank, SHIPPED)

    assert (impact.linked, impact.moved.total()) == (0, 0)


async def test_contradicting_documents_are_moved_to_a_person_at_most(bank: Bank) -> None:
    await activate(bank, with_limits(SHIPPED, automatic=60.0, review=60.0))
    documents = ("110101199003070038", "11010119900307109X")
    await arrive(
        bank, *(wei(documents=({"kind": "cn_resident_id", "number": each},)) for each in documents)
    )

    impact = await impact_of(bank, with_limits(SHIPPED, automatic=-40.0, review=-40.0))

    assert impact.linked == 0
    assert impact.moved == {(Band.NONE, Band.REVIEW): 1}


async def test_where_existing_customers_are_left_to_people_a_draft_links_none(bank: Bank) -> None:
    await activate(bank, STRICT)
    await arrive(bank, wei(), wei())

    impact = await impact_of(bank, with_limits(SHIPPED, merge_existing="review"))

    assert impact.linked == 0


@pytest.mark.journey
async def test_every_change_is_told_once_however_many_are_looked_at_in_one_go(
    database_url: str, tmp_path: Path
) -> None:
    async with open_desk(database_url, tmp_path) as desk:
        await activate(desk.bank, with_limits(SHIPPED, automatic=25.0))
        await desk.take_in_rows(list(sample_rows(rows=400, seed=5)), source_system=None)
        draft = with_limits(SHIPPED, automatic=-4.0, review=-30.0)

        async def in_steps_of(size: int) -> Impact:
            async def story(work: Work) -> Impact:
                total, after = Impact(), 0
                while ids := await customers.customer_ids_after(work, after, limit=size):
                    total.add(
                        await intake.impact_on(work, draft, ids, most_samples=500), most_samples=500
                    )
                    after = ids[-1]
                return total

            return await desk.bank.do(story)

        whole, small, single = [await in_steps_of(size) for size in (1_000, 13, 1)]

    def told(impact: Impact) -> list[tuple[str, tuple[str, ...]]]:
        return sorted((each.kind, each.customers) for each in impact.samples)

    assert whole.linked > 3
    assert whole.moved.total() > 3
    assert len(set(told(whole))) == len(told(whole))
    assert told(small) == told(single) == told(whole)
    assert (small.told, single.told) == (whole.told, whole.told)


async def test_an_activation_meanwhile_ends_the_look_at_all(bank: Bank, database_url: str) -> None:
    await arrive(bank, wei())
    await bank.do(lambda work: policy.add_rule_set(work, STRICT))

    class Hasty(Nobody):
        """Has another rule set activated by somebody else after the first batch."""

        def advance(self, parts: int) -> None:
            postgres.execute(database_url, "UPDATE active_rule_set SET version = 2")

    with pytest.raises(RulesChanged):
        await intake.impact_on_all(bank.database, ANNA, STRICT, Hasty(), most_samples=0)
