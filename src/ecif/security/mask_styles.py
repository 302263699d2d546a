"""How much of one value a mask shows: the style words of the rules, each text to text.

A mask has a fixed width, so it does not tell how long the hidden part is.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

from ecif.identity import bare_name, person_name_of

HIDDEN: Final = "***"
MIN_HIDDEN_CHARACTERS: Final = 4
"""Fewer hidden characters could be guessed by trying; the ends give way first."""

MAX_SURNAME_CHARACTERS: Final = 40
MAX_WORDS: Final = 5

Style = Callable[[str], str]

_ENDS: Final = re.compile(r"ends:(\d{1,2}),(\d{1,2})")
_YEAR: Final = re.compile(r"([0-9]{4})(?![0-9])")
_DOMAIN: Final = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_SURNAME: Final = re.compile(r"[^\W\d_]+(?:[ '.\-][^\W\d_]+){0,4}")
_KANA_OR_HANGUL: Final = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")


def plain(text: str) -> str:
    """All of it."""
    return text


def hidden(text: str) -> str:
    """Nothing but that there is something."""
    return HIDDEN if text else text


def year(text: str) -> str:
    """The year of a day, month or year in ISO form; nothing of any other text."""
    found = _YEAR.match(text)
    return f"{found[1]}-**-**" if found else hidden(text)


def email(text: str) -> str:
    """The first character and the domain of an e-mail address; nothing of any other text."""
    local, at, domain = text.rpartition("@")
    if not (local and at and _DOMAIN.fullmatch(domain)) or "@" in local:
        return hidden(text)
    return f"{_initial(local)}{HIDDEN}@{domain}"


def words(text: str) -> str:
    """The first character of each word, of at most five."""
    return " ".join(f"{_initial(word)}*" for word in text.split()[:MAX_WORDS])


def surname(text: str) -> str:
    """The surname of a person's full name: 张*, 欧阳*, J* Smith, Zhang W*.

    Of a name that does not show which part is the surname, the first character.
    """
    return surname_of_parts(text) if text else text


@lru_cache(maxsize=4_096)
def surname_of_parts(
    full: str, family: str | None = None, given: str | None = None, second: str | None = None
) -> str:
    """The surname of a full name, with the help of its parts where the source tells them apart."""
    forms = person_name_of(
        bare_name({"full": full, "family": family, "given": given, "second_family": second})
    )
    if not forms.hanzi and not _KANA_OR_HANGUL.search(forms.written):
        return _latin(forms.written, forms.family, forms.given, is_chinese=bool(forms.pinyin))
    shown = forms.written[: len(forms.family)] if _HAN.match(forms.written) else ""
    return f"{shown or _initial(forms.written)}*"


def _latin(written: str, family: str, given: str, *, is_chinese: bool) -> str:
    shown = _as_written(written, family)
    if not given or not _SURNAME.fullmatch(shown) or len(shown) > MAX_SURNAME_CHARACTERS:
        return f"{_initial(written)}*"
    first = f"{_initial(given).upper()}*"
    return f"{shown} {first}" if is_chinese else f"{first} {shown}"


def _as_written(written: str, family: str) -> str:
    """The family name in its own spelling, accents and capitals included."""
    spelled = {_folded(word): word for word in re.split(r"[\s,]+", written)}
    return " ".join(spelled.get(word, word.capitalize()) for word in family.split())


def _folded(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def given_part(text: str) -> str:
    """A given name that stands alone: an initial, or nothing of a Chinese one."""
    return "*" if _HAN.search(text) else f"{_initial(text)}*"


def surname_part(text: str) -> str:
    """A surname that stands alone, whole; a longer name that strayed there is masked as one."""
    if _HAN.search(text):
        return text if surname(f"{text}某") == f"{text}*" else surname(text)
    is_one = _SURNAME.fullmatch(text) and len(text) <= MAX_SURNAME_CHARACTERS
    return text if is_one else f"{_initial(text)}*"


def _initial(text: str) -> str:
    for character in text:
        if character.isalnum():
            return character
    return ""


def _ends(first_count: int, last_count: int) -> Style:
    def shown(text: str) -> str:
        kept = text.strip().removeprefix("+86").lstrip("+")
        first, last = first_count, last_count
        while first + last and len(kept) - first - last < MIN_HIDDEN_CHARACTERS:
            first, last = (first - 1, last) if first >= last else (first, last - 1)
        return f"{kept[:first]}{HIDDEN}{kept[len(kept) - last :]}" if kept else hidden(text)

    return shown


STYLES: Final[Mapping[str, Style]] = MappingProxyType(
    {
        "plain": plain,
        "hidden": hidden,
        "year": year,
        "email": email,
        "words": words,
        "surname": surname,
        "district": hidden,
    }
)
"""What each word of a mask rule does to one text; the parts of an address are judged one by one."""


@cache
def style_of(word: str) -> Style:
    """The style a rule asks for; an unknown word hides."""
    if found := _ENDS.fullmatch(word):
        return _ends(int(found[1]), int(found[2]))
    return STYLES.get(word, hidden)


def is_mask_style(word: str) -> bool:
    """Whether a rule may use this word."""
    return word in STYLES or _ENDS.fullmatch(word) is not None
