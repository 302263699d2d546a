"""Blocking keys in columns: the conjunctions of `keys_of`, and wider ones, hashed without writing them out."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ecif.matching.columns import Bags, Codes, Rows, Table
from ecif.matching.columns_pieces import OF_LETTERS, PIECES, of_letters_alone
from ecif.matching.columns_words import Hashes, mixed

_FEW_PIECES = 12
"""Bags of so many pieces are searched for equal ones by looking back, larger ones by sorting."""


class Conjunction(NamedTuple):
    """One kind of key: attribute and pieces, joined; `wide`: worth it only where few records share it."""

    name: str
    pieces: tuple[tuple[str, str], ...]
    wide: bool = False


class KeyColumn(NamedTuple):
    """All keys of one conjunction: hashes, and the record that each belongs to."""

    conjunction: Conjunction
    hashes: Hashes
    records: Codes


class Keys:
    """The keys of a table, made when they are asked for.

    `sparing`: a name in letters has no keys of its own where the same record has one in hanzi, which are misspelt less.
    """

    def __init__(self, table: Table, *, sparing: bool = False) -> None:
        self._table = table
        self._sparing = sparing
        self._known: dict[tuple[str, str], _Ragged] = {}

    def conjunctions(self, *, wide: bool) -> list[Conjunction]:
        """The kinds of keys of this table."""
        return [one for one in _CONJUNCTIONS[self._table.kind] if one.wide == wide]

    def column(self, conjunction: Conjunction) -> KeyColumn:
        """The keys of one kind."""
        sides = [self._side(*piece) for piece in conjunction.pieces]
        hashes, records = _joined(sides, len(self._table.weak))
        number = _CONJUNCTIONS[self._table.kind].index(conjunction)
        hashes ^= np.uint64(number * 0x9E3779B97F4A7C15 % 2**64)
        return KeyColumn(conjunction, hashes, records)

    def refined(self, keys: KeyColumn) -> KeyColumn:
        """Keys that too many records share, each refined by one more attribute of its record, in several ways."""
        ways = list(self.refinements(keys))
        return KeyColumn(
            keys.conjunction,
            np.concatenate([way.hashes for way in ways]),
            np.concatenate([way.records for way in ways]),
        )

    def refinements(self, keys: KeyColumn) -> Iterator[KeyColumn]:
        """The same, way by way: no key of one is that of another, and all together are large.

        An attribute that the key has already would refine nothing; one that is a key of its own would find nothing new.
        """
        used = {attribute for attribute, _ in keys.conjunction.pieces}
        alone = {one.pieces[0] for one in self.conjunctions(wide=False) if len(one.pieces) == 1}
        for number, piece in enumerate(_FINER):
            if piece[0] not in used and piece not in alone:
                own = keys.hashes ^ np.uint64(number + 1)
                yield KeyColumn(keys.conjunction, *_combined(own, keys.records, self._side(*piece)))

    def _side(self, attribute: str, piece: str) -> "_Ragged":
        if (attribute, piece) not in self._known:
            bags = self._table.bags[attribute]
            pieces = PIECES[attribute, piece](bags)
            if self._sparing and piece in OF_LETTERS:
                bags = of_letters_alone(bags)
            self._known[attribute, piece] = _Ragged.of(bags, *pieces)
        return self._known[attribute, piece]


class _Ragged(NamedTuple):
    """Any number of hashes for each record: those of its bag, from `starts` on, `counts` of them."""

    codes: Codes
    starts: Codes
    counts: Codes
    hashes: Hashes

    @classmethod
    def of(cls, bags: Bags, counts: Rows, hashes: Hashes) -> "_Ragged":
        """The distinct hashes of every bag.

        Args:
            bags: What the records tell.
            counts: How many hashes each form has.
            hashes: Those of the first form, of the second, and so on.
        """
        bag = np.repeat(np.arange(len(bags.counts), dtype=np.int32), bags.counts)
        if len(hashes) == len(counts) and counts.min(initial=1) == 1:
            flat = hashes[bags.items]
        else:
            starts, several = np.cumsum(counts) - counts, counts[bags.items]
            flat = hashes[_spread(starts[bags.items], several)]
            bag = np.repeat(bag, several)
        of_bags = np.bincount(bag, minlength=len(bags.counts))
        if (most := int(of_bags.max(initial=0))) > 1:
            new = ~_seen_before(bag, flat, most)
            flat, of_bags = flat[new], np.bincount(bag[new], minlength=len(bags.counts))
        starts = np.cumsum(of_bags) - of_bags
        return cls(bags.codes, starts.astype(np.int32), of_bags.astype(np.int32), flat)


def _spread(starts: Rows | Codes, counts: Rows | Codes) -> Rows:
    """The places from each start on, as many as are counted, one after the other."""
    ends = np.cumsum(counts, dtype=np.int64)
    places: Rows = np.arange(int(ends[-1]) if len(ends) else 0)
    places += np.repeat(starts - ends + counts, counts)
    return places


def _seen_before(bag: Codes, hashes: Hashes, most: int) -> npt.NDArray[np.bool_]:
    """Which hashes their bag has already; no bag has more than `most`."""
    seen = np.zeros(len(bag), dtype=np.bool_)
    if most > _FEW_PIECES:
        order = np.lexsort((hashes, bag))
        same = (bag[order[1:]] == bag[order[:-1]]) & (hashes[order[1:]] == hashes[order[:-1]])
        seen[order[1:][same]] = True
        return seen
    for back in range(1, most):
        seen[back:] |= (bag[back:] == bag[:-back]) & (hashes[back:] == hashes[:-back])
    return seen


def _joined(sides: Sequence[_Ragged], size: int) -> tuple[Hashes, Codes]:
    """Every combination of the pieces of one record, side by side."""
    records = np.arange(size, dtype=np.int32)
    hashes = np.zeros(size, dtype=np.uint64)
    for side in sides:
        hashes, records = _combined(hashes, records, side)
    return hashes, records


def _combined(hashes: Hashes, records: Codes, side: _Ragged) -> tuple[Hashes, Codes]:
    codes = side.codes[records]
    counts = side.counts[codes]
    if counts.max(initial=0) <= 1:
        [kept] = np.nonzero(counts)
        return mixed(hashes[kept], side.hashes[side.starts[codes[kept]]]), records[kept]
    pieces = side.hashes[_spread(side.starts[codes], counts)]
    return mixed(np.repeat(hashes, counts), pieces), np.repeat(records, counts)


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
    Conjunction("host start", (("emails", "host_start"),), wide=True),
    Conjunction("nearly born", (("births", "nearly"),), wide=True),
    Conjunction("street+year", (("addresses", "street"), ("births", "year")), wide=True),
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
    Conjunction("street+city", (("addresses", "street"), ("addresses", "city")), wide=True),
    Conjunction("initial+city", (("organisations", "initial"), ("addresses", "city")), wide=True),
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
