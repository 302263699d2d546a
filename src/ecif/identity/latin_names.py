"""Names of persons in Latin letters: titles, particles, order, and Chinese names spelled in pinyin."""

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple

from ecif.identity.pinyin import (
    COMPOUND_SURNAMES,
    is_surname,
    surname_first,
    surname_reading_of,
    surname_spelling,
    syllables_of,
)
from ecif.identity.scripts import UNKNOWN, latin_fold, word_list

_TITLES = frozenset(
    word_list(
        "mr mrs ms miss mx dr prof sir dame lady lord herr frau monsieur madame mme mlle sr sra "
        "srta don dona hon rev fr capt col gen maj lt sgt eng ing dipl mag"
    )
)
_SUFFIXES = frozenset(
    word_list("jr sr jnr snr esq phd md mba msc bsc ba ma cfa cpa dds llm ii iii iv")
)
_PARTICLES = frozenset(
    word_list(
        "von van der den de del della dello des di da do dos das du la le lo ten ter zu zum zur "
        "af av y e i bin ibn ben bint al el ul ad as abd d"
    )
)
_NEVER_A_GIVEN_NAME = frozenset(
    word_list("von van der den del della dos das al el ul bint ibn zum zur")
)
_KEPT = re.compile(r"[^\w?]+")
_MOST_GIVEN_SYLLABLES = 2


@dataclass(frozen=True, slots=True)
class LatinName:
    """A name in Latin letters taken apart; `pinyin` is "" unless it reads as a Chinese name."""

    family: str
    given: str
    tokens: tuple[str, ...]
    pinyin: str


def latin_name_of(text: str, *, family: str = "", given: str = "") -> LatinName:
    """Take a Latin name apart.

    Args:
        text: The whole name in its written form, in any order.
        family: The family name, where the source tells it apart.
        given: The given names, where the source tells them apart.
    """
    told_family, told_given = _words(family), _words(given)
    before, comma, after = text.partition(",")
    if comma and not (told_family or told_given) and _without_titles(_words(after)):
        told_family, told_given = _words(before), _words(after)
    words = _without_titles([*told_given, *told_family] if comma and told_family else _words(text))
    chinese = _pinyin_parts(words, told_family, told_given)
    if chinese:
        return LatinName(*chinese[:2], tuple(words), chinese[2])
    if not (told_family or told_given):
        told_family, told_given = _parted(words, text)
    tokens = tuple(word for word in _without_particles(words) if word.strip(UNKNOWN))
    read = _transliteration(words)
    return LatinName(
        " ".join(_without_titles(told_family)), " ".join(_without_titles(told_given)), tokens, read
    )


class SpelledWord(NamedTuple):
    """What one word of a name of two words may be: sounds are "" where it cannot be that part.

    `is_odd`: it may be a title or a degree, so that the name is to be read as a whole.
    """

    surname_sound: str
    given_sound: str
    is_odd: bool


def spelled_word_of(word: str) -> SpelledWord:
    """What a lower-case word of a Chinese name in pinyin may be.

    Two words are surname and given name in this order, unless only the last can be the surname.
    """
    read = syllables_of(word)
    return SpelledWord(
        "".join(syllables_of(surname_spelling(word))) if is_surname(word) else "",
        "".join(read) if 0 < len(read) <= _MOST_GIVEN_SYLLABLES else "",
        word in _TITLES or word in _SUFFIXES,
    )


def _words(text: str) -> list[str]:
    """The folded words; an apostrophe joins (O'Brien), every other sign parts (Jean-Pierre)."""
    return _KEPT.sub(" ", latin_fold(text).replace("'", "")).split()


def _without_titles(words: list[str]) -> list[str]:
    start, end = 0, len(words)
    while end - start > 1 and words[start] in _TITLES:
        start += 1
    while end - start > 1 and words[end - 1] in _SUFFIXES:
        end -= 1
    return words[start:end]


def _without_particles(words: list[str]) -> list[str]:
    """Words that tell persons apart: a particle counts only where it can be nothing else."""
    last = len(words) - 1
    kept = [
        word
        for place, word in enumerate(words)
        if word not in _PARTICLES
        or place == last
        or (place == 0 and word not in _NEVER_A_GIVEN_NAME)
    ]
    return kept or words


def _parted(words: list[str], text: str) -> tuple[list[str], list[str]]:
    """Family and given names of a name that does not say which is which.

    One shouted word among others is the family name (Nicolas SARKOZY); otherwise the last, with its particles.
    """
    if len(words) < 2:
        return words, []
    shouted = [
        latin_fold(word)
        for word in _KEPT.sub(" ", text).split()
        if len(word) > 1 and word.isupper()
    ]
    family = [word for word in words if word in shouted]
    if family and len(family) < len(words):
        return family, [word for word in words if word not in family]
    particles = len(list(takewhile(lambda word: word in _PARTICLES, reversed(words[1:-1]))))
    place = len(words) - 1 - particles
    return words[place:], words[:place]


def _pinyin_parts(
    words: list[str], family: list[str], given: list[str]
) -> tuple[str, str, str] | None:
    """Family name, given name and reading, if the words spell a Chinese name."""
    if family and given:
        ordered = (family, given)
    elif len(words) == 1:
        read = surname_first(words[0])
        spelled = "".join(read[1:])
        return (words[0].removesuffix(spelled), spelled, " ".join(read)) if read else None
    elif words:
        ordered = _surname_apart(words)
    else:
        return None  # nothing but signs: no word to read
    return _joined("".join(ordered[0]), ordered[1])


def _joined(surname: str, given: list[str]) -> tuple[str, str, str] | None:
    read = [syllable for word in given for syllable in syllables_of(word)]
    spelled = (
        given and all(syllables_of(word) for word in given) and len(read) <= _MOST_GIVEN_SYLLABLES
    )
    if not spelled or not is_surname(surname):
        return None
    return surname, "".join(given), " ".join((*syllables_of(surname_spelling(surname)), *read))


def _surname_apart(words: list[str]) -> tuple[list[str], list[str]]:
    """Surname first as China writes it, unless only the last word can be the surname."""
    if len(words) > 2 and "".join(words[:2]) in _COMPOUND_READINGS:
        return words[:2], words[2:]
    if not is_surname(words[0]) and is_surname(words[-1]):
        return words[-1:], words[:-1]
    return words[:1], words[1:]


def _transliteration(words: list[str]) -> str:
    """The reading of a long name spelled from hanzi throughout (REYIHAN YIMING); "" for others.

    Words of one syllable, and vowels in a row as in Marianne (尔 apart), speak for another language.
    """
    read = [syllables_of(word) for word in words]
    inner = [syllable for syllables in read for syllable in syllables[1:]]
    if len(inner) < 2 or not all(len(syllables) > 1 for syllables in read):
        return ""
    if any(syllable[0] in "aeo" and syllable != "er" for syllable in inner):
        return ""
    return " ".join(syllable for syllables in read for syllable in syllables)


_COMPOUND_READINGS = frozenset(
    surname_reading_of(name).replace(" ", "") for name in COMPOUND_SURNAMES
)
