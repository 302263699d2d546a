"""The dictionaries are read as the library reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT
from pypinyin.core import Pinyin

from ecif.identity.pinyin import reading_of
from ecif.identity.readings import parted, readings_of, word_reading

DICTIONARY = Pinyin()
WORDS = sorted(PHRASES_DICT)


@pytest.mark.parametrize("first", range(0, 16))
def test_every_character_has_the_readings_of_the_dictionary(first: int) -> None:
    for code in sorted(PINYIN_DICT)[first::16]:
        character = chr(code)
        [told] = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore") or [[]]
        if told:
            assert readings_of(character) == tuple(dict.fromkeys(told)), hex(code)
            assert word_reading(character) == lazy_pinyin(character)[0], hex(code)


def test_every_word_is_read_as_the_dictionary_tells() -> None:
    for word in WORDS[::7]:
        assert word_reading(word) == " ".join(lazy_pinyin(word)), word


@given(
    st.lists(
        st.sampled_from(WORDS).flatmap(lambda word: st.sampled_from([word, word[:-1], word[1:]]))
        | st.sampled_from("长重乐?A〇 ，"),
        min_size=1,
        max_size=4,
    ).map("".join)
    | st.text(
        st.sampled_from("长乐重单曾都行会中国银行科技有限公司aB?·〇朝阳音") | st.characters(),
        max_size=9,
    )
)
def test_texts_fall_into_the_words_of_the_dictionary(text: str) -> None:
    known = [word for word in DICTIONARY.seg(text) if word]
    whole = [part for word in known for part in (word if word not in PHRASES_DICT else [word])]

    assert [
        p for word in parted(text) for p in (word if word not in PHRASES_DICT else [word])
    ] == whole


@given(
    st.text(st.sampled_from("长乐重单曾都行会中国银科技朝阳音国张王aB?〇"), min_size=1, max_size=6)
)
def test_a_text_is_read_word_by_word(text: str) -> None:
    words = [" ".join(lazy_pinyin(word, errors=" ".join)) for word in DICTIONARY.seg(text)]

    assert reading_of(text) == " ".join(words)
