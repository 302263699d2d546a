"""Subscriptions that are made over HTTP."""

from typing import Any

from tests.api.counter import Counter

AT = "/v1/admin/subscriptions"
HOOK = {"kind": "webhook", "url": "https://crm.bank.example/hooks/ecif"}


async def subscribe(counter: Counter, **said: Any) -> dict[str, Any]:
    answer = await counter.post(AT, {"name": "CRM", "target": HOOK, **said})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def at(counter: Counter, **said: Any) -> str:
    return f"{AT}/{(await subscribe(counter, **said))['subscription']['subscription_id']}"
