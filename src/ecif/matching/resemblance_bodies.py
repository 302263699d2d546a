"""How near two names of organisations are: small pure rules on plain values, each naming one level of a comparison."""

from rapidfuzz.fuzz import ratio, token_set_ratio

from ecif.matching.forms import OrganisationForm
from ecif.matching.resemblance import LONG_NAME_LETTERS, are_alike

CLOSE_CORE_PERCENT = 88
CLOSE_SOUND_PERCENT = 92
SAME_WORDS_PERCENT = 90


def organisation_level(a: OrganisationForm, b: OrganisationForm) -> str:
    """How near two names of organisations are."""
    if a.normal == b.normal:
        return "exact"
    if a.branch != b.branch and not (a.branch and b.branch and are_ends(a.branch, b.branch)):
        return "branch"
    if a.core == b.core:
        return "core" if a.branch else _region_level(a.region, b.region)
    if a.sound == b.sound:
        return "sound"
    if (
        ratio(a.core, b.core) >= CLOSE_CORE_PERCENT
        or ratio(a.sound, b.sound) >= CLOSE_SOUND_PERCENT
    ):
        return "close"
    if a.core.isascii() != b.core.isascii() and shared_start(a.sound, b.sound) >= LONG_NAME_LETTERS:
        return "brand"
    return _words_level(a.tokens, b.tokens)


def _words_level(a: tuple[str, ...], b: tuple[str, ...]) -> str:
    if not (a and b):
        return "different"
    return (
        "part" if token_set_ratio(" ".join(a), " ".join(b)) >= SAME_WORDS_PERCENT else "different"
    )


def are_ends(a: str, b: str) -> bool:
    """Whether one text is the end of the other."""
    return a.endswith(b) or b.endswith(a)


def shared_start(a: str, b: str) -> int:
    """How many letters two texts begin with alike."""
    return next(
        (place for place, (x, y) in enumerate(zip(a, b, strict=False)) if x != y),
        min(len(a), len(b)),
    )


def _region_level(a: str, b: str) -> str:
    if a and b:
        return "core_and_region" if a == b else "elsewhere"
    return "core_and_region" if a == b else "core"


def employer_level(a: OrganisationForm, b: OrganisationForm) -> str:
    """Whether two employers are the same; a different one says little, people change work."""
    if a.core == b.core or a.sound == b.sound:
        return "same"
    return "close" if are_alike(a.core, b.core) else "different"
