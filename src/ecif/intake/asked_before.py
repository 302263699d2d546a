"""What people were asked before about some records: doubts that still wait for them, and those that they answered."""

from collections.abc import Iterable, Mapping, Sequence

from ecif import stewardship
from ecif.customers import SourceRecord
from ecif.matching import Tie
from ecif.rules import Evidence
from ecif.stewardship import Review

Facts = frozenset[tuple[str, str, frozenset[str]]]


class AskedBefore:
    """The reviews about some records, by the pairs that they were about."""

    def __init__(
        self, home: Mapping[int, SourceRecord], reviews: Sequence[tuple[Review, bytes]]
    ) -> None:
        """Take reviews with their sealed evidence; `home` holds all records that doubts are about."""
        self._waiting: set[frozenset[int]] = set()
        self._answered: set[tuple[frozenset[int], Facts]] = set()
        for review, evidence in reviews:
            subject = home.get(review.subject_record_id)
            if subject is None:
                continue
            if review.status == "open":
                others = [home[each].customer_id for each in review.others if each in home]
                self._waiting |= {frozenset((subject.customer_id, each)) for each in others}
            elif review.judgement is not None:
                for tie in stewardship.ties_of(subject.opener, evidence):
                    pair = frozenset((subject.id, tie.record_id))
                    self._answered.add((pair, _facts(tie.evidence)))

    def waits(self, customer_ids: frozenset[int]) -> bool:
        """Whether an open review compares these two customers."""
        return customer_ids in self._waiting

    def is_answered(self, record: SourceRecord, tie: Tie) -> bool:
        """Whether a person has judged these two records when they said the same of each other as now."""
        pair = frozenset((record.id, tie.record_id))
        return (pair, _facts(tie.score.evidence)) in self._answered


def _facts(evidence: Iterable[Evidence]) -> Facts:
    """What met, without its weight: other rules weigh the same facts otherwise."""
    return frozenset(
        (each.about, each.level, frozenset(each.values))
        for each in evidence
        if each.values is not None and not each.about.endswith("_frequency")
    )
