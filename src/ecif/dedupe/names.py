"""Names of persons in the forms that most have, read by their parts: those repeat more than whole names."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from ecif.dedupe.distinct import Marks, Rows, numbered, words_of
from ecif.identity import (
    PLAIN,
    given_sound_of,
    plain_text_of,
    spelled_word_of,
    surname_sound_of,
)
from ecif.matching import PersonColumn, Words, texts_of

_HONORIFIC_CHARACTERS = 2
_MOST_CHARACTERS = 4
"""Longer names are transliterations."""


def plain_names(written: pl.Series) -> list[tuple[Rows, PersonColumn]]:
    """The names that are plain, as `person_form` gives them, and their places: those in hanzi, and spelled ones."""
    told = _folded(written.alias("told"))
    found = []
    for read, pattern in ((_chinese, PLAIN.han_name), (_spelled, PLAIN.two_words)):
        rows = told.str.contains(pattern).fill_null(value=False).arg_true()
        places, forms = read(told[rows])
        found.append((rows.to_numpy().astype(np.int64)[places], forms))
    return found


def _folded(told: pl.Series) -> pl.Series:
    """The names, those that are not plain yet in one script and width."""
    plain = told.str.contains(PLAIN.han_name) | told.str.contains(PLAIN.two_words)
    odd = (~plain).fill_null(value=False).arg_true()
    return told.scatter(odd, pl.Series(map(plain_text_of, told[odd]), dtype=pl.String))


def _chinese(told: pl.Series) -> tuple[Rows, PersonColumn]:
    """Names in hanzi: the surname first."""
    name = pl.col("name")
    is_titled = name.str.contains(PLAIN.honorific)
    bare = pl.when(is_titled).then(name.str.head(-_HONORIFIC_CHARACTERS)).otherwise(name)
    length = pl.when(name.str.contains(PLAIN.compound_surname)).then(2).otherwise(1)
    parts = (
        told.str.replace_all(" ", "", literal=True)
        .alias("name")
        .to_frame()
        .select(bare)
        .select(
            family=name.str.slice(0, length),
            given=name.str.slice(length),
            is_plain=name.str.len_chars() <= _MOST_CHARACTERS,
        )
    )
    families, givens = words_of(parts["family"]), words_of(parts["given"])
    is_plain: Marks = parts["is_plain"].to_numpy() & families.marks(surname_sound_of)
    [places] = np.nonzero(is_plain)
    family, given = families.at(places), givens.at(places)
    family_sound = _sounding(family, (surname_sound_of(text) or "" for text in family.texts))
    given_sound = _sounding(given, map(given_sound_of, given.texts))
    sound = _joined(family_sound, given_sound)
    return places, PersonColumn.in_one_script(
        (family, given, family_sound, given_sound, sound), is_han=True
    )


def _spelled(told: pl.Series) -> tuple[Rows, PersonColumn]:
    """Names of two words in pinyin: the surname first, unless only the last word can be one."""
    parts = told.str.to_lowercase().str.split_exact(" ", 1).struct.unnest()
    both = words_of(pl.concat([parts["field_0"], parts["field_1"].alias("field_0")]))
    known = [spelled_word_of(word) for word in both.texts]
    first, last = both.codes[: len(told)], both.codes[len(told) :]
    surname = texts_of(word.surname_sound for word in known)
    sound = texts_of(word.given_sound for word in known)
    is_odd = np.array([word.is_odd for word in known], dtype=np.bool_)
    is_turned = (surname[first] == "") & (surname[last] != "")
    family_word = np.where(is_turned, last, first)
    given_word = np.where(is_turned, first, last)
    is_plain: Marks = (surname[family_word] != "") & (sound[given_word] != "")
    is_plain &= ~(is_odd[first] | is_odd[last])
    [places] = np.nonzero(is_plain)
    family, given = (Words(word[places], both.texts) for word in (family_word, given_word))
    whole = _joined(_sounding(family, surname), _sounding(given, sound))
    return places, PersonColumn.in_one_script((family, given, family, given, whole), is_han=False)


def _sounding(words: Words, sounds: Iterable[str]) -> Words:
    """The sounds of words, told text by text."""
    return Words.of(sounds).at(words.codes)


def _joined(first: Words, last: Words) -> Words:
    """Two words as one."""
    codes, places = numbered(first.codes.astype(np.int64) * max(1, len(last.texts)) + last.codes)
    both = zip(first.texts[first.codes[places]], last.texts[last.codes[places]], strict=True)
    return Words.of(one + other for one, other in both).at(codes)
