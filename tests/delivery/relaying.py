"""Events that go through a relay, and how to wait for what it tells."""

import time
from collections import defaultdict
from typing import Any

from tests.delivery.post import Post


def in_order(events: list[dict[str, Any]]) -> bool:
    """Whether the first deliveries of each customer came in order."""
    last: dict[str, str] = defaultdict(str)
    seen = set()
    for event in events:
        if event["id"] in seen or event.get("subject") is None:
            continue
        seen.add(event["id"])
        if event["sequence"] <= last[event["subject"]]:
            return False
        last[event["subject"]] = event["sequence"]
    return True


async def some_events(post: Post, people: int = 3, each: int = 3) -> int:
    for opened in await post.bank.people(*[f"Jana {number}" for number in range(people)]):
        await post.pin(opened, *[f"job {number}" for number in range(each)])
    return await post.number()


def fast_clock(times: float) -> Any:
    """A clock that runs so many times as fast, so that a schedule of minutes passes in a moment."""
    began = time.time()
    return lambda: began + (time.time() - began) * times
