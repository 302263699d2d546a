"""What a merge has joined comes apart again, in whatever order: chains, detached records, anti-links."""

import json

import pytest

from ecif import customers
from ecif.customers import (
    Desk,
    MergeAlreadyUndone,
    MergeBlocked,
    MergeNotFound,
)
from ecif.store import Work
from tests.bank import Bank, person
from tests.customers.merging import detach, kept_apart, merge, unmerge


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
