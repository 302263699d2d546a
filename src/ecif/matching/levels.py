"""Whether a rule set knows the levels that are compared: no more, and no fewer."""

from ecif.matching.columns import level_names
from ecif.rules import MatchingRules


def unknown_levels(rules: MatchingRules) -> list[tuple[str, str]]:
    """What the weights name that the table of comparisons does not have, and what they lack.

    Returns:
        The line of the rule set and what is wrong with it, in the order of the lines.
    """
    found = []
    for kind in ("person", "organisation"):
        known = level_names(kind)
        weights = rules.of_kind(kind).weights
        for comparison in weights.keys() - known.keys():
            found.append((f"matching.{kind}.weights.{comparison}", "there is no such comparison"))
        for comparison, levels in known.items():
            told = weights.get(comparison, {}).keys()
            where = f"matching.{kind}.weights.{comparison}"
            found += [(f"{where}.{level}", "there is no such level") for level in told - {*levels}]
            found += [(f"{where}.{level}", "this level is missing") for level in {*levels} - told]
    return sorted(found)
