"""Writing: width, variant characters, accents and alphabets folded into one form."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from opencc import OpenCC


def word_list(text: str) -> list[str]:
    """The words of a table that is written as one text, parted by blanks."""
    return text.split()


HANZI = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
"""The CJK unified ideographs, as ranges for a character class."""

_WITHOUT_ACCENTS = re.compile(f"[\x00-\x7f{HANZI}]+")

UNKNOWN = "?"
"""One character that the source did not tell."""

_MASKS = "?*□〇○●◯■◇◆※×✱∗�"
_INTERPUNCT = "·•‧∙⋅・･ᐧ⸱᛫∘˙"
_DASHES = "‐‑‒–—―−﹣－"
_QUOTES = "'`´‘’ʼʻʹ′"

_STROKES = {
    **dict.fromkeys("øØ", "o"), **dict.fromkeys("łŁ", "l"), **dict.fromkeys("đĐðÐ", "d"),
    **dict.fromkeys("æÆ", "ae"), **dict.fromkeys("œŒ", "oe"), **dict.fromkeys("þÞ", "th"),
    **dict.fromkeys("ħĦ", "h"), **dict.fromkeys("əƏ", "a"), "ß": "ss", "ẞ": "ss", "ı": "i", "ŋ": "ng",
}  # fmt: skip
_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўѓќјљњћџђ",
        word_list(
            "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya i yi ye g "
            "u g k j lj nj c dz d"
        ),
        strict=True,
    )
) | dict.fromkeys("ъь", "")
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        word_list("a v g d e z i th i k l m n x o p r s s t y f ch ps o"),
        strict=True,
    )
)
_ALPHABETS = str.maketrans({**_STROKES, **_CYRILLIC, **_GREEK})


def _encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _simplified_forms() -> dict[str, str]:
    """Every character that has a simplified form; those that GB 2312 itself knows are left as they are (乾, 徵)."""
    characters = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))]
    converted = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    pairs = zip(characters, converted, strict=True)
    return {a: b for a, b in pairs if a != b and (a in "後於麽" or not _encodes(a, "gb2312"))}


def _private_use_forms() -> dict[str, str]:
    """Characters that old Chinese systems stored in the private use area.

    Source: GBK user area FE50–FEA0, U+E815–U+E864; GB 18030 gave them code points of their own.
    """
    trail = [byte for byte in range(0x50, 0xA1) if byte != 0x7F]
    forms = {
        chr(0xE815 + place): bytes([0xFE, byte]).decode("gb18030")
        for place, byte in enumerate(trail)
    }
    return {private: public for private, public in forms.items() if private != public}


_VARIANTS = {
    "峯": "峰",
    "眞": "真",
    "羣": "群",
    "邨": "村",
    "澂": "澄",
    "暎": "映",
    "甯": "宁",
    "寗": "宁",
    "淸": "清",
    "靑": "青",
}
_HAN = str.maketrans(
    {
        **_private_use_forms(),
        **_simplified_forms(),
        **_VARIANTS,
        **dict.fromkeys(_MASKS, UNKNOWN),
        **dict.fromkeys(_INTERPUNCT, "·"),
        **dict.fromkeys(_DASHES, "-"),
        **dict.fromkeys(_QUOTES, "'"),
    }
)


def _ranges(codes: list[int]) -> str:
    """Code points in ascending order as ranges for a character class."""
    breaks = [place for place in range(1, len(codes)) if codes[place] != codes[place - 1] + 1]
    starts, ends = [0, *breaks], [*breaks, len(codes)]
    return "".join(
        f"{chr(codes[a])}-{chr(codes[b - 1])}" for a, b in zip(starts, ends, strict=True)
    )


PLAIN_HANZI = _ranges([code for code in range(0x4E00, 0xA000) if code not in _HAN])
"""The hanzi that `written_form` and `one_script` leave as they are, as ranges for a character class."""


def written_form(text: str) -> str:
    """The text in NFKC (half width for Latin, full for kana), runs of blanks as one, nothing invisible."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if not text.isprintable():
        text = "".join(c if c.isprintable() or "\ue815" <= c <= "\ue864" else " " for c in text)
    return " ".join(text.split())


def settled(step: Callable[[str], str], text: str) -> str:
    """The text after `step` until it changes no more: what is removed may let its neighbours join.

    Args:
        step: A normalisation; it is repeated at most eight times.
        text: What to normalise.
    """
    for _ in range(8):
        text, before = step(text), text
        if text == before:
            break
    return text


def one_script(text: str) -> str:
    """Simplified characters, one sign for each of: unknown character, interpunct, dash, apostrophe.

    Args:
        text: In its written form.
    """
    return text if text.isascii() and "*" not in text and "`" not in text else text.translate(_HAN)


@lru_cache(maxsize=4_096)
def latin_fold(text: str) -> str:
    """Lower case without accents; Cyrillic and Greek letters in Latin ones.

    Source: BGN/PCGN romanisation of Russian (1947), simplified; ISO 843 for Greek, without digraphs.
    """
    text = text.lower()
    if text.isascii() or _WITHOUT_ACCENTS.fullmatch(text):
        return text
    # Accents go after the alphabets: й and ё are letters, not accented ones.
    spelled = unicodedata.normalize("NFC", text).translate(_ALPHABETS)
    plain = (c for c in unicodedata.normalize("NFD", spelled) if not unicodedata.combining(c))
    return "".join(plain).translate(_ALPHABETS)
