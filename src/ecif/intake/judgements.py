"""What people have decided about stored records, as pairs to learn from."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from ecif import customers, stewardship
from ecif.intake.neighbourhood import open_features
from ecif.matching import JudgedPair
from ecif.security import Actor
from ecif.stewardship import Judgement, Review
from ecif.store import Database, Work

_PAGE = 200

Said = tuple[int, int, bool]
"""Two records, and whether people say that they are one customer's."""


async def judged_pairs(database: Database, actor: Actor) -> list[JudgedPair]:
    """The pairs of records that people have judged, as far as it still stands; the records say what they say now.

    Of a decided review the records that were compared; of any other anti-link, as an unmerge leaves one, one pair.
    Read in small transactions; nothing is locked or written.

    Raises:
        Busy: The database does not answer.
    """
    pairs: list[JudgedPair] = []
    place: str | None = None
    last: int | None = 0
    while True:
        some, place = await database.run(actor, partial(_reviewed, after=place))
        pairs += some
        if place is None:
            break
    while last is not None:
        some, last = await database.run(actor, partial(_kept_apart, after=last))
        pairs += some
    return pairs


async def _reviewed(work: Work, *, after: str | None) -> tuple[list[JudgedPair], str | None]:
    page = await stewardship.decided_reviews(work, after, limit=_PAGE)
    named = {record_id for review in page.items for record_id in review.records}
    homes = await customers.customers_of(work, named)
    apart = await customers.anti_links_of(work, named)
    said = [each for review in page.items for each in _said_in(review, homes, apart)]
    return await _pairs(work, said), page.next


def _said_in(
    review: Review, homes: Mapping[int, int], apart: Sequence[customers.AntiLink]
) -> Iterator[Said]:
    """What a review has said of each two records that it compared, where it still stands."""
    subject = review.subject_record_id
    for other in review.others:
        is_same = homes.get(subject) == homes.get(other)
        is_apart = any(each.parts([subject], [other]) for each in apart)
        if review.judgement is Judgement.SAME and is_same:
            yield subject, other, True
        elif review.judgement is Judgement.DIFFERENT and is_apart and not is_same:
            yield subject, other, False


async def _kept_apart(work: Work, *, after: int) -> tuple[list[JudgedPair], int | None]:
    found = await customers.anti_links_beside_reviews(work, after, limit=_PAGE)
    said = [(min(each.left), min(each.right), False) for each in found]
    return await _pairs(work, said), found[-1].id if found else None


async def _pairs(work: Work, said: Sequence[Said]) -> list[JudgedPair]:
    """The comparable forms of judged records; a record that its source has withdrawn has none."""
    named = {record_id for one, other, _ in said for record_id in (one, other)}
    if not named:
        return []
    folders = await customers.take_out(work, record_ids=named, lock=False)
    home = {
        record_id: record
        for folder in folders.values()
        for record_id, record in folder.records.items()
        if record_id in named
    }
    features = await open_features(work, home)
    return [
        JudgedPair(features[one], features[other], is_same)
        for one, other, is_same in said
        if one in features and other in features
    ]
