"""Which lines does the bank draw, and who may draw them?

Owns rule-set versions (frozen once stored), which of them is active, and the source systems.
"""

from ecif.policy.learned_names import RulesUnderMissingKey
from ecif.policy.rule_sets import (
    RuleSetNotFound,
    StoredRules,
    activate,
    active_versions,
    add_rule_set,
    as_stored,
    get_rules,
    list_rule_sets,
    moment_of,
    rules_under_missing_keys,
)
from ecif.policy.sources import (
    SourceSystem,
    SourceSystemInUse,
    SourceSystemNotFound,
    SourceSystemNotListed,
    describe_source,
    draft_of_source,
    fix_ordering,
    get_source,
    list_sources,
    sources_named,
)

__all__ = [
    "RuleSetNotFound",
    "RulesUnderMissingKey",
    "SourceSystem",
    "SourceSystemInUse",
    "SourceSystemNotFound",
    "SourceSystemNotListed",
    "StoredRules",
    "activate",
    "active_versions",
    "add_rule_set",
    "as_stored",
    "describe_source",
    "draft_of_source",
    "fix_ordering",
    "get_rules",
    "get_source",
    "list_rule_sets",
    "list_sources",
    "moment_of",
    "rules_under_missing_keys",
    "sources_named",
]
