"""Merging, unmerging and detaching, each as a steward asks for it."""

from ecif import customers
from ecif.customers import (
    Rekeyed,
)
from tests.bank import Bank


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
