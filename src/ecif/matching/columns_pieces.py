"""What the forms of records contribute to blocking keys, as hashes: the pieces of `keys_of`, form by form."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain, product
from typing import Any

import numpy as np
import numpy.typing as npt

from ecif.matching.columns import Bags, Rows
from ecif.matching.columns_words import Hashes, Words, mixed, order_free, starts_of
from ecif.matching.forms import BirthForm
from ecif.matching.keys import STREET_LETTERS, skeleton

Marks = npt.NDArray[np.bool_]
Pieces = tuple[Rows, Hashes]
"""How many pieces each form has, and those of the first form, of the second, and so on."""


def hashes_of(texts: Iterable[str]) -> Hashes:
    """Texts as numbers that tell equal ones."""
    return np.fromiter(map(hash, texts), np.int64).view(np.uint64)


def _one_each(hashes: Hashes, told: Marks | None = None) -> Pieces:
    """At most one piece for each form."""
    if told is None:
        return np.ones(len(hashes), dtype=np.int64), hashes
    return told.astype(np.int64), hashes[told]


def _several(*columns: tuple[Hashes, Marks]) -> Pieces:
    """Some pieces for each form, side by side."""
    told = np.stack([marks for _, marks in columns], axis=1)
    hashes = np.stack([one for one, _ in columns], axis=1)
    return told.sum(axis=1), hashes[told]


def _told(pieces: Callable[[Any], Iterable[str]], bags: Bags) -> Pieces:
    """Pieces that are asked of every form."""
    told = [tuple(pieces(form)) for form in bags.forms]
    counts = np.fromiter(map(len, told), np.int64, len(told))
    return counts, hashes_of(chain.from_iterable(told))


def _each(write: Callable[[Any], str], bags: Bags) -> Pieces:
    """One piece of every form."""
    return _one_each(hashes_of(map(write, bags.forms)))


def _of_parts(
    bags: Bags, write: Callable[[str], str], *, among: Callable[[Bags], Marks] | None = None
) -> Pieces:
    """A piece of the sound of every part of a name."""
    chosen = np.ones(len(bags.names.family), dtype=np.bool_) if among is None else among(bags)
    return _several(*_part_hashes(bags, write, chosen))


def _part_hashes(
    bags: Bags, write: Callable[[str], str], chosen: Marks
) -> list[tuple[Hashes, Marks]]:
    """For the family name and the given name of every form its hash, and whether it is told; of chosen forms only."""
    names = bags.names
    parts = names.parts
    used = np.zeros(len(parts.sounds), dtype=np.bool_)
    used[names.family[chosen]] = used[names.given[chosen]] = True
    [asked] = np.nonzero(used & parts.is_told)
    hashes = np.zeros(len(used), dtype=np.uint64)
    hashes[asked] = hashes_of(map(write, parts.sounds[asked]))
    return [(hashes[part], parts.is_told[part] & chosen) for part in (names.family, names.given)]


def _han(bags: Bags) -> Marks:
    return bags.names.is_han


def _latin(bags: Bags) -> Marks:
    return ~bags.names.is_han


def _whole_names(bags: Bags, *, among: Callable[[Bags], Marks] | None = None) -> Pieces:
    sounds = bags.names.forms.sound
    hashes = order_free(sounds.texts.tolist())[sounds.codes]
    return _one_each(hashes, None if among is None else among(bags))


def _latin_parts(bags: Bags) -> Pieces:
    """Both parts of names in letters as consonants, in any order."""
    (family, has_family), (given, has_given) = _part_hashes(bags, skeleton, _latin(bags))
    family_sounds, given_sounds = (
        bags.names.parts.sound[part] for part in (bags.names.family, bags.names.given)
    )
    both = has_family & has_given & (family_sounds != given_sounds)
    return _one_each(mixed(np.minimum(family, given), np.maximum(family, given)), both)


def _is_latin(bags: Bags) -> Pieces:
    return _one_each(np.ones(len(bags.forms), dtype=np.uint64), _latin(bags))


def _numbers(bags: Bags) -> Pieces:
    forms = bags.documents
    series, lines = (hashes_of(words.texts)[words.codes] for words in (forms.series, forms.lines))
    return _one_each(mixed(series, lines))


def _nearly_born(form: BirthForm) -> Iterable[str]:
    """Equal in some piece for dates a month and a year apart, or a month and ten years: one slip in each part."""
    if not form.date[5:7]:
        return
    year, month = int(form.date[:4]), int(form.date[5:7])
    years = f"decade:{year % 10}", f"even:{year // 2}", f"odd:{(year + 1) // 2}"
    months = f"even:{month // 2}", f"odd:{(month + 1) // 2}"
    yield from (f"{one}:{other}" for one, other in product(years, months))


def _words(words: Words, write: Callable[[str], str] = str) -> Pieces:
    """A piece of one part of an address, where it is told."""
    return _one_each(_hashed(words, write), words.is_told)


def _places(bags: Bags) -> Pieces:
    """The pieces of `places`."""
    forms = bags.addresses
    number = _number_at(bags, last=True)
    street = hashes_of(text[:STREET_LETTERS] for text in forms.street.texts)[forms.street.codes]
    estate = hashes_of(forms.estate.texts)[forms.estate.codes]
    return _several(
        (mixed(street, number), forms.street.is_told & (forms.counts > 0)),
        (mixed(estate, number), forms.estate.is_told & (forms.counts > 1)),
    )


def _doors(bags: Bags) -> Pieces:
    forms = bags.addresses
    codes = hashes_of(forms.postcode.texts)[forms.postcode.codes]
    told = forms.postcode.is_told & (forms.counts > 0)
    return _one_each(mixed(codes, _number_at(bags, last=False)), told)


def _number_at(bags: Bags, *, last: bool) -> Hashes:
    """The last or the first number of every address; 0 where it tells none."""
    forms = bags.addresses
    hashes = np.append(hashes_of(forms.numbers.texts)[forms.numbers.codes], np.uint64(0))
    at = np.where(forms.counts > 0, forms.starts + (forms.counts - 1) * last, -1)
    return hashes[at]


def _areas(bags: Bags) -> Pieces:
    forms = bags.addresses
    codes = hashes_of(forms.postcode.texts)[forms.postcode.codes]
    cities = hashes_of(forms.city.texts)[forms.city.codes]
    has_code, has_city = forms.postcode.is_told, forms.city.is_told
    return _one_each(np.where(has_code, codes, cities), has_code | has_city)


def _hashed(words: Words, write: Callable[[str], str] = str) -> Hashes:
    return hashes_of(map(write, words.texts))[words.codes]


def _starts(bags: Bags) -> Pieces:
    """The first word of every name of an organisation, or the first two characters of its core."""
    words, core = bags.bodies.words, bags.bodies.core
    first = _hashed(words, lambda text: text.partition(" ")[0])
    return _one_each(np.where(words.is_told, first, _hashed(core, lambda text: text[:2])))


def _first_words(bags: Bags) -> Pieces:
    """The first two words of names that have several, in any order."""
    words = bags.bodies.words
    return _one_each(
        _hashed(words, lambda text: "+".join(sorted(text.split()[:2]))), words.has_words
    )


def _each_word(bags: Bags) -> Pieces:
    words = bags.bodies.words
    told = [text.split() for text in words.texts]
    counts = np.fromiter(map(len, told), np.int64, len(told))[words.codes]
    return counts, hashes_of(chain.from_iterable(told[code] for code in words.codes.tolist()))


def of_letters_alone(bags: Bags) -> Bags:
    """The names of those who have none in hanzi; the others tell none."""
    is_han = np.append(bags.names.is_han, False)
    bag = np.repeat(np.arange(len(bags.counts)), bags.counts)
    has_han = np.bincount(bag, weights=is_han[bags.items], minlength=len(bags.counts)) > 0
    counts = np.where(has_han, 0, bags.counts)
    items = bags.items[~has_han[bag]]
    return Bags(bags.codes, starts_of(counts), counts, items, bags.forms)


PIECES: dict[tuple[str, str], Callable[[Bags], Pieces]] = {
    ("documents", "number"): _numbers,
    ("births", "date"): partial(_each, lambda form: form.date),
    ("births", "year"): partial(_each, lambda form: form.date[:4]),
    ("births", "day"): partial(_told, lambda form: filter(None, (form.date[5:],))),
    ("births", "month"): partial(_each, lambda form: form.date[:7]),
    ("births", "nearly"): partial(_told, _nearly_born),
    ("phones", "whole"): partial(_each, str),
    ("emails", "whole"): partial(_each, str),
    ("emails", "local"): partial(_each, lambda email: email.partition("@")[0]),
    ("emails", "local_start"): partial(_each, lambda email: email.partition("@")[0][:4]),
    ("emails", "host_start"): partial(
        _each, lambda email: email.rpartition("@")[2].lstrip(".")[:4]
    ),
    ("persons", "initial"): partial(_of_parts, write=lambda part: part[0]),
    ("persons", "part"): partial(_of_parts, write=str),
    ("persons", "part_start"): partial(_of_parts, write=lambda part: part[:3]),
    ("persons", "part_initial"): partial(_of_parts, write=lambda part: part[0]),
    ("persons", "name"): _whole_names,
    ("persons", "han_name"): partial(_whole_names, among=_han),
    ("persons", "han_part"): partial(_of_parts, write=str, among=_han),
    ("persons", "latin_part"): partial(_of_parts, write=skeleton, among=_latin),
    ("persons", "latin_parts"): _latin_parts,
    ("persons", "is_latin"): _is_latin,
    ("addresses", "place"): _places,
    ("addresses", "door"): _doors,
    ("addresses", "city"): lambda bags: _words(bags.addresses.city),
    ("addresses", "street"): lambda bags: _words(bags.addresses.street, lambda text: text[:5]),
    ("addresses", "postcode"): lambda bags: _words(bags.addresses.postcode),
    ("addresses", "area"): _areas,
    ("organisations", "core"): lambda bags: _one_each(_hashed(bags.bodies.core)),
    ("organisations", "sound"): lambda bags: _one_each(_hashed(bags.bodies.sound)),
    ("organisations", "start"): _starts,
    ("organisations", "initial"): lambda bags: _one_each(
        _hashed(bags.bodies.sound, lambda text: text[:1])
    ),
    ("organisations", "words"): _first_words,
    ("organisations", "word"): _each_word,
    ("employer", "employer"): lambda bags: _one_each(_hashed(bags.bodies.core)),
    ("representative", "head"): lambda bags: _one_each(_hashed(bags.names.forms.sound)),
}
"""Attribute and piece → what each form of it contributes."""
OF_LETTERS = frozenset({"latin_part", "latin_parts", "is_latin"})
"""Pieces of names in letters, which are misspelt more often."""
