"""Names laid out for comparison in columns: of persons by their parts, of organisations by theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np

from ecif.matching.columns_words import (
    Codes,
    Hashes,
    Marks,
    Rows,
    Texts,
    TextShelf,
    Words,
    order_free,
)
from ecif.matching.forms import OrganisationForm, PersonForm

_HAN = "han"


class PersonColumn(TextShelf):
    """Names of persons, part by part as in `PersonForm`; `script` says something of those in hanzi."""

    @classmethod
    def of(cls, forms: Sequence[PersonForm]) -> Self:
        """Lay forms out."""
        parts = [Words.of(str(form[place]) for form in forms) for place in range(5)]
        return cls((*parts, Words.of(_HAN if form.is_han else "" for form in forms)))

    @classmethod
    def in_one_script(cls, parts: Sequence[Words], *, is_han: bool) -> Self:
        """Lay out names all of which are in hanzi, or none; `parts` in the order of the form."""
        size = len(parts[0].codes)
        return cls((*parts, Words.of([_HAN if is_han else ""]).at(np.zeros(size, dtype=np.int32))))

    @property
    def family(self) -> Words:
        """The family names."""
        return self.texts[0]

    @property
    def given(self) -> Words:
        """The given names."""
        return self.texts[1]

    @property
    def family_sound(self) -> Words:
        """How the family names are read."""
        return self.texts[2]

    @property
    def given_sound(self) -> Words:
        """How the given names are read."""
        return self.texts[3]

    @property
    def sound(self) -> Words:
        """How the whole names are read."""
        return self.texts[4]

    @property
    def is_han(self) -> Marks:
        """Which names are in hanzi."""
        return self.texts[5].is_told

    def form(self, number: int) -> PersonForm:
        """One form."""
        *parts, script = self.told(number)
        return PersonForm._make((*parts, script == _HAN))


class Parts(NamedTuple):
    """Distinct parts of names: as written (`texts`) and as they sound, both also as numbers that tell equal ones.

    `length`: of the text; `jumble` is equal for texts of the same characters in any order; `is_vague`: some are not
    known. `letters` and `initial`: how many letters the sound has, and which is the first.
    """

    texts: Texts
    text: Codes
    sounds: Texts
    sound: Codes
    is_told: Marks
    is_ascii: Marks
    letters: Rows
    initial: Codes
    length: Rows
    jumble: Hashes
    is_vague: Marks

    @classmethod
    def of(cls, texts: Words, heard: Words) -> "Parts":
        """Lay parts out, each with its sound."""
        return cls(
            texts.texts[texts.codes],
            texts.codes,
            heard.texts[heard.codes],
            heard.codes,
            heard.marks(bool),
            texts.marks(str.isascii),
            np.fromiter(map(len, heard.texts), np.int64)[heard.codes],
            np.fromiter((ord(sound[0]) if sound else 0 for sound in heard.texts), np.int32)[
                heard.codes
            ],
            np.fromiter(map(len, texts.texts), np.int64)[texts.codes],
            order_free(texts.texts.tolist())[texts.codes],
            texts.marks(lambda text: "?" in text),
        )


@dataclass(frozen=True, eq=False)
class NameColumn:
    """Names of persons: family and given name as numbers of `parts`.

    `sound` is a number that tells equal ones; `crossed_sound` that of the name the other way round. `is_whole`: it has
    no family part.
    """

    forms: PersonColumn
    family: Codes
    given: Codes
    sound: Codes
    crossed_sound: Codes
    is_han: Marks
    is_whole: Marks
    parts: Parts

    @classmethod
    def of(cls, told: Sequence[PersonForm]) -> "NameColumn":
        """Lay forms out."""
        forms = told if isinstance(told, PersonColumn) else PersonColumn.of(told)
        texts = forms.family.followed_by(forms.given)
        heard = forms.family_sound.followed_by(forms.given_sound)
        width = max(1, len(heard.texts))
        known, part = np.unique(
            texts.codes.astype(np.int64) * width + heard.codes, return_inverse=True
        )
        part = part.astype(np.int32)
        text, sound = (side.astype(np.int32) for side in np.divmod(known, width))
        return cls(
            forms,
            part[: len(forms)],
            part[len(forms) :],
            forms.sound.codes,
            _crossed(forms),
            forms.is_han,
            ~forms.family.is_told,
            Parts.of(Words(text, texts.texts), Words(sound, heard.texts)),
        )

    @cached_property
    def written(self) -> Codes:
        """Numbers that tell equal names, as they are written."""
        family, given = self.forms.family, self.forms.given
        whole = zip(family.texts[family.codes], given.texts[given.codes], strict=True)
        return Words.of(name[0] + name[1] for name in whole).codes


def _crossed(forms: PersonColumn) -> Codes:
    """The number of the sound that every name has the other way round; -1 where no name sounds so."""
    sounds = {sound: number for number, sound in enumerate(forms.sound.texts.tolist())}
    families, givens = forms.family_sound, forms.given_sound
    width = max(1, len(givens.texts))
    pairs, own = np.unique(
        families.codes.astype(np.int64) * width + givens.codes, return_inverse=True
    )
    family, given = (side.astype(np.int32) for side in np.divmod(pairs, width))
    both = zip(families.texts[family].tolist(), givens.texts[given].tolist(), strict=True)
    found = [sounds.get(last + first, -1) for first, last in both]
    return np.array(found, dtype=np.int32)[own]


class BodyColumn(TextShelf):
    """Names of organisations, part by part as in `OrganisationForm`; `words` are the tokens as one text."""

    @classmethod
    def of(cls, forms: Sequence[OrganisationForm]) -> Self:
        """Lay forms out."""
        parts = [Words.of(str(form[place]) for form in forms) for place in range(5)]
        return cls((*parts, Words.of(" ".join(form.tokens) for form in forms)))

    @property
    def normal(self) -> Words:
        """The names as a whole."""
        return self.texts[0]

    @property
    def core(self) -> Words:
        """Brand and trade."""
        return self.texts[1]

    @property
    def region(self) -> Words:
        """The places that they name."""
        return self.texts[2]

    @property
    def branch(self) -> Words:
        """Their branches."""
        return self.texts[3]

    @property
    def sound(self) -> Words:
        """How their cores are read."""
        return self.texts[4]

    @property
    def words(self) -> Words:
        """Their words, one blank between them."""
        return self.texts[5]

    def form(self, number: int) -> OrganisationForm:
        """One form."""
        *parts, words = self.told(number)
        return OrganisationForm._make((*parts, tuple(words.split())))
