"""Blocking keys in columns: the conjunctions of `keys_of`, and wider ones, hashed without writing them out."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.columns import Facet, Table
from ecif.matching.forms import AddressForm, OrganisationForm, PersonForm
from ecif.matching.keys import initials, name_parts, order_free, places, skeleton

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

Pieces = Callable[[Any], Iterable[str]]
"""A value of one attribute → the texts that it contributes to a key, distinct."""


class Conjunction(NamedTuple):
    """One kind of key: attribute and pieces, joined; `wide`: worth it only where few records share it."""

    name: str
    pieces: tuple[tuple[str, str], ...]
    wide: bool = False


class KeyColumn(NamedTuple):
    """All keys of one conjunction: hashes, and the record that each belongs to."""

    conjunction: Conjunction
    hashes: Hashes
    records: Rows


def key_columns(table: Table) -> Iterable[KeyColumn]:
    """The keys of all records of a table, one conjunction after the other."""
    known: dict[tuple[str, str], _Ragged] = {}
    for number, conjunction in enumerate(_CONJUNCTIONS[table.kind]):
        sides = []
        for attribute, piece in conjunction.pieces:
            if (attribute, piece) not in known:
                pieces = _PIECES[piece]
                known[attribute, piece] = _Ragged.of(table.facets[attribute], pieces)
            sides.append(known[attribute, piece])
        hashes, records = _joined(sides, len(table.weak))
        yield KeyColumn(
            conjunction, hashes ^ np.uint64(number * 0x9E3779B97F4A7C15 % 2**64), records
        )


def refined_columns(table: Table, keys: KeyColumn) -> KeyColumn:
    """Keys that too many records share, each refined by one more attribute of its record, in several ways."""
    hashes, records = [], []
    for number, (attribute, piece) in enumerate(_FINER):
        side = _Ragged.of(table.facets[attribute], _PIECES[piece])
        finer, own = _combined(keys.hashes ^ np.uint64(number + 1), keys.records, side)
        hashes.append(finer)
        records.append(own)
    return KeyColumn(keys.conjunction, np.concatenate(hashes), np.concatenate(records))


class _Ragged(NamedTuple):
    """Any number of hashes for each record: those of its value, from `starts` on, `counts` of them."""

    codes: npt.NDArray[np.int32]
    starts: Rows
    counts: Rows
    hashes: Hashes

    @classmethod
    def of(cls, facet: Facet, pieces: Pieces) -> "_Ragged":
        told = [tuple(dict.fromkeys(pieces(value))) for value in facet.values]
        counts = np.fromiter(map(len, told), np.int64, len(told))
        flat = (hash(text) & 0xFFFFFFFFFFFFFFFF for texts in told for text in texts)
        hashes = np.fromiter(flat, np.uint64, int(counts.sum()))
        return cls(facet.codes, np.cumsum(counts) - counts, counts, hashes)


def _joined(sides: Sequence[_Ragged], size: int) -> tuple[Hashes, Rows]:
    """Every combination of the pieces of one record, side by side."""
    records = np.arange(size, dtype=np.int64)
    hashes = np.zeros(size, dtype=np.uint64)
    for side in sides:
        hashes, records = _combined(hashes, records, side)
    return hashes, records


def _combined(hashes: Hashes, records: Rows, side: _Ragged) -> tuple[Hashes, Rows]:
    codes = side.codes[records]
    counts = side.counts[codes]
    kept = np.repeat(np.arange(len(records)), counts)
    within = np.arange(len(kept)) - np.repeat(np.cumsum(counts) - counts, counts)
    pieces = side.hashes[np.repeat(side.starts[codes], counts) + within]
    return _mixed(hashes[kept], pieces), records[kept]


def _mixed(left: Hashes, right: Hashes) -> Hashes:
    """Two hashes as one. Source: Steele, Lea & Flood (2014), "Fast Splittable Pseudorandom Number Generators"."""
    mixed = left * np.uint64(0x9E3779B97F4A7C15) + right
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _latin(forms: Iterable[PersonForm]) -> list[PersonForm]:
    return [form for form in forms if not form.is_han]


def _han(forms: Iterable[PersonForm]) -> list[PersonForm]:
    return [form for form in forms if form.is_han]


def _first_word(form: OrganisationForm) -> str:
    return form.tokens[0] if form.tokens else form.core[:2]


def _two_skeletons(forms: Iterable[PersonForm]) -> Iterable[str]:
    for form in _latin(forms):
        told = sorted(map(skeleton, name_parts(form)))
        if len(told) > 1:
            yield "+".join(told)


def _door(forms: Iterable[AddressForm]) -> Iterable[str]:
    return (
        f"{form.postcode}:{form.numbers[0]}" for form in forms if form.postcode and form.numbers
    )


_PIECES: dict[str, Pieces] = {
    "whole": lambda values: values,
    "number": lambda forms: (f"{form.series}:{form.line}" for form in forms),
    "date": lambda births: (birth.date for birth in births),
    "year": lambda births: (birth.date[:4] for birth in births),
    "day": lambda births: (birth.date[5:] for birth in births if birth.date[5:]),
    "month": lambda births: (birth.date[:7] for birth in births),
    "local_start": lambda emails: (email.partition("@")[0][:4] for email in emails),
    "local": lambda emails: (email.partition("@")[0] for email in emails),
    "initial": lambda forms: (initial for form in forms for initial in initials(form)),
    "part": lambda forms: (part for form in forms for part in name_parts(form)),
    "part_start": lambda forms: (part[:3] for form in forms for part in name_parts(form)),
    "part_initial": lambda forms: (part[0] for form in forms for part in name_parts(form)),
    "name": lambda forms: (order_free(form.sound) for form in forms),
    "han_name": lambda forms: (order_free(form.sound) for form in _han(forms)),
    "han_part": lambda forms: (part for form in _han(forms) for part in name_parts(form)),
    "latin_part": lambda forms: (
        skeleton(part) for form in _latin(forms) for part in name_parts(form)
    ),
    "latin_parts": _two_skeletons,
    "is_latin": lambda forms: ("latin" for _ in _latin(forms)),
    "place": lambda forms: (place for form in forms for place in places(form)),
    "door": _door,
    "city": lambda forms: (form.city for form in forms if form.city),
    "street": lambda forms: (form.street[:5] for form in forms if form.street),
    "postcode": lambda forms: (form.postcode for form in forms if form.postcode),
    "area": lambda forms: (
        form.postcode or form.city for form in forms if form.postcode or form.city
    ),
    "core": lambda forms: (form.core for form in forms),
    "sound": lambda forms: (form.sound for form in forms),
    "start": lambda forms: (_first_word(form) for form in forms),
    "words": lambda forms: (
        "+".join(sorted(form.tokens[:2])) for form in forms if len(form.tokens) > 1
    ),
    "word": lambda forms: (token for form in forms for token in form.tokens),
    "employer": lambda form: (form.core,) if form else (),
    "head": lambda form: (form.sound,) if form else (),
}

_PERSON = (
    Conjunction("document", (("documents", "number"),)),
    Conjunction("initial+born", (("persons", "initial"), ("births", "date"))),
    Conjunction("phone+part", (("phones", "whole"), ("persons", "part"))),
    Conjunction("name", (("persons", "name"),)),
    Conjunction("email", (("emails", "whole"),)),
    Conjunction("name+year", (("persons", "han_name"), ("births", "year"))),
    Conjunction("name+day", (("persons", "han_name"), ("births", "day"))),
    Conjunction("part+year", (("persons", "latin_part"), ("births", "year"))),
    Conjunction("part+day", (("persons", "latin_part"), ("births", "day"))),
    Conjunction("place+part", (("addresses", "place"), ("persons", "han_part"))),
    Conjunction("place", (("addresses", "place"), ("persons", "is_latin"))),
    Conjunction("postcode+number", (("addresses", "door"), ("persons", "is_latin"))),
    Conjunction("parts", (("persons", "latin_parts"),)),
    Conjunction("born+city", (("births", "date"), ("addresses", "city"), ("persons", "is_latin"))),
    Conjunction("part+city", (("persons", "latin_part"), ("addresses", "city"))),
    Conjunction("local", (("emails", "local"),)),
    Conjunction("born", (("births", "date"),), wide=True),
    Conjunction("phone", (("phones", "whole"),), wide=True),
    Conjunction("part", (("persons", "part"),), wide=True),
    Conjunction("spelling", (("persons", "latin_part"),), wide=True),
    Conjunction("month", (("births", "month"),), wide=True),
    Conjunction("day", (("births", "day"),), wide=True),
    Conjunction("year", (("births", "year"),), wide=True),
    Conjunction("year+initial", (("births", "year"), ("persons", "initial")), wide=True),
    Conjunction("city", (("addresses", "city"),), wide=True),
    Conjunction("start", (("persons", "part_start"),), wide=True),
    Conjunction("local start", (("emails", "local_start"),), wide=True),
    Conjunction("initial+city", (("persons", "initial"), ("addresses", "city")), wide=True),
    Conjunction(
        "postcode+initial", (("addresses", "postcode"), ("persons", "part_initial")), wide=True
    ),
)
_ORGANISATION = (
    Conjunction("document", (("documents", "number"),)),
    Conjunction("phone", (("phones", "whole"),)),
    Conjunction("email", (("emails", "whole"),)),
    Conjunction("core", (("organisations", "core"),)),
    Conjunction("sound", (("organisations", "sound"),)),
    Conjunction("words", (("organisations", "words"),)),
    Conjunction("start+head", (("organisations", "start"), ("representative", "head"))),
    Conjunction("start+area", (("organisations", "start"), ("addresses", "area"))),
    Conjunction("start+city", (("organisations", "start"), ("addresses", "city"))),
    Conjunction("place", (("addresses", "place"),)),
    Conjunction("postcode+number", (("addresses", "door"),)),
    Conjunction("word", (("organisations", "word"),), wide=True),
    Conjunction("street", (("addresses", "street"),), wide=True),
    Conjunction("postcode", (("addresses", "postcode"),), wide=True),
)
_CONJUNCTIONS = {"person": _PERSON, "organisation": _ORGANISATION}
_FINER = (
    ("births", "year"),
    ("births", "day"),
    ("phones", "whole"),
    ("emails", "whole"),
    ("addresses", "city"),
    ("addresses", "place"),
    ("documents", "number"),
    ("persons", "name"),
    ("organisations", "core"),
    ("employer", "employer"),
)
"""What an oversized block is refined by; any of them may agree."""
