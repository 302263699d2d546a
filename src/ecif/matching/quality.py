"""How good a grouping is beside the truth: shares on pairs and on records, each with its bounds."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

NORMAL_95 = 1.959964
"""97.5 % quantile of the normal distribution: bounds hold in 95 of 100 samples."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A share between 0 and 1 with the bounds that hold in 95 of 100 samples of such data."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quality:
    """A grouping beside the truth.

    Pairs: of the pairs put together, how many belong together (precision), and the reverse (recall). B-cubed: the same
    as a mean over records, so that big groups weigh no more than their records.
    """

    pair_precision: Measured
    pair_recall: Measured
    pair_f1: Measured
    b3_precision: Measured
    b3_recall: Measured
    b3_f1: Measured
    true_pair_count: int
    found_pair_count: int
    right_pair_count: int


def evaluate(found: Sequence[Hashable], truth: Sequence[Hashable]) -> Quality:
    """Compare two groupings of the same records.

    Args:
        found: The group of each record, as the machine put it.
        truth: The group of each record, in the same order.

    Raises:
        ValueError: The two do not name the same number of records, or none.

    Source: B-cubed: Bagga & Baldwin (1998), "Entity-Based Cross-Document Coreferencing", COLING-ACL, 79-85.
    """
    if len(found) != len(truth) or not truth:
        raise ValueError("both groupings must name the same records, and at least one")
    both = list(zip(found, truth, strict=True))
    right, found_pairs, true_pairs = _pairs(both), _pairs(found), _pairs(truth)
    precision, recall = wilson(right, found_pairs), wilson(right, true_pairs)
    b3_precision = _mean_by_record(both, found, truth)
    b3_recall = _mean_by_record(both, truth, truth)
    return Quality(
        pair_precision=precision,
        pair_recall=recall,
        pair_f1=_f1(precision, recall),
        b3_precision=b3_precision,
        b3_recall=b3_recall,
        b3_f1=_f1(b3_precision, b3_recall),
        true_pair_count=true_pairs,
        found_pair_count=found_pairs,
        right_pair_count=right,
    )


def wilson(successes: int, trials: int) -> Measured:
    """A share of counted trials with its score interval; 1 with the widest bounds when nothing was tried.

    Source: Wilson (1927), "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22, 209-212.
    """
    if trials == 0:
        return Measured(1.0, 0.0, 1.0)
    share, z2 = successes / trials, NORMAL_95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    reach = (
        NORMAL_95 * sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    )
    return Measured(
        share, max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach))
    )


def _pairs(groups: Iterable[Hashable]) -> int:
    return sum(size * (size - 1) // 2 for size in Counter(groups).values())


def _mean_by_record(
    both: Sequence[Hashable], groups: Sequence[Hashable], truth: Sequence[Hashable]
) -> Measured:
    """The mean over records of the share of each one's group that is right; bounds by true customer.

    Records of one customer succeed and fail together, so customers are the sampled units: the variance is that of a
    ratio of cluster totals. Source: Cochran (1977), "Sampling Techniques", 3rd ed., section 9.3.
    """
    shared, size = Counter(both), Counter(groups)
    totals: dict[Hashable, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for pair, group, customer in zip(both, groups, truth, strict=True):
        totals[customer][0] += shared[pair] / size[group]
        totals[customer][1] += 1
    mean = sum(share for share, _ in totals.values()) / len(truth)
    count = len(totals)
    squares = sum((share - mean * records) ** 2 for share, records in totals.values())
    reach = NORMAL_95 * sqrt(squares * count / max(1, count - 1)) / len(truth)
    return Measured(mean, max(0.0, mean - reach), min(1.0, mean + reach))


def _f1(precision: Measured, recall: Measured) -> Measured:
    return Measured(
        _harmonic(precision.value, recall.value),
        _harmonic(precision.low, recall.low),
        _harmonic(precision.high, recall.high),
    )


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b else 0.0
