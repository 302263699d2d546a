"""What a verdict leads to: customers that are one are joined, doubts are put into words for a person."""

from collections.abc import Callable, Iterable, Sequence

import orjson

from ecif.customers import Desk, Folder, SourceRecord
from ecif.matching import Tie
from ecif.rules import Reason
from ecif.stewardship import ReviewRequest


def oldest(folders: Iterable[Folder]) -> Folder:
    """The customer whose number stays."""
    return min(folders, key=lambda folder: (folder.is_new, folder.opened_at, folder.id))


def join_customers(
    desk: Desk, own: Folder, joins: Sequence[Tie], because: Callable[[Tie], Reason]
) -> None:
    """Make one customer of a record's own and of those that it shows to be the same: the oldest number survives.

    Args:
        desk: It holds the folders of all of them.
        own: The customer of the record that shows it.
        joins: The ties that show it.
        because: The reason that is kept with each merge.
    """
    ties = {tie.customer_id: tie for tie in joins if tie.customer_id in desk.folders}
    survivor = oldest([own, *(desk.folders[each] for each in ties)])
    if survivor is not own:
        desk.join(survivor, own, method="rules", reason=because(ties[survivor.id]))
    for customer_id, tie in ties.items():
        if customer_id != survivor.id:
            desk.join(survivor, desk.folders[customer_id], method="rules", reason=because(tie))


def question_about(
    record: SourceRecord, ties: Sequence[Tie], *, is_ambiguous: bool
) -> ReviewRequest:
    """A doubt about a record, with the evidence of the moment sealed by its key; the strongest tie comes first."""
    best = ties[0]
    evidence = [
        {
            "record_id": tie.record_id,
            "bits": tie.score.bits,
            "evidence": [each.model_dump(mode="json") for each in tie.score.evidence],
            "vetoes": [*tie.score.vetoes, *tie.score.holds],
        }
        for tie in ties
    ]
    return ReviewRequest(
        records=tuple(sorted({record.id, *(tie.record_id for tie in ties)})),
        subject_record_id=record.id,
        kind="ambiguous" if is_ambiguous else "contradiction" if best.score.vetoes else "match",
        bits=best.score.bits,
        band=best.band,
        evidence=record.opener.seal("review.evidence", orjson.dumps(evidence)),
    )
