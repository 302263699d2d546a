"""`ecif deliveries`: every subscription with its lag, what waits and what went wrong last; live, once, or as JSON."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from ecif import delivery, policy
from ecif.cli.installation import Installation
from ecif.delivery import Subscription
from ecif.opening import opened
from ecif.security import Actor
from ecif.store import MAX_PAGE, Database

_REFRESH_SECONDS = 1.0
_COLOURS = {"active": "green", "paused": "yellow", "disabled": "red"}


@dataclass(frozen=True, slots=True)
class _Line:
    legal_entity: str
    subscription: Subscription


def show_deliveries(
    installation: Installation, console: Console, *, once: bool, as_json: bool
) -> None:
    """Show all subscriptions of all legal entities.

    Args:
        installation: Its database is migrated.
        console: Takes the table.
        once: Print it once; otherwise it goes on until interrupted.
        as_json: Print one JSON array instead of a table.
    """
    asyncio.run(_show(installation, console, once=once, as_json=as_json))


async def _show(installation: Installation, console: Console, *, once: bool, as_json: bool) -> None:
    database = await opened(installation.settings, installation.keys, installation.database_url)
    try:
        lines = await _lines(database)
        if as_json:
            print(json.dumps([_plain(each) for each in lines], indent=2))
        elif once:
            console.print(_table(lines))
        else:
            await _live(database, console)
    finally:
        await database.close()


async def _live(database: Database, console: Console) -> None:
    with Live(_table(await _lines(database)), console=console, auto_refresh=False) as live:
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            live.update(_table(await _lines(database)), refresh=True)


async def _lines(database: Database) -> list[_Line]:
    async with database.connection() as connection:
        entities = await policy.active_versions(connection)
    lines: list[_Line] = []
    for legal_entity in entities:
        actor = Actor.worker("deliveries", legal_entity=legal_entity)
        after: str | None = None
        while True:
            async with database.begin(actor) as work:
                page = await delivery.list_subscriptions(work, after=after, limit=MAX_PAGE)
            lines += [_Line(legal_entity, each) for each in page.items]
            after = page.next
            if after is None:
                break
    return lines


def _table(lines: list[_Line]) -> Table:
    table = Table(title="Deliveries")
    for title in ("subscription", "status"):
        table.add_column(title, no_wrap=True)
    for title in ("delivered", "lag", "oldest", "waiting", "parked"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("last failure")
    for line in lines:
        each = line.subscription
        colour = _COLOURS[each.status]
        table.add_row(
            each.held.name,
            f"[{colour}]{each.status}[/{colour}]{f' ({each.why})' if each.why else ''}",
            f"{each.delivered_count:,}",
            f"{each.lag:,}",
            _age(each.oldest_unsent_at),
            f"{each.apart - each.parked:,}",
            f"{each.parked:,}",
            _failure(each),
        )
    return table


def _plain(line: _Line) -> dict[str, Any]:
    each = line.subscription
    return {
        "legal_entity": line.legal_entity,
        "subscription_id": str(each.id),
        "name": each.held.name,
        "target": each.held.target["kind"],
        "status": each.status,
        "why": each.why,
        "delivered": each.delivered_count,
        "lag": each.lag,
        "oldest_unsent_at": _written(each.oldest_unsent_at),
        "waiting": each.apart - each.parked,
        "parked": each.parked,
        "failing_since": _written(each.held.standing.failing_since),
        "last_failure_at": _written(each.failed_at),
        "last_failure": each.failure,
        "last_failure_status": each.failure_status,
    }


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _age(moment: datetime | None) -> str:
    if moment is None:
        return ""
    seconds = max(0, int((datetime.now(UTC) - moment).total_seconds()))
    minutes, hours = seconds // 60, seconds // 3_600
    if hours >= 48:
        return f"{hours // 24} d"
    return f"{hours} h" if hours else f"{minutes} min" if minutes else f"{seconds} s"


def _failure(each: Subscription) -> str:
    if each.failure is None:
        return ""
    status = f" {each.failure_status}" if each.failure_status else ""
    return f"{each.failure}{status}, {_age(each.failed_at)} ago"
