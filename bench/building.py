"""Builds a copy of the whole feed in a file, page by page over HTTP or from a broker, and looks at its order."""

import argparse
import asyncio
import json
import os
import time
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import nats
import orjson
from nats.errors import TimeoutError as NatsTimeout

from ecif import delivery
from ecif.cli.installation import keys_of
from ecif.delivery import NewSubscription
from ecif.delivery.targets import NatsTarget
from ecif.opening import opened
from ecif.security import Actor, Scope
from ecif.settings import Settings

SUBJECT: Final = "bank.customers"
STREAM: Final = "bank"
_PAGE: Final = 200
_QUIET_SECONDS: Final = 5.0
_REST_SECONDS: Final = 0.2


class Copy:
    """What is built: a file of events, and whether each customer's came one after the other."""

    def __init__(self, path: Path) -> None:
        """Begin an empty one."""
        self._file = path.open("wb")
        self.count, self.breaks = 0, 0
        self.last: dict[str, int] = {}

    def take(self, event: dict[str, Any]) -> None:
        """Keep one event."""
        subject = event.get("subject")
        if subject is not None:
            sequence = int(event["sequence"])
            self.breaks += sequence <= self.last.get(subject, 0)
            self.last[subject] = sequence
        self.count += 1
        self._file.write(orjson.dumps(event) + b"\n")

    def told(self, seconds: float) -> dict[str, float]:
        """What became of it."""
        self._file.close()
        figures = {"seconds": seconds, "copied": self.count, "order_breaks": self.breaks}
        return figures | {"per_second": self.count / seconds}


async def build(told: argparse.Namespace) -> dict[str, float]:
    """Build one copy, the way that the words ask for."""
    copy = Copy(Path(told.copy))
    if told.pull is not None:
        return await asyncio.to_thread(_pull, told, copy)
    return await _through_the_broker(told, copy)


def _pull(told: argparse.Namespace, copy: Copy) -> dict[str, float]:
    """Page after page, as long as there are any; what is refused, or cut off, is asked again."""
    began, after, again = time.perf_counter(), "", 0
    api = HTTPConnection(urlsplit(told.pull).netloc)
    while copy.count < told.events:
        page = _page(api, after)
        if page is None:
            api.close()
            again += 1
            time.sleep(_REST_SECONDS)
            continue
        for event in page["items"]:
            copy.take(event)
        after = f"&after={page['next']}"
    return copy.told(time.perf_counter() - began) | {"asked_again": again}


def _page(api: HTTPConnection, after: str) -> dict[str, Any] | None:
    """The page that follows; none when the service was busy, or closed a line that had been silent for too long."""
    headers = {"Authorization": f"Bearer {os.environ['BENCH_TOKEN']}"}
    with suppress(HTTPException, OSError):
        api.request("GET", f"/v1/events?limit={_PAGE}{after}", headers=headers)
        answer = api.getresponse()
        told = answer.read()
        if answer.status == HTTPStatus.OK:
            page: dict[str, Any] = json.loads(told)
            return page
        if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
            raise SystemExit(f"GET /v1/events: {answer.status}")
    return None


async def _through_the_broker(told: argparse.Namespace, copy: Copy) -> dict[str, float]:
    """A subscription from the beginning; its end is when the broker has everything, then it is read."""
    client = await nats.connect(f"nats://{told.broker}")
    context = client.jetstream()
    began = time.perf_counter()
    await _subscribe(told)
    while (await context.stream_info(STREAM)).state.messages < told.events:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    seconds = time.perf_counter() - began
    reading = await context.subscribe(SUBJECT, ordered_consumer=True)
    while copy.count < told.events:
        try:
            copy.take(orjson.loads((await reading.next_msg(_QUIET_SECONDS)).data))
        except NatsTimeout:
            break
    await client.close()
    return copy.told(seconds)


async def _subscribe(told: argparse.Namespace) -> None:
    settings = Settings(home=told.home)
    database = await opened(settings, keys_of(settings), told.url)
    target = NatsTarget(kind="nats", servers=[told.broker], subject=SUBJECT, tls=False)
    new = NewSubscription(name="rebuild", target=target, start="beginning")
    actor = Actor("bench", frozenset({Scope.ADMIN}))
    await database.run(actor, lambda work: delivery.subscribe(work, new))
    await database.close()
