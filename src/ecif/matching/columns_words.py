"""Texts of many forms as numbers, and shelves of forms that are made when they are asked for."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

Codes = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
Hashes = npt.NDArray[np.uint64]

_SEED = np.uint64(0x6A09E667F3BCC909)
_PIECE_TEXTS = 100_000


class PackedTexts(Sequence[str]):
    """Many texts in one piece of memory, as UTF-8: text i ends before `ends[i]`, where the next one starts.

    They weigh a third of what they do one by one, and processes that share them do not copy what they look at.
    """

    def __init__(self, letters: bytes, ends: Rows) -> None:
        self.letters = letters
        self.ends = ends if len(letters) > np.iinfo(np.int32).max else ends.astype(np.int32)

    @classmethod
    def of(cls, texts: Iterable[str]) -> "PackedTexts":
        """Pack texts."""
        told = [text.encode() for text in texts]
        return cls(b"".join(told), np.cumsum(np.fromiter(map(len, told), np.int64, len(told))))

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def sizes(self) -> Rows:
        """How many bytes every text has."""
        return np.diff(self.ends, prepend=0)

    @overload
    def __getitem__(self, places: int) -> str: ...
    @overload
    def __getitem__(self, places: slice) -> list[str]: ...
    @overload
    def __getitem__(self, places: Rows | Codes) -> Texts: ...
    def __getitem__(self, places: int | slice | Rows | Codes) -> str | list[str] | Texts:
        if isinstance(places, slice):
            places = np.arange(len(self.ends))[places]
            return self._some(places)
        if isinstance(places, np.ndarray):
            return texts_of(self._some(places))
        end = self.ends[places]
        start = self.ends[places - 1] if places % len(self.ends) else 0
        return str(self.letters[start:end], "utf-8")

    def _some(self, places: Rows | Codes) -> list[str]:
        ends = self.ends[places].tolist()
        starts = np.where(places == 0, 0, self.ends[places - 1]).tolist()
        letters = self.letters
        return [str(letters[start:end], "utf-8") for start, end in zip(starts, ends, strict=True)]

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self.ends), _PIECE_TEXTS):
            yield from self[start : start + _PIECE_TEXTS]

    def tolist(self) -> list[str]:
        """All of them."""
        return list(self)


@dataclass(frozen=True, eq=False)
class Words:
    """Texts as numbers; `texts` are distinct."""

    codes: Codes
    texts: Texts | PackedTexts

    @classmethod
    def of(cls, told: Iterable[str]) -> "Words":
        """Number texts in the order of their first appearance."""
        numbers: dict[str, int] = {}
        codes = [numbers.setdefault(text, len(numbers)) for text in told]
        return cls(np.array(codes, dtype=np.int32), texts_of(numbers))

    @cached_property
    def is_told(self) -> Marks:
        """For every form, whether its text says anything."""
        return self.marks(bool)

    @cached_property
    def has_words(self) -> Marks:
        """For every form, whether its text has several words."""
        return self.marks(lambda text: " " in text)

    @cached_property
    def is_ascii(self) -> Marks:
        """For every form, whether its text is in plain letters."""
        return self.marks(str.isascii)

    def at(self, places: Rows | Codes) -> "Words":
        """The texts of some of these forms."""
        return Words(self.codes[places], self.texts)

    def followed_by(self, more: "Words") -> "Words":
        """These texts, and others behind them."""
        numbers = {text: code for code, text in enumerate(self.texts.tolist())}
        codes = [numbers.setdefault(text, len(numbers)) for text in more.texts.tolist()]
        behind = np.array(codes, dtype=np.int32)[more.codes] if codes else more.codes
        return Words(np.append(self.codes, behind), texts_of(numbers))

    def marks(self, rule: Callable[[str], Any]) -> Marks:
        """For every form, whether its text obeys a rule."""
        found = np.fromiter((bool(rule(text)) for text in self.texts), np.bool_, len(self.texts))
        return found[self.codes] if len(found) else np.zeros(len(self.codes), dtype=np.bool_)


def texts_of(texts: Iterable[str]) -> Texts:
    """Texts as an array, so that many can be taken at once."""
    told = list(texts)
    array = np.empty(len(told), dtype=object)
    array[:] = told
    return array


def mixed(left: Hashes, right: Hashes | np.uint64) -> Hashes:
    """Two hashes as one. Source: as of `scatter`, its golden ratio."""
    both = left * np.uint64(0x9E3779B97F4A7C15)
    both += right
    return scatter(both)


def scatter(hashes: Hashes) -> Hashes:
    """Numbers that are equal just where these are, different in all their bits; they take the place of these.

    Source: Steele, Lea & Flood (2014), "Fast Splittable Pseudorandom Number Generators", the mixing of SplitMix64.
    """
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        hashes ^= hashes >> np.uint64(shift)
        hashes *= np.uint64(factor)
    hashes ^= hashes >> np.uint64(31)
    return hashes


def starts_of(counts: Codes) -> Codes:
    """Where each of several pieces starts that lie one behind the other."""
    starts: Codes = (np.cumsum(counts) - counts).astype(np.int32)
    return starts


def order_free(texts: list[str]) -> Hashes:
    """Hashes of texts, equal for those of the same letters in any order."""
    letters = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32)
    sums = np.append(np.uint64(0), np.cumsum(mixed(letters.astype(np.uint64), _SEED)))
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    totals: Hashes = np.diff(sums[np.append(0, ends)])
    return totals


def fit(a: Texts, b: Texts, unknown: str) -> Marks:
    """`fits`, pair by pair."""
    if not len(a):
        return np.zeros(0, dtype=np.bool_)
    width = max(1, *map(len, a), *map(len, b))
    x, y = (
        np.array(side.tolist(), dtype=f"U{width}").view(np.uint32).reshape(len(side), width)
        for side in (a, b)
    )
    letter = np.uint32(ord(unknown))
    agrees = (x == y) | (((x == letter) | (y == letter)) & (x > 0) & (y > 0))
    marks: Marks = agrees.all(axis=1)
    return marks


def edits_of(a: Texts, b: Texts, most: int) -> npt.NDArray[np.int32]:
    """How many typing errors lie between texts, pair by pair; `most` + 1 where there are more."""
    if not len(a):
        return np.zeros(0, dtype=np.int32)
    found: npt.NDArray[np.int32] = cpdist(
        a.tolist(), b.tolist(), scorer=OSA.distance, score_cutoff=most, dtype=np.int32
    )
    return found


class Shelf(Sequence[Any]):
    """Forms that are kept in columns and made when they are asked for."""

    def __len__(self) -> int:
        raise NotImplementedError

    def form(self, number: int) -> Any:
        """One form."""
        raise NotImplementedError

    @overload
    def __getitem__(self, number: int) -> Any: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Any]: ...
    def __getitem__(self, number: int | slice) -> Any:
        if isinstance(number, slice):
            return [self.form(one) for one in range(*number.indices(len(self)))]
        return self.form(number)


@dataclass(frozen=True, eq=False)
class TextShelf(Shelf):
    """Forms whose parts are texts, each part for itself."""

    texts: tuple[Words, ...]

    def __len__(self) -> int:
        return len(self.texts[0].codes)

    def told(self, number: int) -> list[str]:
        """The parts of one form."""
        return [words.texts[words.codes[number]] for words in self.texts]

    def at(self, places: Rows | Codes) -> Self:
        """Some of these forms."""
        return type(self)(tuple(words.at(places) for words in self.texts))

    def followed_by(self, more: "TextShelf") -> Self:
        """These forms, and others behind them."""
        both = zip(self.texts, more.texts, strict=True)
        return type(self)(tuple(mine.followed_by(other) for mine, other in both))

    @property
    def numbers(self) -> Hashes:
        """For every form a number that tells equal ones."""
        number = np.zeros(len(self), dtype=np.uint64)
        for words in self.texts:
            number = mixed(number, words.codes.astype(np.uint64))
        return number
