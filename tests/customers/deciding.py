"""What sources and stewards do to single records and golden values, as stories."""

from typing import Any

from ecif import customers
from ecif.customers import Desk, NewRecord
from ecif.identity import Person
from ecif.store import Work


async def _take(work: Work, record_id: int) -> tuple[Desk, Any]:
    desk = Desk(work, await customers.take_out(work, record_ids=[record_id]))
    [record] = [f.records[record_id] for f in desk.folders.values() if record_id in f.records]
    return desk, record


async def say_again(work: Work, record_id: int, said: Person) -> None:
    desk, record = await _take(work, record_id)
    new = NewRecord(source_system=record.source_system, source_key=record.source_key, identity=said)
    desk.replace(record, new, customers.digest_of(work, new))
    await customers.put_back(desk)


async def withdraw(work: Work, record_id: int) -> None:
    desk, record = await _take(work, record_id)
    desk.withdraw(record)
    await customers.put_back(desk)


async def pin(work: Work, number: str, value: str | None) -> None:
    folder = await customers.take_for_pin(work, number)
    if value is None:
        await customers.release_pin(work, folder, "employer")
    else:
        await customers.pin(work, folder, "employer", value, reason="told on the telephone")
