"""`ecif match impact DRAFT`: what a rule set would change among the stored customers, before it decides anything."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ecif import dedupe, intake, policy
from ecif.cli.installation import Installation
from ecif.cli.match_progress import ShownProgress
from ecif.cli.premises import at_installation, operator
from ecif.cli.refusing import CannotStart
from ecif.intake import Change, Impact
from ecif.opening import opened
from ecif.rules import MaskRules, Reason, RuleSet
from ecif.security import Actor, mask_values
from ecif.store import Database


def show_impact(
    draft: str, *, samples: int, legal_entity: str, as_json: bool, home: Path | None
) -> None:
    """Say who would be linked, parted or moved to another band by a draft; nothing is changed.

    Args:
        draft: The version of a stored rule set, or the name of a rule file.
        samples: How many changes of each kind are shown.
        legal_entity: Whose customers.
        as_json: Print JSON, with the evidence masked.
        home: Folder of the installation.

    Raises:
        CannotStart: The rule file cannot be used, there is no such rule set, or the database does not answer.
    """
    actor = operator(legal_entity)
    with at_installation(home) as installation:
        told, found, masks = asyncio.run(_look(installation, actor, draft, samples))
    if as_json:
        Console().print_json(data=_plain(told, found, masks))
        return
    for part in _tables(told, found):
        Console().print(part)


async def _look(
    installation: Installation, actor: Actor, draft: str, samples: int
) -> tuple[str, Impact, MaskRules]:
    database = await opened(installation.settings, installation.keys, installation.database_url)
    try:
        rules, active = await _draft(database, actor, draft)
        with ShownProgress() as progress:
            found = await intake.impact_on_all(
                database, actor, rules, progress, most_samples=samples
            )
    finally:
        await database.close()
    told = f"{draft} beside the active version {active.version}"
    return told, found, active.masks


async def _draft(database: Database, actor: Actor, draft: str) -> tuple[RuleSet, RuleSet]:
    """The draft, and the active rule set."""
    if draft.isdigit():
        async with database.begin(actor) as work:
            return await policy.get_rules(work, int(draft)), work.rules
    try:
        rules = dedupe.read_rules(Path(draft), with_keys=True)
    except dedupe.RulesUnreadable as error:
        raise CannotStart(str(error)) from None
    async with database.begin(actor) as work:
        return policy.as_stored(work, rules), work.rules


def _tables(told: str, found: Impact) -> list[Any]:
    counts = Table("what", "count", title=f"{told}: {found.looked_at:,} customers")
    counts.columns[1].justify = "right"
    counts.add_row("pairs of customers that would be linked", f"{found.linked:,}")
    counts.add_row("customers that would be parted", f"{found.parted:,}")
    for (before, after), count in sorted(found.moved.items()):
        counts.add_row(f"pairs that would move from {before} to {after}", f"{count:,}")
    if found.left_out:
        counts.add_row("comparisons left out: too many records", f"{found.left_out:,}")
    return [counts, *map(_sample, found.samples)]


def _sample(change: Change) -> Table:
    before, after = change.before, change.after
    title = (
        f"{change.kind}: {' and '.join(change.customers)}, {before.band} at {before.bits:+.1f} bits"
        f" → {after.band} at {after.bits:+.1f}"
    )
    table = Table("about", "level before", "bits", "level after", "bits", title=title)
    for line in _side_by_side(before, after):
        table.add_row(*line)
    for words, reason in (("before", before), ("after", after)):
        if reason.vetoes:
            table.add_row(f"held back {words}", ", ".join(reason.vetoes))
    return table


def _side_by_side(before: Reason, after: Reason) -> Sequence[tuple[str, str, str, str, str]]:
    sides = [{each.about: each for each in reason.evidence} for reason in (before, after)]
    lines = []
    for about in dict.fromkeys([*sides[0], *sides[1]]):
        cells = [
            (side[about].level, f"{side[about].bits:+.1f}") if about in side else ("", "")
            for side in sides
        ]
        lines.append((about, *cells[0], *cells[1]))
    return lines


def _plain(told: str, found: Impact, masks: MaskRules) -> dict[str, Any]:
    return {
        "draft": told,
        "looked_at": found.looked_at,
        "linked": found.linked,
        "parted": found.parted,
        "moved": [
            {"before": before, "after": after, "pairs": count}
            for (before, after), count in sorted(found.moved.items())
        ],
        "left_out": found.left_out,
        "samples": [
            {
                "kind": each.kind,
                "customers": list(each.customers),
                "before": _reason(each.before, masks),
                "after": _reason(each.after, masks),
            }
            for each in found.samples
        ],
    }


def _reason(reason: Reason, masks: MaskRules) -> dict[str, Any]:
    return {
        "band": reason.band,
        "bits": reason.bits,
        "vetoes": list(reason.vetoes),
        "evidence": [
            {
                "about": each.about,
                "level": each.level,
                "bits": round(each.bits, 3),
                "values": mask_values(each.values, each.about, masks),
            }
            for each in reason.evidence
        ],
    }
