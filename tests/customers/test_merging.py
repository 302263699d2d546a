import asyncio
import json
from datetime import datetime

import pytest

from ecif import customers
from ecif.customers import (
    CustomerNotLive,
    Desk,
    KindsDiffer,
    MergeAlreadyUndone,
    MergeBlocked,
    MergeNotFound,
    NothingToDetach,
    Rekeyed,
    SameCustomer,
)
from ecif.errors import Busy, CustomerNotFound, PreconditionFailed
from ecif.identity import Name, Organisation
from ecif.store import Work
from tests.bank import Bank, open_bank, person


async def merge(bank: Bank, survivor: str, *absorb: str, seen: int | None = None) -> Rekeyed:
    return await bank.do(
        lambda work: customers.merge(work, survivor, absorb, reason="one person", seen_version=seen)
    )


async def unmerge(bank: Bank, done: Rekeyed, place: int = 0) -> Rekeyed:
    merge_id = done.rekeyings[place].id
    return await bank.do(lambda work: customers.unmerge(work, merge_id, reason="two after all"))


async def detach(bank: Bank, number: str, *records: int) -> Rekeyed:
    return await bank.do(
        lambda work: customers.detach(work, number, records, reason="somebody else")
    )


async def kept_apart(bank: Bank, one: int, other: int) -> bool:
    links = await bank.do(lambda work: customers.anti_links_of(work, [one]))
    return any(link.parts([one], [other]) for link in links)


async def test_the_survivor_has_all_records_and_the_absorbed_number_leads_to_it(bank: Bank) -> None:
    ann, anne = await bank.people("Ann", "Anne")

    await merge(bank, ann.no, anne.no)

    seen = await bank.look(anne.no)
    assert seen.customer_no == ann.no
    assert [record.id for record in seen.records] == [*ann.records, *anne.records]


async def test_unmerging_gives_both_back_as_they_were(bank: Bank) -> None:
    ann = await bank.customer(person("Ann Lee", "+8613800000001"), person("Ann Li"))
    anne = await bank.customer(person("Anne Lee", "+8613800000002", birth_date="1980-01-02"))
    before = [json.dumps((await bank.look(each.no)).values) for each in (ann, anne)]

    await unmerge(bank, await merge(bank, ann.no, anne.no))

    after = [json.dumps((await bank.look(each.no)).values) for each in (ann, anne)]
    assert after == before
    assert (await bank.look(anne.no)).customer_no == anne.no


async def test_what_changed_while_merged_goes_with_its_record(bank: Bank) -> None:
    ann, anne = await bank.people("Ann", "Anne")
    done = await merge(bank, ann.no, anne.no)
    await _say_again(bank, anne.records[0], "Anne Married")

    await unmerge(bank, done)

    assert (await bank.look(anne.no)).values["names"][0]["full"] == "Anne Married"
    assert (await bank.look(ann.no)).values["names"][0]["full"] == "Ann"


async def test_several_numbers_absorbed_at_once_are_a_merge_each(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")

    done = await merge(bank, a.no, b.no, c.no)
    await unmerge(bank, done, 0)

    assert len({rekeying.id for rekeying in done.rekeyings}) == 2
    assert (await bank.look(b.no)).customer_no == b.no
    assert (await bank.look(c.no)).customer_no == a.no


async def test_a_chain_of_merges_leads_in_one_hop_and_can_be_undone_from_below(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    lower = await merge(bank, b.no, a.no)
    upper = await merge(bank, c.no, b.no)
    assert (await bank.look(a.no)).customer_no == c.no

    await unmerge(bank, lower)
    assert (await bank.look(a.no)).customer_no == a.no
    assert (await bank.look(b.no)).customer_no == c.no

    await unmerge(bank, upper)
    assert [record.id for record in (await bank.look(b.no)).records] == b.records


async def test_a_chain_of_merges_can_be_undone_from_above(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    lower = await merge(bank, b.no, a.no)
    upper = await merge(bank, c.no, b.no)

    await unmerge(bank, upper)
    assert (await bank.look(a.no)).customer_no == b.no

    await unmerge(bank, lower)
    for each in (a, b, c):
        seen = await bank.look(each.no)
        assert seen.customer_no == each.no
        assert [record.id for record in seen.records] == each.records


async def test_undoing_the_upper_of_two_merges_leaves_the_lower_one_to_be_undone(
    bank: Bank,
) -> None:
    a, b, c = await bank.people("A", "B", "C")
    lowest = await merge(bank, b.no, a.no)
    await merge(bank, c.no, b.no)
    d = await bank.customer(person("D"))
    highest = await merge(bank, d.no, c.no)

    await unmerge(bank, highest)
    await unmerge(bank, lowest)

    assert (await bank.look(a.no)).customer_no == a.no
    assert (await bank.look(b.no)).customer_no == c.no


async def test_a_detached_record_blocks_the_reversal_of_its_merge(bank: Bank) -> None:
    a = await bank.customer(person("A"), person("A too"))
    [b] = await bank.people("B")
    done = await merge(bank, b.no, a.no)
    await detach(bank, b.no, a.records[0])

    with pytest.raises(MergeBlocked) as refusal:
        await unmerge(bank, done)

    assert refusal.value.facts == {"record_id": str(a.records[0])}


async def test_a_record_merged_back_after_it_was_detached_names_the_merge_that_blocks(
    bank: Bank,
) -> None:
    a = await bank.customer(person("A"), person("A too"))
    [b] = await bank.people("B")
    done = await merge(bank, b.no, a.no)
    apart = (await detach(bank, b.no, a.records[0])).rekeyings[0].absorbed
    back = await merge(bank, b.no, apart.customer_no)

    with pytest.raises(MergeBlocked) as refusal:
        await unmerge(bank, done)

    assert refusal.value.facts["merge_id"] == str(back.rekeyings[0].id)


async def test_meeting_a_detached_record_again_higher_up_does_not_unblock_its_merge(
    bank: Bank,
) -> None:
    a = await bank.customer(person("A"), person("A too"))
    [b] = await bank.people("B")
    done = await merge(bank, b.no, a.no)
    apart = (await detach(bank, b.no, a.records[0])).rekeyings[0].absorbed
    await merge(bank, apart.customer_no, b.no)

    with pytest.raises(MergeBlocked) as refusal:
        await unmerge(bank, done)

    assert refusal.value.facts == {"record_id": str(a.records[0])}


async def test_an_undone_merge_cannot_be_undone_again(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    done = await merge(bank, a.no, b.no)
    await unmerge(bank, done)

    with pytest.raises(MergeAlreadyUndone):
        await unmerge(bank, done)


async def test_a_merge_of_other_customers_is_not_found_at_this_one(bank: Bank) -> None:
    a, b, c = await bank.people("A", "B", "C")
    done = await merge(bank, a.no, b.no)

    with pytest.raises(MergeNotFound):
        await bank.do(
            lambda work: customers.unmerge(work, done.rekeyings[0].id, reason="x", customer_no=c.no)
        )


async def test_those_who_were_unmerged_stay_apart(bank: Bank) -> None:
    a, b = await bank.people("A", "B")
    await unmerge(bank, await merge(bank, a.no, b.no))

    assert await kept_apart(bank, a.records[0], b.records[0])


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


async def _say_again(bank: Bank, record_id: int, name: str) -> None:
    async def story(work: Work) -> None:
        desk = Desk(work, await customers.take_out(work, record_ids=[record_id]))
        [record] = [f.records[record_id] for f in desk.folders.values() if record_id in f.records]
        new = customers.NewRecord(
            source_system=record.source_system,
            source_key=record.source_key,
            identity=person(name),
        )
        desk.replace(record, new, customers.digest_of(work, new))
        await customers.put_back(desk)

    await bank.do(story)


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
