"""Names of companies and other bodies in comparable forms: the brand apart from place, legal form and branch."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ecif.identity.company_words import (
    BRANCH_WORDS,
    CHINESE_LEGAL_FORMS,
    LATIN_LEGAL_FORMS,
    LATIN_NOISE,
    TRADE_WORDS,
    TRADELESS_WORDS,
)
from ecif.identity.pinyin import reading_of, syllables_of
from ecif.identity.places import REGION_OF_CITY, is_place, place_at_head, place_inside
from ecif.identity.profile import Name
from ecif.identity.scripts import HANZI, latin_fold, one_script, word_list, written_form

_HANZI = re.compile(f"[{HANZI}]")
_ALL_HANZI = re.compile(f"[{HANZI}]+")
_BRACKETS = re.compile(r"[(\[【〔<《]([^()\[\]【】〔〕<>《》]*)[)\]】〕>》]")
_SIGNS = re.compile(rf"[^{HANZI}\w?]+")
_BRANCH = re.compile(
    rf"([{HANZI}]{{2,12}}?)?((?:第[一二三四五六七八九十]+)?(?:{'|'.join(BRANCH_WORDS)}))$"
)
_LEGAL_FORM = re.compile(
    "|".join(f"(?<![分支]){form}" if form == "公司" else form for form in CHINESE_LEGAL_FORMS)
)
MISSPELT_FORM = re.compile(
    "(?:有.公司|.限公司|有限.司|有限公.|有限责.公司|有限.任公司|有限责任公.)$"
)
"""How a limited company ends with one character of its legal form mistaken, or with none."""
_WORD = re.compile(r"[\w?]+")
_POSSESSIVE = re.compile(r"'(?=s\b)|(?<=\w)'(?=\w)")
_DOTTED = re.compile(r"\b(?:\w\.){2,}\w?")


@dataclass(frozen=True, slots=True)
class OrganisationName:
    """One name of an organisation, taken apart; "" where it does not tell.

    `written` is what a person should read; `normal` the whole in one script, lower case, without
    signs and blanks between hanzi; `core` the brand and trade without region, brackets, legal form
    and branch; `region` the place it names; `legal_form` the form in one short word; `branch` the
    branch words with their place; `pinyin` the reading of `core` (for Latin names `core` itself);
    `tokens` the Latin words without legal forms.
    """

    written: str
    normal: str
    core: str
    region: str
    legal_form: str
    branch: str
    pinyin: str
    tokens: tuple[str, ...]


def organisation_name_of(name: Name) -> OrganisationName:
    """The comparable forms of an organisation's name; any text has some."""
    return _organisation_name(name.full or " ".join(filter(None, (name.given, name.family))))


@lru_cache(maxsize=4_096)
def _organisation_name(text: str) -> OrganisationName:
    written = written_form(text)
    plain = one_script(written)
    return _chinese(written, plain) if _HANZI.search(plain) else _latin(written, plain)


def _chinese(written: str, plain: str) -> OrganisationName:
    if _ALL_HANZI.fullmatch(plain):
        bracketed, outside, normal = [], plain, plain
    else:
        bracketed = [_SIGNS.sub("", inner) for inner in _BRACKETS.findall(plain)]
        outside = _SIGNS.sub("", latin_fold(_BRACKETS.sub("", plain)))
        normal = _SIGNS.sub("", latin_fold(plain))
    rest, branch = _branch_apart(outside)
    rest, legal_form = _legal_form_apart(rest, bracketed)
    core, region = brand_of(rest, bracketed, shortest=2 if legal_form else 3)
    return OrganisationName(
        written=written,
        normal=normal,
        core=core,
        region=region,
        legal_form=legal_form,
        branch=branch,
        pinyin=reading_of(core),
        tokens=() if _ALL_HANZI.fullmatch(core) else tuple(_WORD.findall(_HANZI.sub(" ", core))),
    )


def brand_of(rest: str, bracketed: Sequence[str], *, shortest: int) -> tuple[str, str]:
    """Brand and trade of a Chinese name, and the place that it names.

    Args:
        rest: The name without legal form, branch and brackets.
        bracketed: What stands in brackets.
        shortest: How many characters must remain when a place is taken away: two where a legal form was told.
    """
    places = [inner for inner in bracketed if is_place(inner)]
    core, region = _place_apart(rest, shortest=shortest, told=bool(places))
    if len(core) < 2:
        core += "".join(inner for inner in bracketed if inner not in places)
    return core, (place_at_head(places[0])[0] or places[0]) if places else region


def _place_apart(text: str, *, shortest: int, told: bool) -> tuple[str, str]:
    """The name without the place it begins with, or carries after its brand; and the place.

    Args:
        text: The name without legal form and branch.
        shortest: How many characters must remain.
        told: Whether brackets tell the place already.
    """
    place, end = place_at_head(text)
    if place and len(text) - end >= shortest:
        return text[end:], place
    inside, start, end = ("", 0, 0) if told or place else place_inside(text)
    if inside and len(text) - (end - start) > shortest:
        return text[:start] + text[end:], inside
    return text, ""


def _branch_apart(text: str) -> tuple[str, str]:
    """The text before the branch, and the branch with its place: 南京分公司, 海淀支行."""
    after_form = max((form.end() for form in _LEGAL_FORM.finditer(text)), default=0)
    tail = text[after_form:]
    found = _BRANCH.search(tail)
    if found is None:
        return text, ""
    if after_form and found.start() == 0:
        return text[:after_form], tail
    word = found[2]
    place = _place_before(tail[: -len(word)])
    return text[: len(text) - len(word) - len(place)], place + word


def _place_before(text: str) -> str:
    return next(
        (text[-size:] for size in (5, 4, 3, 2) if len(text) > size + 1 and is_place(text[-size:])),
        "",
    )


def _legal_form_apart(text: str, bracketed: list[str]) -> tuple[str, str]:
    misspelt = MISSPELT_FORM.search(text)
    if misspelt and not _LEGAL_FORM.fullmatch(misspelt[0]) and misspelt.start() >= 2:
        rest = text[: misspelt.start()]
        form = "joint-stock" if rest.endswith("股份") else "limited"
        return rest.removesuffix("股份").removesuffix("集团"), form
    rest = _LEGAL_FORM.sub("", text)
    if len(rest) < 2:
        return text, ""
    forms = _LEGAL_FORM.findall(text) or [
        inner for inner in bracketed if _LEGAL_FORM.fullmatch(inner)
    ]
    return rest, CHINESE_LEGAL_FORMS[forms[-1]] if forms else ""


def _latin(written: str, plain: str) -> OrganisationName:
    folded = _DOTTED.sub(
        lambda dotted: dotted[0].replace(".", ""), latin_fold(plain).replace("&", " and ")
    )
    words = _WORD.findall(_POSSESSIVE.sub("", folded))
    kept, legal_form = _latin_form_apart(words)
    region = _CITY_SPELLED.get(kept[0], "") if len(kept) > 1 else ""
    named = kept[1:] if region else kept
    tokens = tuple(word for word in named if word not in LATIN_NOISE) or tuple(named)
    core = " ".join(tokens)
    read = _read(tokens) if region else core
    return OrganisationName(written, " ".join(words), core, region, legal_form, "", read, tokens)


def _read(tokens: tuple[str, ...]) -> str:
    """The reading that the Chinese name of a company probably has: its brand spelled, its trade translated."""
    return " ".join(
        reading_of(TRADE_WORDS[word])
        if word in TRADE_WORDS
        else " ".join(syllables_of(word)) or word
        for word in tokens
        if word not in TRADELESS_WORDS
    )


_CITY_SPELLED = {reading_of(city).replace(" ", ""): city for city in REGION_OF_CITY}


def _latin_form_apart(words: list[str]) -> tuple[list[str], str]:
    """The words without legal forms at either end, and the strongest form found."""
    form, start, end = "", 0, len(words)
    moving = True
    while moving and end - start > 1:
        moving = False
        for size in (5, 4, 3, 2, 1):
            if size >= end - start:
                continue
            tail, head = " ".join(words[end - size : end]), " ".join(words[start : start + size])
            if tail in LATIN_LEGAL_FORMS:
                form, end, moving = form or LATIN_LEGAL_FORMS[tail], end - size, True
                break
            if (size > 1 and head in LATIN_LEGAL_FORMS) or head in _LEADING_FORMS:
                form, start, moving = form or LATIN_LEGAL_FORMS[head], start + size, True
                break
    return words[start:end], form


_LEADING_FORMS = frozenset(word_list("ooo oao zao pao ao pt cv ltd llc"))
