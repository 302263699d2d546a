"""Are these two the same?

Pure: `features_of` (comparable forms and blocking keys), `compare` and `score` (bits with reasons), `band_of` and
`decide` (automatic, review, none), `evaluate` (how good groups are, against labelled ones).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ecif.matching.comparisons import (
    ORGANISATION_COMPARISONS,
    PERSON_COMPARISONS,
    Comparison,
    Observation,
    compare,
)
from ecif.matching.features import (
    Papers,
    address_form,
    email_form,
    features_of,
    organisation_form,
    papers_of,
    person_form,
)
from ecif.matching.forms import BirthForm, DocumentForm, Features, PersonForm
from ecif.matching.judgement import JudgedPair
from ecif.matching.keys import refined_keys
from ecif.matching.quality import Measured, Quality, evaluate, wilson
from ecif.matching.scoring import Score, score
from ecif.matching.verdict import CandidateGroup, Tie, Verdict, band_of, decide, tie_of

if TYPE_CHECKING:
    from ecif.matching.bearers import SEEN_OFTEN, Borne, Whole, bearers_of
    from ecif.matching.clusters import (
        Ties,
        automatic_groups,
        best_groups,
        components_of,
        groups_of_some,
        review_ties,
    )
    from ecif.matching.columns import (
        Bags,
        Facet,
        Table,
        bagged,
        coded,
        level_names,
        nothing_told,
        table_of,
    )
    from ecif.matching.columns_forms import AddressColumn, DocumentColumn
    from ecif.matching.columns_hope import Hope
    from ecif.matching.columns_keys import Conjunction, KeyColumn, Keys
    from ecif.matching.columns_named import BodyColumn, PersonColumn
    from ecif.matching.columns_observe import made_ready, observe
    from ecif.matching.columns_scale import Scale
    from ecif.matching.columns_scoring import Scores, scores_of
    from ecif.matching.columns_seen import Observed, joined
    from ecif.matching.columns_words import (
        PackedTexts,
        TextShelf,
        Words,
        mixed,
        scatter,
        starts_of,
        texts_of,
    )
    from ecif.matching.index import (
        FULL,
        MOST_COMPARED,
        Found,
        HashedKeys,
        Indexed,
        find,
        find_contact,
        forget,
        put,
        sealed_features,
    )
    from ecif.matching.indexed import KeyVersions, key_versions
    from ecif.matching.judged import Lesson, TooFewDecisions, learn_from_decisions
    from ecif.matching.levels import unknown_levels
    from ecif.matching.training import Evidence as LearningEvidence
    from ecif.matching.training import Kept, Learned, learn

_WHEN_ASKED_FOR = {
    "bearers": "SEEN_OFTEN Borne Whole bearers_of",
    "clusters": "Ties automatic_groups best_groups components_of groups_of_some review_ties",
    "columns": "Bags Facet Table bagged coded level_names nothing_told table_of",
    "columns_forms": "AddressColumn DocumentColumn",
    "columns_hope": "Hope",
    "columns_keys": "Conjunction KeyColumn Keys",
    "columns_named": "BodyColumn PersonColumn",
    "columns_observe": "made_ready observe",
    "columns_scale": "Scale",
    "columns_scoring": "Scores scores_of",
    "columns_seen": "Observed joined",
    "columns_words": "PackedTexts TextShelf Words mixed scatter starts_of texts_of",
    "index": "FULL MOST_COMPARED Found HashedKeys Indexed find find_contact forget put sealed_features",
    "indexed": "KeyVersions key_versions",
    "judged": "Lesson TooFewDecisions learn_from_decisions",
    "levels": "unknown_levels",
    "training": "LearningEvidence Kept Learned learn",
}
"""Module → names. Grouping a file needs no database, and taking records in one by one needs no columns."""

_MODULES = {name: module for module, names in _WHEN_ASKED_FOR.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """The index in PostgreSQL, and whatever works on columns: loaded at the first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_MODULES[name]}")
    found = getattr(module, "Evidence" if name == "LearningEvidence" else name)
    globals()[name] = found
    return found


__all__ = [
    "FULL",
    "MOST_COMPARED",
    "ORGANISATION_COMPARISONS",
    "PERSON_COMPARISONS",
    "SEEN_OFTEN",
    "AddressColumn",
    "Bags",
    "BirthForm",
    "BodyColumn",
    "Borne",
    "CandidateGroup",
    "Comparison",
    "Conjunction",
    "DocumentColumn",
    "DocumentForm",
    "Facet",
    "Features",
    "Found",
    "HashedKeys",
    "Hope",
    "Indexed",
    "JudgedPair",
    "Kept",
    "KeyColumn",
    "KeyVersions",
    "Keys",
    "Learned",
    "LearningEvidence",
    "Lesson",
    "Measured",
    "Observation",
    "Observed",
    "PackedTexts",
    "Papers",
    "PersonColumn",
    "PersonForm",
    "Quality",
    "Scale",
    "Score",
    "Scores",
    "Table",
    "TextShelf",
    "Tie",
    "Ties",
    "TooFewDecisions",
    "Verdict",
    "Whole",
    "Words",
    "address_form",
    "automatic_groups",
    "bagged",
    "band_of",
    "bearers_of",
    "best_groups",
    "coded",
    "compare",
    "components_of",
    "decide",
    "email_form",
    "evaluate",
    "features_of",
    "find",
    "find_contact",
    "forget",
    "groups_of_some",
    "joined",
    "key_versions",
    "learn",
    "learn_from_decisions",
    "level_names",
    "made_ready",
    "mixed",
    "nothing_told",
    "observe",
    "organisation_form",
    "papers_of",
    "person_form",
    "put",
    "refined_keys",
    "review_ties",
    "scatter",
    "score",
    "scores_of",
    "sealed_features",
    "starts_of",
    "table_of",
    "texts_of",
    "tie_of",
    "unknown_levels",
    "wilson",
]
