"""Names of persons in the forms that most have, read by their parts: those repeat more than whole names."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.distinct import Marks, words_of
from ecif.identity import (
    PLAIN,
    given_sound_of,
    plain_text_of,
    spelled_word_of,
    surname_sound_of,
)
from ecif.matching import PersonForm, texts_of

Texts = npt.NDArray[np.object_]

_HONORIFIC_CHARACTERS = 2
_MOST_CHARACTERS = 4
"""Longer names are transliterations."""


def plain_names(written: pl.Series) -> list[PersonForm | None]:
    """Names as `person_form` gives them; None for those that are to be read one by one."""
    told = _folded(written.alias("told"))
    forms: list[PersonForm | None] = [None] * len(told)
    for read, pattern in ((_chinese, PLAIN.han_name), (_spelled, PLAIN.two_words)):
        rows = told.str.contains(pattern).fill_null(value=False).arg_true()
        for row, form in zip(rows.to_list(), read(told[rows]), strict=True):
            forms[row] = form
    return forms


def _folded(told: pl.Series) -> pl.Series:
    """The names, those that are not plain yet in one script and width."""
    plain = told.str.contains(PLAIN.han_name) | told.str.contains(PLAIN.two_words)
    odd = (~plain).fill_null(value=False).arg_true()
    return told.scatter(odd, pl.Series(map(plain_text_of, told[odd]), dtype=pl.String))


def _chinese(told: pl.Series) -> list[PersonForm | None]:
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
    surnames = [surname_sound_of(text) for text in families.texts]
    is_plain: Marks = parts["is_plain"].to_numpy() & families.marks(surname_sound_of)
    sounds = (
        texts_of(sound or "" for sound in surnames)[families.codes],
        texts_of(given_sound_of(text) for text in givens.texts)[givens.codes],
    )
    texts = families.texts[families.codes], givens.texts[givens.codes]
    return _forms(is_plain, [*texts, *sounds, sounds[0] + sounds[1]], is_han=True)


def _spelled(told: pl.Series) -> list[PersonForm | None]:
    """Names of two words in pinyin: the surname first, unless only the last word can be one."""
    parts = told.str.to_lowercase().str.split_exact(" ", 1).struct.unnest()
    both = words_of(pl.concat([parts["field_0"], parts["field_1"].alias("field_0")]))
    known = [spelled_word_of(word) for word in both.texts]
    first, last = both.codes[: len(told)], both.codes[len(told) :]
    surname = texts_of(word.surname_sound for word in known)
    given = texts_of(word.given_sound for word in known)
    is_odd = np.array([word.is_odd for word in known], dtype=np.bool_)
    is_turned = (surname[first] == "") & (surname[last] != "")
    family_word = np.where(is_turned, last, first)
    given_word = np.where(is_turned, first, last)
    is_plain: Marks = (surname[family_word] != "") & (given[given_word] != "")
    is_plain &= ~(is_odd[first] | is_odd[last])
    texts = both.texts[family_word], both.texts[given_word]
    sound = surname[family_word] + given[given_word]
    return _forms(is_plain, [*texts, *texts, sound], is_han=False)


def _forms(is_plain: Marks, parts: Sequence[Texts], *, is_han: bool) -> list[PersonForm | None]:
    """The forms of what is plain; `parts` are their texts, in the order of the form."""
    told = zip(is_plain.tolist(), zip(*(part.tolist() for part in parts), strict=True), strict=True)
    return [PersonForm._make((*texts, is_han)) if plain else None for plain, texts in told]
