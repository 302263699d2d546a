"""Source records, addressed by what their systems call them."""

from typing import Annotated

import orjson
from fastapi import Body, Path
from starlette.responses import Response

from ecif import customers, intake, policy
from ecif.api.answers import CustomerAnswer, RegistrationAnswer, json_answer, written
from ecif.api.bodies import RecordBody, SourceKey, SystemName, identity_of
from ecif.api.call import Call
from ecif.api.customers import told_of
from ecif.api.doors import Door
from ecif.api.laid_out import record_of, shown
from ecif.api.repeats import Told, once
from ecif.api.shapes import RecordAnswer
from ecif.api.source_keys import KeysArePersonal, check_addressable, record_named
from ecif.customers import NewRecord
from ecif.errors import RecordNotFound, StaleRecord, Unprocessable
from ecif.policy import SourceSystemNotListed
from ecif.security import Scope
from ecif.store import KeyReused, RequestInFlight, Work

door = Door("records")

System = Annotated[SystemName, Path(description="How the source system is called.")]
Key = Annotated[SourceKey, Path(description="What it calls the record.")]


@door.route(
    "PUT /v1/source-systems/{system}/records/{key:path}",
    needs=Scope.CUSTOMERS_WRITE,
    answers=RegistrationAnswer,
    refuses=[StaleRecord, SourceSystemNotListed, KeysArePersonal, KeyReused, RequestInFlight],
    responses={201: {"model": RegistrationAnswer, "description": "A new customer was opened."}},
)
async def put_record(
    call: Call, system: System, key: Key, record: Annotated[RecordBody, Body()]
) -> Response:
    """Take a source record in, addressed by its key; the same as creating a customer with it."""
    _check_names(record, system, key)
    new = NewRecord(
        source_system=system,
        source_key=key,
        identity=identity_of(record),
        source_version=record.source_version,
        changed_at=record.changed_at,
    )
    wiring = call.wiring
    prepared = intake.prepare(new, wiring.vault, call.actor.legal_entity)

    async def story(work: Work) -> Told:
        await check_addressable(work, system)
        made = await intake.register(work, prepared, only_listed=wiring.only_listed)
        return told_of(made, work)

    return await once(call, story, turn=prepared.claims)


@door.route(
    "GET /v1/source-systems/{system}/records/{key:path}",
    needs=Scope.CUSTOMERS_READ,
    answers=RecordAnswer,
    refuses=[RecordNotFound, KeysArePersonal],
)
async def get_record(call: Call, system: System, key: Key) -> Response:
    """Read a source record, masked, and whose it is; also one that its source has deleted."""

    async def story(work: Work) -> bytes:
        await check_addressable(work, system)
        record = await record_named(work, system, key)
        masked = await customers.masked_by_ids(work, [record.customer_id])
        number = masked[record.customer_id].customer_no
        return written(record_of(record, number, work.rules.masks))

    return json_answer(orjson.Fragment(await call.tell(story)))


@door.route(
    "DELETE /v1/source-systems/{system}/records/{key:path}",
    needs=Scope.CUSTOMERS_WRITE,
    answers=CustomerAnswer,
    refuses=[RecordNotFound, KeysArePersonal, KeyReused, RequestInFlight],
)
async def delete_record(call: Call, system: System, key: Key) -> Response:
    """Say that the source no longer knows this record; its customer closes when it was the last one."""

    async def story(work: Work) -> Told:
        try:
            await policy.get_source(work, system)
        except policy.SourceSystemNotFound:
            raise RecordNotFound from None
        await check_addressable(work, system)
        customer = await intake.withdraw(work, system, key)
        return Told(written(shown(customer)), 200, {"ETag": customer.etag})

    return await once(call, story)


def _check_names(record: RecordBody, system: str, key: str) -> None:
    """A body may repeat the names of its address; it may not contradict them."""
    for field, said, addressed in (
        ("source_system", record.source_system, system),
        ("source_key", record.source_key, key),
    ):
        if said is not None and said != addressed:
            raise Unprocessable("differs from the address", field=field)
