"""`ecif match train --decisions`: what people decided about stored customers moves a draft rule set."""

import asyncio
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ecif import dedupe, intake
from ecif.cli.installation import Installation
from ecif.cli.premises import at_installation, operator
from ecif.cli.refusing import CannotStart
from ecif.matching import JudgedPair, Lesson, Measured, TooFewDecisions, learn_from_decisions
from ecif.opening import opened
from ecif.rules import MatchingRules, RuleSet
from ecif.security import Actor

_SHOWN_SHIFTS = 10


def learn(
    out: Path, *, adapted: MatchingRules | None, legal_entity: str, home: Path | None
) -> None:
    """Write a draft that has learned from the decisions of people, and say how good it is.

    Args:
        out: The rule file; nothing else is changed.
        adapted: What was learned from files; without it the active rules are what the draft begins with.
        legal_entity: Whose decisions.
        home: Folder of the installation.

    Raises:
        CannotStart: There are too few decisions, the file cannot be written, or the database does not answer.
    """
    actor = operator(legal_entity)
    with at_installation(home) as installation:
        active, pairs = asyncio.run(_read(installation, actor))
    rules = adapted or active.matching
    lessons, too_few = {}, []
    for kind in ("person", "organisation"):
        try:
            lessons[kind] = learn_from_decisions(pairs, rules, kind)
            rules = lessons[kind].rules
        except TooFewDecisions as error:
            too_few.append(str(error))
    if not lessons:
        raise CannotStart(" ".join(too_few))
    draft = active.model_copy(update={"name": "learned from decisions", "matching": rules})
    try:
        dedupe.write_rules(out, draft)
    except OSError as error:
        raise CannotStart(f"{out}: {error.strerror or error}.") from None
    told = Console()
    for kind, lesson in lessons.items():
        told.print(_table(kind, lesson))
    for line in (*too_few, f"{out}: a draft; try it with ecif match impact {out}."):
        told.print(line, highlight=False)


async def _read(installation: Installation, actor: Actor) -> tuple[RuleSet, list[JudgedPair]]:
    database = await opened(installation.settings, installation.keys, installation.database_url)
    try:
        async with database.begin(actor) as work:
            active = work.rules
        return active, await intake.judged_pairs(database, actor)
    finally:
        await database.close()


def _table(kind: str, lesson: Lesson) -> Table:
    table = Table(
        "what", "value", title=f"{kind}: {lesson.decisions} decisions, {lesson.same} same"
    )
    table.columns[1].justify = "right"
    table.add_row("on the right side of even odds, before", _bounded(lesson.right_before))
    table.add_row("the same, by weights learned without the pair", _bounded(lesson.right_after))
    table.add_row("called different in the automatic band", _bounded(lesson.wrong_automatic))
    limit = lesson.rules.of_kind(kind).automatic_at_bits
    table.add_row("automatic from", f"{limit:+.1f} bits")
    for comparison, level, bits in lesson.shifts[:_SHOWN_SHIFTS]:
        table.add_row(f"{comparison}: {level}", f"{bits:+.1f} bits")
    if not lesson.shifts:
        table.add_row("weights", "as before")
    return table


def _bounded(measured: Measured) -> str:
    return f"{measured.value:.3f} ({measured.low:.3f} to {measured.high:.3f})"
