import asyncio
from datetime import datetime

import pytest

from ecif import customers
from ecif.customers import (
    CustomerNotLive,
    Desk,
    KindsDiffer,
    MergeAlreadyUndone,
    MergeBlocked,
    NothingToDetach,
    SameCustomer,
)
from ecif.errors import Busy, CustomerNotFound, PreconditionFailed
from ecif.identity import Name, Organisation
from ecif.store import Work
from tests.bank import Bank, open_bank, person
from tests.customers.merging import detach, kept_apart, merge, unmerge


async def test_the_survivor_has_all_records_and_the_absorbed_number_leads_to_it(bank: Bank) -> None:
    ann, anne = await bank.people("Ann", "Anne")

    await merge(bank, ann.no, anne.no)

    seen = await bank.look(anne.no)
    assert seen.customer_no == ann.no
    assert [record.id for record in seen.records] == [*ann.records, *anne.records]


async def test_several_numbers_absorbed_at_once_are_a_merge_each(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")

    done = await merge(bank, a.no, b.no, c.no)
    await unmerge(bank, done, 0)

    assert len({rekeying.id for rekeying in done.rekeyings}) == 2
    assert (await bank.look(b.no)).customer_no == b.no
    assert (await bank.look(c.no)).customer_no == a.no


async def test_a_persons_merge_ends_what_kept_them_apart_and_nothing_else(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    others = [*b.records, *c.records]
    await bank.do(lambda work: customers.part(work, a.records, others, because="review:1"))

    done = await merge(bank, a.no, b.no)

    assert len(done.ended_anti_links) == 1
    assert not await kept_apart(bank, a.records[0], b.records[0])
    assert await kept_apart(bank, a.records[0], c.records[0])


async def test_an_anti_link_of_two_groups_goes_on_for_those_who_did_not_meet(bank: Bank) -> None:
    a, b, c, d = await bank.people("A", "B", "C", "D")
    left, right = [*a.records, *b.records], [*c.records, *d.records]
    await bank.do(lambda work: customers.part(work, left, right, because="review:1"))

    await merge(bank, a.no, c.no)

    assert [
        (one, other) for one in left for other in right if await kept_apart(bank, one, other)
    ] == [
        (a.records[0], d.records[0]),
        (b.records[0], c.records[0]),
        (b.records[0], d.records[0]),
    ]


async def test_what_cannot_be_merged_is_refused(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    firm = await bank.customer(Organisation(names=(Name(full="Firm"),)))

    with pytest.raises(SameCustomer):
        await merge(bank, a.no, b.no, b.no)
    with pytest.raises(SameCustomer):
        await merge(bank, a.no, a.no)
    with pytest.raises(KindsDiffer):
        await merge(bank, a.no, firm.no)
    with pytest.raises(CustomerNotFound):
        await merge(bank, a.no, "10000000009")
    with pytest.raises(PreconditionFailed):
        await merge(bank, a.no, b.no, seen=7)


async def test_closed_customers_are_not_merged(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    await _withdraw(bank, b.records[0])

    with pytest.raises(CustomerNotLive):
        await merge(bank, a.no, b.no)


async def test_all_records_of_a_customer_cannot_leave_it(bank: Bank) -> None:
    [a] = await bank.people("A")

    with pytest.raises(NothingToDetach):
        await detach(bank, a.no, *a.records)


async def test_detached_records_have_a_customer_of_their_own_and_stay_apart(bank: Bank) -> None:
    a = await bank.customer(person("A"), person("B"), person("B"))

    done = await detach(bank, a.no, *a.records[1:])

    apart = await bank.look(done.rekeyings[0].absorbed.customer_no)
    assert [record.id for record in apart.records] == a.records[1:]
    assert apart.values["names"][0]["full"] == "B"
    assert await kept_apart(bank, a.records[0], a.records[2])


async def test_an_absorbed_number_answers_for_every_moment_as_it_stood_then(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    moments = [await _moment(bank)]
    await merge(bank, b.no, a.no)
    moments.append(await _moment(bank))
    upper = await merge(bank, c.no, b.no)
    moments.append(await _moment(bank))
    await unmerge(bank, upper)
    moments.append(await _moment(bank))

    known = [await _known_at(bank, a.no, moment) for moment in moments]

    assert known == [a.no, b.no, c.no, b.no]


async def test_sixteen_stewards_at_once_end_with_one_customer_and_no_error(
    database_url: str,
) -> None:
    async with open_bank(database_url, connections=16) as bank:
        people = await bank.people(*"ABCDEFGH")
        numbers = [each.no for each in people]
        rounds = [(numbers[i % 8], numbers[(i * 3 + 1 + i // 8) % 8]) for i in range(64)]

        async def steward(mine: list[tuple[str, str]]) -> None:
            for one, other in mine:
                try:
                    await merge(bank, one, other)
                except SameCustomer:
                    continue

        await asyncio.gather(*(steward(rounds[i::16]) for i in range(16)))

        homes = {(await bank.look(number)).customer_no for number in numbers}
        standing = await bank.rows("SELECT id FROM merge WHERE undone_at IS NULL")
        assert len(homes) == 8 - len(standing)
        assert len(homes) == 1


async def test_merging_and_undoing_at_once_leaves_every_record_with_one_customer(
    database_url: str,
) -> None:
    async with open_bank(database_url, connections=16) as bank:
        people = await bank.people(*"ABCDEF")
        numbers = [each.no for each in people]

        async def steward(seed: int) -> None:
            for step in range(5):
                one, other = numbers[(seed + step) % 6], numbers[(seed * step + 3) % 6]
                try:
                    done = await merge(bank, one, other)
                    await unmerge(bank, done)
                except (SameCustomer, MergeBlocked, MergeAlreadyUndone, Busy):
                    continue  # busy: somebody was faster six times in a row; the caller may ask again

        await asyncio.gather(*(steward(seed) for seed in range(16)))

        held = [
            record.id
            for number in {(await bank.look(each)).customer_no for each in numbers}
            for record in (await bank.look(number)).records
        ]
        assert sorted(held) == sorted(record for each in people for record in each.records)
        assert await _long_redirects(bank) == []


async def _known_at(bank: Bank, number: str, moment: datetime) -> str:
    return (await bank.do(lambda work: customers.get_as_of(work, number, moment))).customer_no


async def _moment(bank: Bank) -> datetime:
    async def story(work: Work) -> datetime:
        return work.now

    return await bank.do(story)


async def _withdraw(bank: Bank, record_id: int) -> None:
    async def story(work: Work) -> None:
        desk = Desk(work, await customers.take_out(work, record_ids=[record_id]))
        [record] = [f.records[record_id] for f in desk.folders.values() if record_id in f.records]
        desk.withdraw(record)
        await customers.put_back(desk)

    await bank.do(story)


async def _long_redirects(bank: Bank) -> list[dict[str, object]]:
    return await bank.rows(
        """
        SELECT a.customer_no FROM customer a JOIN customer b ON b.id = a.merged_into_id
        WHERE b.merged_into_id IS NOT NULL
        """
    )
