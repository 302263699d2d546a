"""Source records by what their systems call them; personal keys are never taken from an address."""

from collections.abc import Sequence
from typing import ClassVar

from ecif import customers, policy
from ecif.customers import SourceRecord
from ecif.errors import BadRequest, RecordNotFound
from ecif.policy import SourceSystem, SourceSystemNotFound
from ecif.store import Work


class KeysArePersonal(BadRequest):
    """The keys of this source are identity numbers; they may stand in bodies only."""

    slug: ClassVar[str] = "keys-are-personal"
    title: ClassVar[str] = (
        "The keys of this source system are personal and never stand in an address; use POST /v1/customers."
    )


async def check_addressable(work: Work, system: str) -> None:
    """Go on only if keys of this source may stand in an address; those of an unknown one may.

    Raises:
        KeysArePersonal: They may not.
    """
    source = await _known(work, system)
    if source is not None and source.keys_are_personal:
        raise KeysArePersonal


async def record_named(work: Work, system: str, key: str) -> SourceRecord:
    """The stored record of a source key, also one that its source has deleted.

    Raises:
        RecordNotFound: There is none.
    """
    [record] = await records_named(work, [(system, key)])
    return record


async def records_named(work: Work, names: Sequence[tuple[str, str]]) -> list[SourceRecord]:
    """The stored records of some source keys, in the same order.

    Raises:
        RecordNotFound: One is not there.
    """
    places = []
    for system, key in names:
        source = await _known(work, system)
        if source is None:
            raise RecordNotFound
        stored_key = customers.stored_key_of(
            work.vault, work.legal_entity, system, key, is_personal=source.keys_are_personal
        )
        places.append((system, stored_key))
    found = await customers.find_records(work, places)
    if any(place not in found for place in places):
        raise RecordNotFound
    return [found[place] for place in places]


async def _known(work: Work, system: str) -> SourceSystem | None:
    try:
        return await policy.get_source(work, system)
    except SourceSystemNotFound:
        return None
