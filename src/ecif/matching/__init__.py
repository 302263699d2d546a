"""Are these two the same?

Pure: `features_of` (comparable forms and blocking keys), `compare` and `score` (bits with reasons), `band_of` and
`decide` (automatic, review, none), `evaluate` (how good groups are, against labelled ones).
"""

from ecif.matching.clusters import (
    Ties,
    automatic_groups,
    best_groups,
    components_of,
    review_ties,
)
from ecif.matching.columns import (
    Facet,
    Observed,
    Table,
    coded,
    joined,
    level_names,
    observe,
    table_of,
)
from ecif.matching.columns_keys import KeyColumn, key_columns, refined_columns
from ecif.matching.columns_scoring import Scores, scores_of
from ecif.matching.comparisons import (
    ORGANISATION_COMPARISONS,
    PERSON_COMPARISONS,
    Comparison,
    Observation,
    compare,
)
from ecif.matching.features import features_of, forms_of
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
from ecif.matching.training import Evidence as LearningEvidence
from ecif.matching.training import Kept, Learned, learn
from ecif.matching.verdict import CandidateGroup, Tie, Verdict, band_of, decide

__all__ = [
    "FULL",
    "ORGANISATION_COMPARISONS",
    "PERSON_COMPARISONS",
    "CandidateGroup",
    "Comparison",
    "Facet",
    "Features",
    "Found",
    "HashedKeys",
    "Indexed",
    "Kept",
    "KeyColumn",
    "Learned",
    "LearningEvidence",
    "Measured",
    "Observation",
    "Observed",
    "Quality",
    "Score",
    "Scores",
    "Table",
    "Tie",
    "Ties",
    "Verdict",
    "automatic_groups",
    "band_of",
    "best_groups",
    "coded",
    "compare",
    "components_of",
    "decide",
    "evaluate",
    "features_of",
    "find",
    "find_contact",
    "forget",
    "forms_of",
    "joined",
    "key_columns",
    "learn",
    "level_names",
    "observe",
    "put",
    "refined_columns",
    "refined_keys",
    "review_ties",
    "score",
    "scores_of",
    "sealed_features",
    "table_of",
]
