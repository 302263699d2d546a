"""Lots: some lines of a file taken in; what became of them and that they are done commit as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text

from ecif.intake.arriving import Prepared
from ecif.intake.imports import COUNTED, ImportTakenOver, Run
from ecif.intake.registration import register_many
from ecif.intake.rejects import Reject, put_rejects
from ecif.store import Statement, Work

# A lot that another runner has done, or that comes from one who was replaced, changes no row.
_ADVANCE = Statement(
    text(f"""
    UPDATE import_run
    SET lines_done = lines_done + int8multirange(int8range(:first, :behind)),
        share_done = greatest(share_done, CAST(:share AS double precision)),
        {", ".join(f"{name} = {name} + CAST(:{name} AS bigint)" for name in COUNTED)},
        beat_at = CAST(:now AS timestamptz)
    WHERE id = CAST(:id AS uuid) AND runner = CAST(:runner AS uuid) AND state = 'running'
      AND NOT lines_done && int8range(:first, :behind)
    RETURNING id
    """)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """Some lines of a file, ready to be taken in: those from `first` up to before `behind`."""

    first: int
    behind: int
    messages: Sequence[tuple[int, Prepared]]
    rejects: Sequence[Reject] = ()
    share: float = 0.0


@dataclass(slots=True)
class Tally:
    """How often each outcome happened."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))

    def add(self, other: Mapping[str, int]) -> None:
        """Add the counts of some more lines."""
        for name, count in other.items():
            self.counts[name] += count


async def take_in(work: Work, run: Run, lot: Lot, *, only_listed: bool = False) -> dict[str, int]:
    """Take the messages of a lot in and note in the same transaction that its lines are done.

    Returns:
        What became of them, by the names of `COUNTED`.

    Raises:
        ImportTakenOver: Another run has done these lines, or has replaced this one.
    """
    messages = [prepared for _, prepared in lot.messages]
    made = await register_many(work, messages, only_listed=only_listed) if messages else []
    tally = Tally()
    for registration in made:
        tally.counts[registration.outcome] += 1
        tally.counts["in_review"] += registration.review_id is not None
    tally.counts["rejected"] = len(lot.rejects)
    await put_rejects(work, run.import_id, lot.rejects)
    advanced = await work.connection.fetch_one(
        _ADVANCE,
        id=run.import_id,
        runner=run.runner,
        first=lot.first,
        behind=lot.behind,
        share=lot.share,
        now=work.now,
        **tally.counts,
    )
    if advanced is None:
        raise ImportTakenOver
    return tally.counts
