"""How often names are borne in a file: a shared rare name says more than a shared frequent one."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ecif.frequencies import Frequencies
from ecif.matching.columns import Table
from ecif.matching.columns_scale import NAMED

SEEN_OFTEN = 3
"""A name that fewer records bear is a rare one."""
OF_ONE = 8
"""As many records as one customer may have; the records of one customer are no evidence about others."""
FEWEST_NAMES = 50
"""Fewer names than this say nothing about how often names are borne."""


class Borne(NamedTuple):
    """How often one part of names is borne: by records in `total`; by how many, for the names that are seen `often`.

    `few`: how many other names there are.
    """

    often: dict[str, int]
    few: int
    total: int

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> "Borne":
        """Sum up how many records bear each name."""
        often = {name: count for name, count in counts.items() if count >= SEEN_OFTEN}
        return cls(often, len(counts) - len(often), sum(counts.values()))


class Whole(NamedTuple):
    """What is learned from all records of a file: how many there are, and how often names are borne."""

    records: int
    borne: Mapping[str, Borne]

    @classmethod
    def of(cls, table: Table) -> "Whole":
        """Count the records of a table, and the bearers of their names."""
        borne = {about: Borne.of(counts) for about, counts in bearers_of(table).items()}
        return cls(len(table.weak), borne)


def bearers_of(table: Table) -> dict[str, Counter[str]]:
    """How many records bear each family name and each given name, by the first name of each record."""
    persons = table.bags["persons"]
    bearers = np.bincount(persons.firsts[persons.firsts >= 0], minlength=len(persons.forms))
    forms = persons.names.forms
    found = {}
    for attribute, words in zip(NAMED, (forms.family, forms.given), strict=True):
        times = np.bincount(words.codes, bearers, minlength=len(words.texts)).astype(np.int64)
        told, first = np.unique(words.codes[bearers > 0], return_index=True)
        in_order = told[np.argsort(first)]
        names = zip(words.texts[in_order].tolist(), times[in_order].tolist(), strict=True)
        found[attribute] = Counter({name: count for name, count in names if name})
    return found


def learned_frequencies(borne: Mapping[str, Borne], shipped: Frequencies) -> Frequencies:
    """How often names are borne in this file; the shipped share of a name weighs as much as one bearer of it.

    So many bearers as one customer may have records prove nothing about others; all beyond are believed.
    """
    shares: dict[str, dict[str, float]] = {}
    rarest, counted = dict(shipped.rarest), dict(shipped.counted)
    for attribute, (often, few, total) in borne.items():
        if total >= FEWEST_NAMES:
            known: dict[str, float] = getattr(shipped, attribute)
            shares[attribute] = known | {
                name: _share(count, total, shipped.share_of(attribute, name))
                for name, count in often.items()
            }
            counted[attribute] = total
            bearing = total - sum(often.values())
            weight = 1 / rarest[attribute]
            typical = bearing / few / total if few else 1 / total
            rarest[attribute] = (typical * total + 1) / (total + weight)
    return shipped.model_copy(update={**shares, "rarest": rarest, "counted": counted})


def _share(count: int, total: int, shipped: float) -> float:
    return max(count / (total + 1 / shipped), (count - OF_ONE) / total)
