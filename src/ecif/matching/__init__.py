"""Are these two the same?

Pure: `features_of` (comparable forms and blocking keys), `compare` and `score` (bits with reasons), `band_of` and
`decide` (automatic, review, none), `evaluate` (how good groups are, against labelled ones).
"""

from ecif.matching.comparisons import (
    ORGANISATION_COMPARISONS,
    PERSON_COMPARISONS,
    Comparison,
    Observation,
    compare,
)
from ecif.matching.features import features_of
from ecif.matching.forms import Features
from ecif.matching.index import (
    FULL,
    Found,
    HashedKeys,
    Indexed,
    find,
    find_contact,
    forget,
    put,
    sealed_features,
)
from ecif.matching.keys import refined_keys
from ecif.matching.quality import Measured, Quality, evaluate
from ecif.matching.scoring import Score, score
from ecif.matching.verdict import CandidateGroup, Tie, Verdict, band_of, decide

__all__ = [
    "FULL",
    "ORGANISATION_COMPARISONS",
    "PERSON_COMPARISONS",
    "CandidateGroup",
    "Comparison",
    "Features",
    "Found",
    "HashedKeys",
    "Indexed",
    "Measured",
    "Observation",
    "Quality",
    "Score",
    "Tie",
    "Verdict",
    "band_of",
    "compare",
    "decide",
    "evaluate",
    "features_of",
    "find",
    "find_contact",
    "forget",
    "put",
    "refined_keys",
    "score",
    "sealed_features",
]
