from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from ecif.security import Scope
from ecif.store import Statement
from tests.api.counter import Counter, open_counter
from tests.api.subscribing import AT, HOOK, at, subscribe
from tests.delivery.receiver import open_receiver

STORED = Statement(text("SELECT secrets, target::text AS target FROM subscription"))


@pytest.fixture
async def counter(database_url: str, tmp_path: Path) -> AsyncIterator[Counter]:
    async with open_counter(
        database_url, tmp_path, webhook_networks="127.0.0.0/8", webhook_http=True
    ) as counter:
        yield counter


async def test_whoever_subscribes_sees_the_secret_once(counter: Counter) -> None:
    answer = await counter.post(
        AT, {"name": "CRM", "target": {**HOOK, "signatures": ["v1", "v1a"]}}
    )
    told = answer.json()

    again = await counter.get(answer.headers["location"])
    async with counter.database.connection() as connection:
        stored = await connection.fetch_one(STORED)
    assert told["secret"].startswith("whsec_")
    assert told["public_key"].startswith("whpk_")
    assert again.json() == told["subscription"]
    assert again.headers["etag"] == answer.headers["etag"]
    assert told["secret"] not in again.text
    assert stored is not None
    assert told["secret"].encode() not in stored["secrets"]
    assert told["secret"] not in stored["target"]


async def test_subscriptions_are_listed_page_by_page_for_their_own_legal_entity(
    counter: Counter,
) -> None:
    for name in ("CRM", "Core", "Cards"):
        await subscribe(counter, name=name)
    stranger = counter.token(legal_entity="other")

    first = (await counter.get(f"{AT}?limit=2")).json()
    second = (await counter.get(f"{AT}?limit=2&after={first['next']}")).json()
    others = (await counter.get(AT, token=stranger)).json()
    one = f"{AT}/{first['items'][0]['subscription_id']}"
    assert [each["name"] for each in first["items"] + second["items"]] == ["CRM", "Core", "Cards"]
    assert (second["next"], others["items"]) == (None, [])
    assert (await counter.get(one, token=stranger)).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "http://10.1.2.3/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://user:word@crm.bank.example/hook",
        "ftp://crm.bank.example/hook",
        "https://[::ffff:10.0.0.1]/hook",
    ],
)
async def test_a_target_that_is_never_reached_is_refused(counter: Counter, url: str) -> None:
    answer = await counter.post(AT, {"name": "CRM", "target": {"kind": "webhook", "url": url}})

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("address-not-allowed")


async def test_clear_values_need_the_scope_that_shows_them(counter: Counter) -> None:
    token = counter.token(Scope.SUBSCRIPTIONS_WRITE)
    body = {"name": "CRM", "target": HOOK, "content": "full"}

    refused = await counter.post(AT, body, token=token)
    allowed = await counter.post(
        AT, body, token=counter.token(Scope.SUBSCRIPTIONS_WRITE, Scope.CUSTOMERS_REVEAL)
    )

    assert (refused.status_code, allowed.status_code) == (403, 201)


async def test_nobody_sends_the_clear_values_of_another_elsewhere(counter: Counter) -> None:
    one = await at(counter, content="full")
    body = {"target": {**HOOK, "url": "https://elsewhere.example/hook"}}

    answer = await counter.ask(
        "PATCH",
        one,
        body,
        token=counter.token(Scope.SUBSCRIPTIONS_WRITE),
        headers={"If-Match": "*"},
    )

    assert answer.status_code == 403


async def test_a_start_lies_where_it_was_said(counter: Counter) -> None:
    await counter.number("张伟")
    await counter.number_events()
    starts = ["now", "beginning", {"cursor": "1.1"}, {"time": "2020-01-01T00:00:00Z"}]

    told = [(await subscribe(counter, start=each))["subscription"]["cursor"] for each in starts]
    ahead = await counter.post(AT, {"name": "x", "target": HOOK, "start": {"cursor": "1.99"}})
    gone = await counter.post(AT, {"name": "x", "target": HOOK, "start": {"cursor": "7.1"}})

    assert told == ["1.2", "1.0", "1.1", "1.0"]
    assert (ahead.status_code, gone.status_code) == (400, 410)


async def test_pausing_keeps_the_place_and_needs_the_present_version(counter: Counter) -> None:
    one = await at(counter)
    tag = (await counter.get(one)).headers["etag"]

    without = await counter.ask("PATCH", one, {"status": "paused"})
    paused = await counter.ask("PATCH", one, {"status": "paused"}, headers={"If-Match": tag})
    stale = await counter.ask("PATCH", one, {"status": "active"}, headers={"If-Match": tag})
    tag = paused.headers["etag"]
    resumed = await counter.ask("PATCH", one, {"status": "active"}, headers={"If-Match": tag})

    assert (without.status_code, stale.status_code) == (428, 412)
    assert (paused.json()["status"], resumed.json()["status"]) == ("paused", "active")
    assert paused.json()["cursor"] == resumed.json()["cursor"]


async def test_what_is_left_out_of_a_change_stays(counter: Counter) -> None:
    one = await at(counter, types=["ecif.customer.merged.v1"], kinds=["person"])

    changed = await counter.ask(
        "PATCH", one, {"name": "CRM 2", "kinds": None}, headers={"If-Match": "*"}
    )
    fixed = await counter.ask(
        "PATCH", one, {"target": {**HOOK, "signatures": ["v1a"]}}, headers={"If-Match": "*"}
    )

    told = changed.json()
    assert (told["name"], told["types"], told["kinds"]) == (
        "CRM 2",
        ["ecif.customer.merged.v1"],
        None,
    )
    assert fixed.status_code == 409


async def test_a_secret_is_rotated(counter: Counter) -> None:
    told = await subscribe(counter)
    one = f"{AT}/{told['subscription']['subscription_id']}"

    rotated = (await counter.post(f"{one}/rotate-secret")).json()

    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != told["secret"]


async def test_a_test_event_is_sent_now_and_its_outcome_told(counter: Counter) -> None:
    async with open_receiver(lambda each: 204 if each.path == "/hook" else 503) as receiver:
        one = await at(counter, target={"kind": "webhook", "url": receiver.url})
        other = await at(counter, target={"kind": "webhook", "url": f"{receiver.url}/busy"})

        good, bad = await counter.post(f"{one}/test"), await counter.post(f"{other}/test")

        [first, _] = receiver.events()
    assert (good.json()["outcome"], good.json()["status"]) == ("delivered", 204)
    assert (bad.json()["outcome"], bad.json()["reason"]) == ("retry", "server-error")
    assert first["type"] == "ecif.subscription.test.v1"
    assert first["id"] == good.json()["event_id"]


async def test_a_deleted_subscription_is_gone(counter: Counter) -> None:
    one = await at(counter)

    deleted = await counter.ask("DELETE", one)

    assert deleted.status_code == 204
    assert (await counter.get(one)).status_code == 404
    assert (await counter.get(f"{AT}/{uuid4()}/attempts")).status_code == 404
