from sqlalchemy import text

from ecif.store import Statement
from tests.api.counter import Counter
from tests.api.subscribing import AT, at, subscribe

SET_ASIDE = Statement(
    text("""
    INSERT INTO delivery (subscription_id, position, legal_entity, event_id, type, lanes, state, attempts, due_at,
                          reason, status, since)
    SELECT CAST(:id AS uuid), f.position, 'main', o.event_id, o.type, ARRAY[o.subject], 'parked', 78,
           o.time, 'rejected', 422, o.time
    FROM feed f JOIN outbox o ON o.id = f.outbox_id WHERE f.position = CAST(:position AS bigint)
    """)
)


async def test_a_replay_goes_back_to_a_place(counter: Counter) -> None:
    await counter.number("张伟")
    await counter.number_events()
    one = await at(counter)

    once_more = await counter.post(f"{one}/replay", {"position": 2})
    by_cursor = await counter.post(f"{one}/replay", {"cursor": "1.1"})
    by_time = await counter.post(f"{one}/replay", {"time": "2020-01-01T00:00:00Z"})
    still_to_come = await counter.post(f"{one}/replay", {"position": 2})
    missing = await counter.post(f"{one}/replay", {"position": 99})
    two_things = await counter.post(f"{one}/replay", {"position": 2, "cursor": "1.1"})

    assert (by_cursor.json()["cursor"], by_time.json()["cursor"]) == ("1.1", "1.0")
    assert (once_more.json()["waiting"], once_more.json()["cursor"]) == (1, "1.2")
    assert (still_to_come.json()["waiting"], still_to_come.json()["cursor"]) == (0, "1.0")
    assert (missing.status_code, two_things.status_code) == (404, 422)


async def test_two_people_let_a_subscriber_do_without_an_event(counter: Counter) -> None:
    subscription_id = await _with_an_event_set_aside(counter)
    one = f"{AT}/{subscription_id}"

    [waiting] = (await counter.get(f"{one}/deliveries?state=parked")).json()["items"]
    asked = await counter.post(
        f"{one}/deliveries/1/skip", {"reason": "the receiver cannot read it"}
    )
    proposal = f"/v1/admin/proposals/{asked.json()['proposal']['proposal_id']}"
    alone = await counter.post(f"{proposal}/approve")
    seconded = await counter.post(f"{proposal}/approve", token=counter.token(subject="berta"))

    await counter.number_events()
    last = (await counter.get("/v1/events")).json()["items"][-1]
    assert (waiting["position"], waiting["reason"], waiting["status"]) == (1, "rejected", 422)
    assert (asked.status_code, alone.status_code, seconded.status_code) == (202, 403, 200)
    assert (await counter.get(f"{one}/deliveries")).json()["items"] == []
    assert last["type"] == "ecif.delivery.skipped.v1"
    assert last["data"] == {
        "subscription_id": subscription_id,
        "event_id": waiting["event_id"],
        "position": 1,
    }


async def test_what_waits_is_tried_again_on_request(counter: Counter) -> None:
    subscription_id = await _with_an_event_set_aside(counter)
    one = f"{AT}/{subscription_id}"

    again = await counter.post(f"{one}/deliveries/1/retry")
    missing = await counter.post(f"{one}/deliveries/2/retry")

    [waiting] = (await counter.get(f"{one}/deliveries")).json()["items"]
    assert (again.status_code, missing.status_code) == (204, 404)
    assert (waiting["state"], waiting["attempts"]) == ("due", 0)


async def _with_an_event_set_aside(counter: Counter) -> str:
    """A subscription whose first event waits apart."""
    await counter.number("张伟")
    await counter.number_events()
    told = await subscribe(counter)
    subscription_id: str = told["subscription"]["subscription_id"]
    async with counter.database.connection() as connection:
        await connection.execute(SET_ASIDE, id=subscription_id, position=1)
    return subscription_id
