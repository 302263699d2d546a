"""Names laid out for comparison in columns: of persons by their parts, of organisations by theirs."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ecif.matching.columns_words import Codes, Hashes, Marks, Rows, Texts, Words, order_free
from ecif.matching.forms import OrganisationForm, PersonForm


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


class NameColumn(NamedTuple):
    """Names of persons: family and given name as numbers of `parts`.

    `written` (the whole) and `sound` are numbers that tell equal ones; `crossed_sound` that of the name the other way
    round. `is_whole`: it has no family part.
    """

    forms: Sequence[PersonForm]
    family: Codes
    given: Codes
    written: Codes
    sound: Codes
    crossed_sound: Codes
    is_han: Marks
    is_whole: Marks
    parts: Parts

    @classmethod
    def of(cls, forms: Sequence[PersonForm]) -> "NameColumn":
        """Lay forms out."""
        numbers: dict[tuple[str, str], int] = {}
        family = [numbers.setdefault((f.family, f.family_sound), len(numbers)) for f in forms]
        given = [numbers.setdefault((f.given, f.given_sound), len(numbers)) for f in forms]
        sounds: dict[str, int] = {}
        whole = [sounds.setdefault(form.sound, len(sounds)) for form in forms]
        crossed = [sounds.get(form.given_sound + form.family_sound, -1) for form in forms]
        texts, heard = (Words.of(part[place] for part in numbers) for place in (0, 1))
        parts = Parts(
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
        return cls(
            forms,
            np.array(family, dtype=np.int32),
            np.array(given, dtype=np.int32),
            Words.of(form.family + form.given for form in forms).codes,
            np.array(whole, dtype=np.int32),
            np.array(crossed, dtype=np.int32),
            np.array([form.is_han for form in forms], dtype=np.bool_),
            np.array([not form.family for form in forms], dtype=np.bool_),
            parts,
        )


class BodyColumn(NamedTuple):
    """Names of organisations, part by part as numbers that tell equal ones; `words` are the tokens as one text."""

    normal: Words
    core: Words
    region: Words
    branch: Words
    sound: Words
    words: Words

    @classmethod
    def of(cls, forms: Sequence[OrganisationForm]) -> "BodyColumn":
        """Lay forms out."""
        normal, core, region, branch, sound = (
            Words.of(getattr(form, part) for form in forms)
            for part in ("normal", "core", "region", "branch", "sound")
        )
        words = Words.of(" ".join(form.tokens) for form in forms)
        return cls(normal, core, region, branch, sound, words)
