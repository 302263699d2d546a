"""History: everything that happened to a customer, and why its records are together."""

from typing import Final

from ecif.customers.happenings import (
    Happening,
    end_of,
    links_told,
    merges_told,
    partings_told,
    pins_told,
    record_ids_of,
    versions_told,
)
from ecif.store import Work

_ORDER: Final = {
    "linked": 0,
    "merged": 1,
    "unmerged": 2,
    "unlinked": 3,
    "kept_apart": 4,
    "pinned": 5,
    "version": 6,
}
"""What comes first of that which happened at one moment."""


async def history_of(work: Work, customer_id: int) -> list[Happening]:
    """Everything that happened to one customer, oldest first."""
    records = await record_ids_of(work, customer_id)
    links = await links_told(work, customer_id, [])
    everything = [
        *await versions_told(work, customer_id),
        *links,
        *(end_of(each) for each in links if each.facts["until"] is not None),
        *await merges_told(work, customer_id, []),
        *await partings_told(work, {each.facts["record_id"] for each in links} | set(records)),
        *await pins_told(work, customer_id),
    ]
    return sorted(everything, key=lambda each: (each.at, _ORDER[each.what]))


async def story_of(work: Work, customer_id: int) -> list[Happening]:
    """How a customer was put together: every decision that led its present records here, oldest first."""
    records = await record_ids_of(work, customer_id)
    links = [
        each
        for each in await links_told(work, customer_id, records)
        if each.facts["record_id"] in records
    ]
    merges = {each.facts["merge_id"] for each in links if each.facts["merge_id"] is not None}
    everything = [*links, *await merges_told(work, customer_id, merges)]
    return sorted(everything, key=lambda each: (each.at, _ORDER[each.what]))
