"""Forms laid out for comparison in columns: what can be compared as a number is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.columns_words import (
    Codes,
    Marks,
    Rows,
    Shelf,
    Texts,
    Words,
    starts_of,
    texts_of,
)
from ecif.matching.forms import AddressForm, BirthForm, DocumentForm
from ecif.matching.resemblance import RENEWED, is_day, is_single_valued

_PIECE_FORMS = 500_000

MOST_NUMBERS = 8
"""So many distinct numbers of an address are laid side by side."""


@dataclass(frozen=True, eq=False)
class DocumentColumn(Shelf):
    """Document numbers: `lines` are distinct texts."""

    series: Words
    lines: Words
    valid: Marks

    @classmethod
    def of(cls, forms: Sequence[DocumentForm]) -> "DocumentColumn":
        """Lay forms out."""
        return cls(
            Words.of(form.series for form in forms),
            Words.of(form.line for form in forms),
            np.array([form.valid for form in forms], dtype=np.bool_),
        )

    @cached_property
    def is_for_life(self) -> Marks:
        """Of which kind a holder has one number only."""
        return self.series.marks(is_single_valued)

    @cached_property
    def is_renewed(self) -> Marks:
        """Of which kind holders get another number now and then."""
        return self.series.marks(RENEWED.__contains__)

    @cached_property
    def is_masked(self) -> Marks:
        """Which numbers are not wholly told."""
        return self.lines.marks(lambda line: "*" in line)

    def __len__(self) -> int:
        return len(self.valid)

    def form(self, number: int) -> DocumentForm:
        """One form."""
        return DocumentForm(
            self.series.texts[self.series.codes[number]],
            self.lines.texts[self.lines.codes[number]],
            bool(self.valid[number]),
        )


class BirthColumn(NamedTuple):
    """Dates: `digits` are the eight of a day, 0 for what is none; `days` counts it."""

    date: Codes
    year: Codes
    is_day: Marks
    is_told: Marks
    digits: npt.NDArray[np.uint8]
    days: Rows

    @classmethod
    def of(cls, forms: Sequence[BirthForm]) -> "BirthColumn":
        """Lay forms out."""
        dates = Words.of(form.date for form in forms)
        days = [is_day(form) for form in forms]
        whole = [
            form.date.replace("-", "") if day else "00010101"
            for form, day in zip(forms, days, strict=True)
        ]
        digits = np.frombuffer("".join(whole).encode(), dtype=np.uint8).reshape(len(forms), 8) - 48
        return cls(
            dates.codes,
            Words.of(form.date[:4] for form in forms).codes,
            np.array(days, dtype=np.bool_),
            np.array([form.told for form in forms], dtype=np.bool_),
            digits,
            np.fromiter((date.fromisoformat(day).toordinal() for day in whole), np.int64),
        )


@dataclass(frozen=True, eq=False)
class AddressColumn(Shelf):
    """Postal addresses; the numbers of form i are `numbers.codes[starts[i] : starts[i] + counts[i]]`.

    `written` has the whole of the first forms; that of the others is made of their parts, as in China.
    """

    region: Words
    city: Words
    district: Words
    street: Words
    numbers: Words
    starts: Codes
    counts: Codes
    written: Texts
    postcode: Words
    estate: Words

    @classmethod
    def of(cls, forms: Sequence[AddressForm]) -> "AddressColumn":
        """Lay forms out."""
        counts = np.fromiter((len(form.numbers) for form in forms), np.int32, len(forms))
        region, city, district, street, postcode, estate = (
            Words.of(getattr(form, part) for form in forms)
            for part in ("region", "city", "district", "street", "postcode", "estate")
        )
        return cls(
            region,
            city,
            district,
            street,
            Words.of(number for form in forms for number in form.numbers),
            starts_of(counts),
            counts,
            texts_of(form.normal for form in forms),
            postcode,
            estate,
        )

    @cached_property
    def distinct_numbers(self) -> tuple[Codes, npt.NDArray[np.int16]]:
        """The first distinct numbers of every address side by side, -1 where there are no more; and how many it has."""
        width = min(MOST_NUMBERS, int(self.counts.max(initial=0)))
        laid = np.full((len(self.counts), width), -1, dtype=np.int32)
        counts = np.zeros(len(self.counts), dtype=np.int16)
        for start in range(0, len(self.counts), _PIECE_FORMS):
            some = slice(start, start + _PIECE_FORMS)
            counts[some] = self._lay_numbers(some, laid[some])
        return laid[:, : int(counts.max(initial=0))], counts

    def _lay_numbers(self, forms: slice, laid: Codes) -> Rows:
        """Lay out the distinct numbers of some addresses; also how many each has."""
        width = len(self.numbers.texts) + 1
        several = self.counts[forms]
        form = np.repeat(np.arange(len(several)), several)
        first = int(self.starts[forms.start])
        told = np.sort(form * width + self.numbers.codes[first : first + len(form)])
        told = told[np.append(True, told[1:] != told[:-1])] if len(told) else told
        form, number = np.divmod(told, width)
        counts = np.bincount(form, minlength=len(several))
        place = np.arange(len(form)) - np.searchsorted(form, form)
        few = place < MOST_NUMBERS
        laid[form[few], place[few]] = number[few]
        return counts

    def __len__(self) -> int:
        return len(self.counts)

    def normal(self, number: int) -> str:
        """The whole of one address."""
        if number < len(self.written):
            whole: str = self.written[number]
            return whole
        start = self.starts[number]
        told = self.numbers.texts[self.numbers.codes[start : start + self.counts[number]]]
        parts = (
            words.texts[words.codes[number]]
            for words in (self.city, self.district, self.street, self.estate)
        )
        return " ".join(filter(None, (*parts, "-".join(told))))

    def normals(self, numbers: Codes) -> Texts:
        """The whole of some addresses."""
        is_written = numbers < len(self.written)
        texts = texts_of([""] * len(numbers))
        texts[is_written] = self.written[numbers[is_written]]
        texts[~is_written] = self._composed(numbers[~is_written])
        return texts

    def _composed(self, numbers: Codes) -> Texts:
        """The whole of addresses that is made of their parts."""
        counts = self.counts[numbers]
        ends = np.cumsum(counts)
        places = np.repeat(self.starts[numbers] - ends + counts, counts)
        told = self.numbers.texts[self.numbers.codes[places + np.arange(len(places))]].tolist()
        doors = [
            "-".join(told[end - count : end])
            for end, count in zip(ends.tolist(), counts.tolist(), strict=True)
        ]
        parts = (
            words.texts[words.codes[numbers]].tolist()
            for words in (self.city, self.district, self.street, self.estate)
        )
        return texts_of(" ".join(filter(None, row)) for row in zip(*parts, doors, strict=True))

    def followed_by(self, more: "AddressColumn") -> "AddressColumn":
        """These addresses, and behind them others that are made of their parts."""
        return AddressColumn(
            self.region.followed_by(more.region),
            self.city.followed_by(more.city),
            self.district.followed_by(more.district),
            self.street.followed_by(more.street),
            self.numbers.followed_by(more.numbers),
            np.append(self.starts, more.starts + np.int32(len(self.numbers.codes))),
            np.append(self.counts, more.counts),
            self.written,
            self.postcode.followed_by(more.postcode),
            self.estate.followed_by(more.estate),
        )

    def form(self, number: int) -> AddressForm:
        """One form."""
        start = self.starts[number]
        codes = self.numbers.codes[start : start + self.counts[number]]
        region, city, district, street, postcode, estate = (
            words.texts[words.codes[number]]
            for words in (
                self.region, self.city, self.district, self.street, self.postcode, self.estate,
            )
        )  # fmt: skip
        told = tuple(self.numbers.texts[codes].tolist())
        return AddressForm(
            region, city, district, street, told, self.normal(number), postcode, estate
        )
