"""Names of persons in comparable forms: script, width, interpuncts, titles and pinyin no longer matter."""

import re
from dataclasses import dataclass
from functools import lru_cache

from ecif.identity.latin_names import latin_name_of
from ecif.identity.pinyin import reading_of, surname_of, surname_reading_of, syllables_of
from ecif.identity.profile import Name
from ecif.identity.scripts import HANZI, PLAIN_HANZI, UNKNOWN, one_script, written_form

_HANZI = re.compile(f"[{HANZI}]")
_PLAIN = re.compile(f"[{PLAIN_HANZI}]{{2,3}}")
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_CHINESE_PIECE = re.compile(rf"[{HANZI}]+|\?|[A-Za-z]+")
_INNER_GAP = re.compile(rf"(?<=[{HANZI}?])[ ·.\-]+(?=[{HANZI}?])")
HONORIFICS = "先生|女士|小姐|太太|夫人|同志|老师|教授|博士|经理|阁下"
"""What is said behind a whole name, as the alternatives of a pattern."""
_HONORIFICS = re.compile(rf"(?<=[{HANZI}?]{{2}})(?:{HONORIFICS})$")
_TRANSLITERATED = re.compile(rf"(?<=[{HANZI}?])[·.](?=[{HANZI}?])")
_HANZI_GAP = re.compile(rf"(?<=[{HANZI}]) +(?=[{HANZI}])")
_HANZI_DOT = re.compile(rf"(?<=[{HANZI}]) ?[•‧∙⋅・･.．] ?(?=[{HANZI}])")


@dataclass(frozen=True, slots=True)
class PersonName:
    """One name of a person, in the forms that can be compared.

    `written` is what a person should read. `hanzi` is simplified, without blanks, interpuncts and
    honorifics, with `?` for each character that the source did not tell; "" for a Latin name.
    `family` and `given` are hanzi for a Chinese name and lower-case Latin otherwise; a
    transliterated name (阿不都热合曼·买买提) has no `family`, all of it is `given`. `pinyin` is
    the reading, surname first, one blank between syllables, ü as v, `?` where unknown; "" for a
    Latin name that is not Chinese. `tokens` are the Latin words as written, folded, without titles
    and particles; for hanzi the syllables. `wildcard` tells that a part is masked or unreadable.
    """

    written: str
    hanzi: str
    family: str
    given: str
    pinyin: str
    tokens: tuple[str, ...]
    wildcard: bool


def person_name_of(name: Name) -> PersonName:
    """The comparable forms of a person's name; any text has some."""
    return _person_name(name.full, name.given, name.middle, name.family, name.second_family)


@lru_cache(maxsize=4_096)
def _person_name(
    full: str | None,
    given: str | None,
    middle: str | None,
    family: str | None,
    second_family: str | None,
) -> PersonName:
    if full is not None and not (family or second_family) and _PLAIN.fullmatch(full):
        return _plain(full)
    parts = [written_form(part or "") for part in (family, second_family, given, middle)]
    if full is not None:
        written = written_form(full)
    elif any(map(_HANZI.search, parts)):
        written = written_form("".join(parts))
    else:
        written = written_form(" ".join((parts[2], parts[3], parts[0], parts[1])))
    plain = one_script(written)
    told = _BRACKETED.sub(" ", plain).strip() or plain
    if _HANZI.search(told):
        return _chinese(_shown(written), told, one_script(parts[0]))
    latin = latin_name_of(
        told, family=" ".join(filter(None, parts[:2])), given=" ".join(filter(None, parts[2:]))
    )
    return PersonName(
        written, "", latin.family, latin.given, latin.pinyin, latin.tokens, UNKNOWN in told
    )


def _plain(hanzi: str) -> PersonName:
    """The forms of a name in two or three usual hanzi: nothing in it needs to be folded or taken away."""
    surname = surname_of(hanzi)
    read = _read(hanzi, surname)
    tokens = tuple(read.split(" "))
    return PersonName(hanzi, hanzi, surname, hanzi[len(surname) :], read, tokens, wildcard=False)


def _shown(written: str) -> str:
    """The name for display: its own characters, one interpunct between transliterated parts, no blanks."""
    return _HANZI_GAP.sub("", _HANZI_DOT.sub("·", written))


def _chinese(written: str, told: str, family: str) -> PersonName:
    """The forms of a name with hanzi; a character typed as pinyin (王ZHE) is an unknown one that can be read."""
    transliterated = bool(_TRANSLITERATED.search(told))
    told = _HONORIFICS.sub("", _INNER_GAP.sub("", told))
    hanzi = ""
    syllables: list[str] = []
    for piece in _CHINESE_PIECE.findall(told):
        typed = syllables_of(piece.lower()) if piece.isascii() and piece != UNKNOWN else ()
        if typed:
            hanzi += UNKNOWN * len(typed)
            syllables += typed
        elif piece == UNKNOWN or not piece.isascii():
            hanzi += piece
            syllables += [UNKNOWN] if piece == UNKNOWN else [piece]
    surname = "" if transliterated else _surname(hanzi, family)
    read = " ".join(
        _read(piece, surname if place == 0 else "") for place, piece in enumerate(syllables)
    )
    return PersonName(
        written=written,
        hanzi=hanzi,
        family=surname,
        given=hanzi[len(surname) :],
        pinyin=read,
        tokens=tuple(syllable for syllable in read.split(" ") if syllable != UNKNOWN),
        wildcard=UNKNOWN in hanzi,
    )


def _surname(hanzi: str, family: str) -> str:
    if family and hanzi.startswith(family):
        return family
    surname = surname_of(hanzi)
    return "" if UNKNOWN in surname else surname


def _read(piece: str, surname: str) -> str:
    if piece.isascii():
        return piece
    if surname and piece.startswith(surname):
        rest = piece[len(surname) :]
        return f"{surname_reading_of(surname)} {reading_of(rest)}".strip()
    return reading_of(piece)
