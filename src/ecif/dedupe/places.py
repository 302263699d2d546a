"""Postal addresses of rows: Chinese ones in their plain form a column at a time, all others one by one."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from ecif.dedupe.distinct import Codes, Rows, bags_of, distinct_rows, numbered, read_all, words_of
from ecif.dedupe.hands import Readers
from ecif.dedupe.plain import half_width
from ecif.dedupe.sheets import Sheet
from ecif.identity import (
    ADDRESS_PARTS,
    PLAIN,
    AddressHead,
    address_head_of,
    addresses_told,
    bare_address,
    chinese_postcode_of,
    district_head_of,
    road_head_of,
    told_places_of,
    with_places,
)
from ecif.matching import AddressColumn, Bags, Words, address_form, starts_of, texts_of

Marks = npt.NDArray[np.bool_]
Places = tuple[str, str, str]

_PIECE_ROWS = 1_000_000
_LINES = ("address", "street")
_PLACES = ("region", "province", "city", "district")


def addresses(sheet: Sheet) -> tuple[Bags, Marks]:
    """The postal address of every row; also whether it tells one."""
    words = [
        (word, column)
        for word, column in sheet.words
        if word in ADDRESS_PARTS and word != "country"
    ]
    if not words:
        return sheet.nothing(), np.zeros(sheet.height, dtype=np.bool_)
    found = distinct_rows(sheet.of(column for _, column in words))
    reading = _Reading(dict(words), found.frame, sheet.kind, sheet.readers)
    swift, plain = reading.plain()
    is_plain = np.zeros(found.frame.height, dtype=np.bool_)
    is_plain[swift] = True
    [rest] = np.nonzero(~is_plain)
    slow = reading.one_by_one(rest)
    codes = np.full(found.frame.height, -1, dtype=np.int32)
    is_told = np.array([form is not None for form in slow], dtype=np.bool_)
    codes[rest[is_told]] = np.arange(is_told.sum(), dtype=np.int32)
    codes[swift] = is_told.sum() + np.arange(len(swift), dtype=np.int32)
    forms = AddressColumn.of([form for form in slow if form is not None]).followed_by(plain)
    return bags_of([found.at(codes)], forms), found.at(codes >= 0)


class _Reading(NamedTuple):
    """Distinct addresses: `column` says which column bears a word."""

    column: dict[str, str]
    frame: pl.DataFrame
    kind: str
    readers: Readers

    def one_by_one(self, rows: Rows) -> list[Any]:
        words = {column: word for word, column in self.column.items()}
        how = (tuple(words[column] for column in self.frame.columns), self.kind)
        return read_all(_read_addresses, how, self.frame[rows], self.readers)

    def plain(self) -> tuple[Rows, AddressColumn]:
        """The rows that are plain, and their addresses."""
        found = [
            self._plain(start, min(start + _PIECE_ROWS, self.frame.height))
            for start in range(0, max(1, self.frame.height), _PIECE_ROWS)
        ]
        forms = found[0][1]
        for _, more in found[1:]:
            forms = forms.followed_by(more)
        return np.concatenate([rows for rows, _ in found]), forms

    def _plain(self, start: int, stop: int) -> tuple[Rows, AddressColumn]:
        """The same of some rows: their parts are larger than they are."""
        some = self._replace(frame=self.frame[start:stop])
        rows, forms = some._read_plain()
        return rows + start, forms

    def _read_plain(self) -> tuple[Rows, AddressColumn]:
        lines = self._plain_lines()
        found = distinct_rows(lines.select("head"))
        heads = _Heads.of(found.frame.to_series(), self.readers)
        has_road = heads.street.is_told
        good = found.at(heads.is_read) & (found.at(has_road) | ~lines["road"].to_numpy())
        lines = lines.filter(good)
        rows = lines["row"].to_numpy().astype(np.int64)
        return rows, self._laid_out(rows, lines["tail"], found.codes[good], heads)

    def _plain_lines(self) -> pl.DataFrame:
        """Row, head and tail of the lines that are plain, and whether a road may be named in the tail."""
        lines = [pl.col(self.column[word]) for word in _LINES if word in self.column]
        only = (
            pl.sum_horizontal(line.is_not_null().cast(pl.Int8) for line in lines) == 1
            if lines
            else pl.lit(value=False)
        )
        for word in ("street_no", "address2"):
            if word in self.column:
                only &= pl.col(self.column[word]).is_null()
        line = pl.coalesce(*lines) if lines else pl.lit(None, dtype=pl.String)
        told = self.frame.select(pl.when(only).then(line).alias("line")).with_row_index("row")
        told = told.filter(pl.col("line").is_not_null())
        told = told.with_columns(half_width(told["line"]))
        told = told.filter(pl.col("line").str.contains(PLAIN.address))
        told = told.with_columns(pl.col("line").str.extract(r"^([^0-9]+)").alias("head"))
        told = told.with_columns(pl.col("line").str.strip_prefix(pl.col("head")).alias("tail"))
        return told.filter(~pl.col("tail").str.contains(PLAIN.odd_tail)).select(
            "row", "head", "tail", pl.col("tail").str.contains(PLAIN.road_in_tail).alias("road")
        )

    def _laid_out(self, rows: Rows, tails: pl.Series, own: Codes, heads: "_Heads") -> AddressColumn:
        region, city, district = self._places(rows, heads.places[own], heads.known)
        noise = tails.str.replace_all("[0-9]+", "")
        estates = words_of(_texts(heads.rest, own) + noise)
        bare = pl.Series(estates.texts, dtype=pl.String)
        bare = bare.str.replace_all(PLAIN.unit_words, "").str.replace_all("-", "", literal=True)
        compounds = words_of(bare)
        numbers = tails.str.extract_all("[0-9]+")
        counts = numbers.list.len().to_numpy().astype(np.int32)
        return AddressColumn(
            region,
            city,
            district,
            _at(heads.street, own),
            words_of(numbers.explode(empty_as_null=False)),
            starts_of(counts),
            counts,
            texts_of([]),
            self._postcodes(rows),
            Words(compounds.codes[estates.codes], compounds.texts),
        )

    def _places(
        self, rows: Rows, places: Codes, known: Sequence[Places]
    ) -> tuple[Words, Words, Words]:
        """Region, city and district: from the line, or else from columns of their own."""
        words = [word for word in _PLACES if word in self.column]
        apart = distinct_rows(self.frame.select(self.column[word] for word in words))
        told = [_told_places(dict(zip(words, row, strict=True))) for row in apart.frame.rows()]
        told = told or [("", "", "")]
        both = places.astype(np.int64) * len(told) + apart.codes[rows]
        codes, first = numbered(both)
        found = [
            with_places(known[place], told[other])
            for place, other in zip(
                *(part.tolist() for part in np.divmod(both[first], len(told))), strict=True
            )
        ]
        columns = [Words.of(place[at] for place in found) for at in range(3)]
        region, city, district = (Words(one.codes[codes], one.texts) for one in columns)
        return region, city, district

    def _postcodes(self, rows: Rows) -> Words:
        if "postcode" not in self.column:
            return Words(np.zeros(len(rows), dtype=np.int32), texts_of([""]))
        found = distinct_rows(self.frame[rows].select(self.column["postcode"]))
        plain = Words.of(chinese_postcode_of(code or "") for (code,) in found.frame.rows())
        return Words(plain.codes[found.codes], plain.texts)


class _Heads(NamedTuple):
    """Heads of addresses: `places` are numbers of what is `known`; only what `is_read` tells anything."""

    is_read: Marks
    places: Codes
    known: Sequence[Places]
    street: Words
    rest: Words

    @classmethod
    def of(cls, heads: pl.Series, readers: Readers) -> "_Heads":
        """Read heads: those that tell their district in two halves, others as a whole."""
        told = pl.col("head")
        halves = (
            heads.alias("head")
            .to_frame()
            .with_columns(told.str.extract(PLAIN.district_head).fill_null("").alias("places"))
        )
        halves = halves.with_columns(road=told.str.strip_prefix(pl.col("places")))
        districts, roads = words_of(halves["places"]), words_of(halves["road"])
        places = [district_head_of(text) for text in districts.texts]
        streets = [road_head_of(text) for text in roads.texts]
        split = np.array([place is not None for place in places], dtype=np.bool_)[districts.codes]
        split &= ~halves["road"].str.contains(PLAIN.no_district).to_numpy()
        [rest] = np.nonzero(~split)
        whole: list[AddressHead | None] = read_all(
            _read_heads, None, heads[rest].to_frame(), readers
        )
        nothing = AddressHead(("", "", ""), "", "")
        none = ("", "")
        read = np.array([street is not None for street in streets], dtype=np.bool_)[roads.codes]
        read[rest] = [head is not None for head in whole]
        codes = districts.codes.copy()
        codes[rest] = len(places) + np.arange(len(rest), dtype=np.int32)
        said = roads.codes.copy()
        said[rest] = len(streets) + np.arange(len(rest), dtype=np.int32)
        others = [head or nothing for head in whole]
        known = [place or nothing.places for place in places] + [head.places for head in others]
        lines = [street or none for street in streets] + [head[1:] for head in others]
        street, remains = (_at(Words.of(line[at] for line in lines), said) for at in range(2))
        return cls(read, codes, known, street, remains)


def _at(words: Words, codes: Codes) -> Words:
    """The words of others, each of which has the word of one of these."""
    return Words(words.codes[codes], words.texts)


def _texts(words: Words, codes: Codes) -> pl.Series:
    return pl.Series(words.texts, dtype=pl.String)[words.codes[codes]]


def _told_places(row: dict[str, str | None]) -> tuple[str, str, str]:
    return told_places_of(
        (
            row.get("region") or row.get("province") or "",
            row.get("city") or "",
            row.get("district") or "",
        )
    )


def _read_heads(_: None, rows: Sequence[tuple[str]]) -> list[AddressHead | None]:
    return [address_head_of(text) for (text,) in rows]


def _read_addresses(
    how: tuple[Sequence[str], str], rows: Sequence[tuple[str | None, ...]]
) -> list[Any]:
    words, kind = how
    found = []
    for row in rows:
        told = {word: text for word, text in zip(words, row, strict=True) if text}
        plain = addresses_told(told, kind)
        found.append(address_form(bare_address(plain[0])) if plain else None)
    return found
