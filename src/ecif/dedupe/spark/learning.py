"""The rules adapt to a file of any size: seen on executors, learned by the driver, equal to what one machine learns."""

import numpy as np
import numpy.typing as npt
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from ecif.dedupe.learning import chance_of_files, chosen_places, drawn_pairs
from ecif.dedupe.spark.cluster import Cluster
from ecif.dedupe.spark.layout import NAMES, Laid, ids_at
from ecif.dedupe.spark.planning import Planned
from ecif.dedupe.spark.scoring import PART_SIGN, sightings
from ecif.matching import (
    SEEN_OFTEN,
    Borne,
    Features,
    Learned,
    LearningEvidence,
    Observed,
    PersonForm,
    Table,
    Whole,
    learn,
    table_of,
)
from ecif.rules import MatchingRules

Rows = npt.NDArray[np.int64]

_NAMED = ("family_name", "given_name")


def adapted(cluster: Cluster, laid: Laid, plan: Planned, rules: MatchingRules) -> Learned:
    """Rules that fit a file of one kind: those that `learning.adapted` learns, drawn by the same chance."""
    size = laid.count
    chance = chance_of_files()
    chosen = plan.at(cluster, chosen_places(plan.count, chance))
    drawn = tuple(ids_at(cluster, laid, ends) for ends in drawn_pairs(size, chance))
    pairs = [np.concatenate(ends) for ends in zip(chosen, drawn, strict=True)]
    seen = _Seen.of(cluster, laid.kind, pairs[0], pairs[1])
    looked_at = len(chosen[0])
    evidence = LearningEvidence(
        seen.table,
        seen.between(0, looked_at),
        seen.between(looked_at, len(pairs[0])),
        max(1.0, size * (size - 1) / 2),
        looked_at / plan.count if plan.count else 1.0,
        Whole(size, _borne(cluster, laid.kind)),
    )
    return learn(evidence, rules)


class _Seen:
    """What was seen of some pairs; `table` holds nothing but the names in which they agree."""

    def __init__(self, table: Table, seen: Observed) -> None:
        self.table = table
        self._seen = seen

    @classmethod
    def of(cls, cluster: Cluster, kind: str, left: Rows, right: Rows) -> "_Seen":
        pairs = cluster.rows(left=left, right=right, place=np.arange(len(left)))
        told = cluster.kept(f"seen-{kind}", sightings(cluster, pairs, kind)).toArrow()
        told = told.sort_by("place")
        names = {about: told[about].to_pylist() for about in _NAMED}
        parts = list(
            dict.fromkeys(part for column in names.values() for part in column if part is not None)
        )
        table = _names_of(kind, parts)
        families = table.bags["persons"].names.family
        code = {part: families[place] for place, part in enumerate(parts)} | {None: np.int32(-1)}
        places = len(table.comparisons)
        levels = np.frombuffer(b"".join(told["levels"].to_pylist()), dtype=np.int8)
        agreed = {
            about: np.array([code[part] for part in column], dtype=np.int32)
            for about, column in names.items()
        }
        nobody = np.full(len(left), -1, dtype=np.int32)
        contradicting = told["contradicting"].to_numpy()
        levels = levels.reshape(len(left), places)
        return cls(table, Observed(left, right, levels, contradicting, agreed, nobody))

    def between(self, start: int, end: int) -> Observed:
        """Some of the pairs."""
        return self._seen.only(np.arange(start, end))


def _names_of(kind: str, parts: list[str]) -> Table:
    """A table in which some parts of names stand as family names, in this order."""
    if kind != "person":
        return table_of(kind, [])
    told = (part.split(PART_SIGN) for part in parts)
    forms = (PersonForm(text, "", sound, "", "", is_han=False) for text, sound in told)
    return table_of(kind, [Features(kind, persons=(form,)) for form in forms])


def _borne(cluster: Cluster, kind: str) -> dict[str, Borne]:
    """How often names are borne in the whole file; the driver is told those that are seen often."""
    none = {about: Borne({}, 0, 0) for about in _NAMED}
    if kind != "person":
        return none
    counts = (
        cluster.stored("names", NAMES)
        .groupBy("about", "name")
        .agg(f.sum("records").alias("records"))
    )
    counts = cluster.kept("bearers", counts)
    often = _often(counts)
    rest = counts.groupBy("about").agg(
        f.count("*").alias("names"), f.sum("records").alias("records")
    )
    told = {line["about"]: line for line in rest.collect()}
    return none | {
        about: Borne(often[about], line["names"] - len(often[about]), line["records"])
        for about, line in told.items()
    }


def _often(counts: DataFrame) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {about: {} for about in _NAMED}
    for line in counts.where(f.col("records") >= SEEN_OFTEN).toLocalIterator():
        found[line["about"]][line["name"]] = line["records"]
    return found
