"""`ecif doctor`: what is wrong with this installation, in plain words."""

import asyncio
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from rich.console import Console

from ecif import customers, matching, policy
from ecif.cli.installation import Installation, database_of, keys_of
from ecif.cli.refusing import CannotStart
from ecif.delivery import ReconcilerReport, reconciler_report
from ecif.errors import Busy
from ecif.matching import KeyVersions
from ecif.opening import opened
from ecif.private_files import UnsafeFile
from ecif.settings import Settings
from ecif.store import Condition, condition_of, migrate, migration_of
from ecif.store.embedded_user import EmbeddedPostgresError

_MOST_SKEW_SECONDS: Final = 2.0
_MOST_LAG_SECONDS: Final = 5.0
_MOST_SILENCE_SECONDS: Final = 60.0
_LEAST_FREE_BYTES: Final = 1_000_000_000
_PATIENCE_SECONDS: Final = 1.0
_MOST_COUNTED: Final = 100_000


class Finding(NamedTuple):
    """One thing that was looked at; `advice` is empty when it is well."""

    what: str
    shown: str
    advice: str = ""


def examine(settings: Settings, out: Console) -> bool:
    """Look at everything and say how it is.

    Returns:
        Whether all is well.
    """
    is_well = True
    for finding in _findings(settings):
        is_well = is_well and not finding.advice
        mark = "[red]✗[/red]" if finding.advice else "[green]✓[/green]"
        out.print(f"{mark} {finding.what}: {finding.shown}", highlight=False)
        if finding.advice:
            out.print(f"  → {finding.advice}", highlight=False)
    return is_well


def _findings(settings: Settings) -> Iterator[Finding]:
    yield _disk(settings)
    key_file = _key_file(settings)
    yield key_file
    if key_file.advice:
        return
    try:
        with database_of(settings) as url:
            yield from asyncio.run(_database(Installation(settings, keys_of(settings), url)))
    except (Busy, EmbeddedPostgresError, CannotStart) as error:
        reason = "it does not answer" if isinstance(error, Busy) else str(error)
        yield Finding("database", reason, "Start it, or correct ECIF_DATABASE_URL.")


def _disk(settings: Settings) -> Finding:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    advice = (
        "" if free > _LEAST_FREE_BYTES else "Make room: PostgreSQL stops when the disk is full."
    )
    return Finding("disk", f"{free / 1e9:.1f} GB free at {folder}", advice)


def _key_file(settings: Settings) -> Finding:
    path = settings.key_path
    if not path.exists():
        return Finding("keys", f"none at {path}", "They are made by the first `ecif up`.")
    try:
        keys_of(settings)
    except (UnsafeFile, CannotStart) as error:
        return Finding("keys", "not usable", str(error))
    mode = stat.S_IMODE(path.stat().st_mode)
    advice = "" if mode == 0o600 else f"Run: chmod 600 {path}"
    return Finding("keys", f"{path}, mode {mode:o}", advice)


async def _database(installation: Installation) -> list[Finding]:
    database = await opened(
        installation.settings,
        installation.keys,
        installation.database_url,
        patience_seconds=_PATIENCE_SECONDS,
    )
    try:
        async with database.connection() as connection:
            applied, head = await migration_of(connection), migrate.head()
            if applied != head:
                shown = f"at {applied or 'nothing'}, this version needs {head}"
                return [Finding("tables", shown, "Run: ecif migrate")]
            condition = await condition_of(connection)
            report = await reconciler_report(connection)
            keyed = await matching.key_versions(connection, database.vault.hash_version)
            lost = await policy.rules_under_missing_keys(connection, database.vault)
            waiting = await customers.waiting_for_rules(connection, most=_MOST_COUNTED)
    finally:
        await database.close()
    looks = (look(condition) for look in _LOOKS)
    told = [_reconciler(report), _match_keys(keyed), _learned_names(lost), _derived(waiting)]
    return [*looks, *told]


def _version(condition: Condition) -> Finding:
    size = condition.size_bytes / 1e6
    return Finding(
        "database", f"PostgreSQL {condition.server_version}, {size:.0f} MB, tables up to date"
    )


def _clock(condition: Condition) -> Finding:
    skew = abs((datetime.now(UTC) - condition.now).total_seconds())
    advice = (
        ""
        if skew < _MOST_SKEW_SECONDS
        else "Set both clocks by the same source: tokens are judged by ours."
    )
    return Finding("clock", f"{skew:.1f} s between here and the database", advice)


def _announcing(condition: Condition) -> Finding:
    if not condition.waiting_count or condition.waiting_since is None:
        return Finding("events", f"all announced, up to position {condition.position}")
    lag = (condition.now - condition.waiting_since).total_seconds()
    advice = "" if lag < _MOST_LAG_SECONDS else "Start a worker: ecif work"
    return Finding("events", f"{condition.waiting_count} wait, the oldest for {lag:.0f} s", advice)


def _reconciler(report: ReconcilerReport) -> Finding:
    ago = (report.now - report.ran_at).total_seconds()
    shown = f"{report.checked_count} comparisons, the last {ago:.0f} s ago, {report.holes} holes"
    if report.holes:
        advice = "Customers and events do not agree: look into the table `finding`, and restore."
    elif report.checked_count and ago > _MOST_SILENCE_SECONDS:
        advice = "Nobody compares customers with events: start a worker: ecif work"
    else:
        advice = ""
    return Finding("reconciler", shown, advice)


def _match_keys(keyed: KeyVersions) -> Finding:
    if not keyed.former:
        return Finding(
            "match keys", f"{keyed.looked_at:,} records looked at, all under the key in use"
        )
    return Finding(
        "match keys",
        f"{keyed.former:,} of {keyed.looked_at:,} records looked at stand under a former hashing key",
        "New records do not find them: make the former hashing key the current one of the key file again.",
    )


def _learned_names(lost: dict[str, int]) -> Finding:
    if not lost:
        return Finding("learned names", "those of the active rules are under keys of the key file")
    entities = ", ".join(sorted(lost))
    version = min(lost.values())
    return Finding(
        "learned names",
        f"the active rules of {entities} need version {version} of the hashing key",
        "Put that key back into the key file, or activate rules that are learned anew: none is matched until then.",
    )


def _derived(waiting: int) -> Finding:
    if not waiting:
        return Finding("golden records", "all derived under the active rules")
    shown = f"{waiting:,}{' or more' if waiting == _MOST_COUNTED else ''} customers wait for the active rules"
    return Finding("golden records", shown, "A worker derives them: ecif work")


_LOOKS: Final[tuple[Callable[[Condition], Finding], ...]] = (_version, _clock, _announcing)
