"""Names of persons in comparable forms: script, width, order and pinyin no longer matter."""

import unicodedata
from dataclasses import dataclass

from pypinyin import lazy_pinyin

from ecif.identity.profile import Name


@dataclass(frozen=True, slots=True)
class PersonName:
    """One name of a person, in the forms that can be compared.

    `family` and `given` are hanzi for Chinese names and lower-case Latin otherwise; "" where the name does not tell.
    """

    written: str
    hanzi: str
    family: str
    given: str
    pinyin: str
    tokens: tuple[str, ...]
    wildcard: bool


def person_name_of(name: Name) -> PersonName:
    """The comparable forms of a person's name."""
    written = unicodedata.normalize(
        "NFKC", name.full or " ".join(filter(None, (name.given, name.middle, name.family)))
    )
    hanzi = "".join(c for c in written if "\u4e00" <= c <= "\u9fff")
    pinyin = " ".join(lazy_pinyin(hanzi)) if hanzi else ""
    tokens = tuple(pinyin.split() or written.lower().split())
    family = hanzi[:1] or (name.family or (tokens[-1] if tokens else "")).lower()
    given = hanzi[1:] or (name.given or (tokens[0] if tokens else "")).lower()
    return PersonName(written, hanzi, family, given, pinyin, tokens, any(c in "?*" for c in written))
