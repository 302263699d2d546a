"""How characters and words are read: the dictionaries of `pypinyin`, as its readers give them, without their start-up.

Its package builds tables of all its words when it is imported, in any style; here one style is read from its files.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import orjson

_RUN = re.compile(
    "[\u3007\u3400-\u4dbf\u4e00-\u9fff\ue815-\ue864\uf900-\ufaff\U00020000-\U00032389]+|.",
    re.DOTALL,
)
_TONELESS = str.maketrans(
    dict(zip("āáǎàēéěèōóǒòīíǐìūúǔùüǖǘǚǜńňǹḿếề", "aaaaeeeeooooiiiiuuuuvvvvvnnnmêê", strict=True))
    | dict.fromkeys("\u0304\u030c\u0300", "")
)


@lru_cache(maxsize=4_096)
def readings_of(character: str) -> tuple[str, ...]:
    """All readings of one character, without tones, ü as v; itself where the dictionary has none."""
    told = _characters().get(str(ord(character)))
    return tuple(dict.fromkeys(told.translate(_TONELESS).split(","))) if told else (character,)


def parted(text: str) -> Iterator[str]:
    """The words of the dictionary that a text consists of, the longest first, and characters that belong to none."""
    for run in _RUN.findall(text):
        yield from _parted(run)


@lru_cache(maxsize=4_096)
def word_reading(word: str) -> str:
    """How a word of the dictionary, or a character that belongs to none, is read."""
    told = _words().get(word)
    if told is None:
        return " ".join(readings_of(character)[0] for character in word)
    syllables = (syllable.partition('"')[0] for syllable in told.split('"],["'))
    return " ".join(syllables).translate(_TONELESS)


def _parted(run: str) -> Iterator[str]:
    words, longest = _words(), _longest()
    while run:
        most = longest.get(run[:2], 0)
        size = next((size for size in range(min(most, len(run)), 1, -1) if run[:size] in words), 0)
        if not size and most >= len(run) and _begins_a_word(run):
            yield from run
            return
        yield run[: size or 1]
        run = run[size or 1 :]


def _begins_a_word(text: str) -> bool:
    words = _sorted_words()
    place = bisect_left(words, text)
    return place < len(words) and words[place].startswith(text)


@cache
def _characters() -> dict[str, str]:
    """Code point → readings, parted by commas, the usual one first."""
    told: dict[str, str] = orjson.loads(_file("pinyin_dict.json"))
    return told


@cache
def _words() -> dict[str, str]:
    """Word → its syllables as the file writes them; parsing the lists of all words takes ten times as long."""
    text = _file("phrases_dict.json").translate(None, b"\n ").decode()
    told = text.removeprefix('{"').removesuffix('"]]}').replace('":[["', '"]],"').split('"]],"')
    return dict(zip(told[::2], told[1::2], strict=True))


@cache
def _longest() -> dict[str, int]:
    """Two characters → the length of the longest word that begins with them; no word is shorter."""
    found: dict[str, int] = {}
    for word in sorted(_words(), key=len):
        found[word[:2]] = len(word)
    return found


@cache
def _sorted_words() -> list[str]:
    return sorted(_words())


def _file(name: str) -> bytes:
    found = find_spec("pypinyin")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("pypinyin")
    return Path(found.origin).with_name(name).read_bytes()
