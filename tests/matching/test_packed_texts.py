import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecif.matching import PackedTexts


@given(st.lists(st.text(alphabet="a1王é\U00020000 ", max_size=6), max_size=12))
def test_what_is_packed_comes_out_as_it_went_in(texts: list[str]) -> None:
    packed = PackedTexts.of(texts)

    assert packed.tolist() == texts
    assert packed[1:7:2] == texts[1:7:2]
    assert [packed[place] for place in range(-len(texts), len(texts))] == texts * 2
    assert packed[np.arange(len(texts))[::-1]].tolist() == texts[::-1]
    assert pickle.loads(pickle.dumps(packed)).tolist() == texts


def test_there_is_nothing_behind_the_last() -> None:
    packed = PackedTexts.of(["a"])

    with pytest.raises(IndexError):
        packed[1]


def test_they_weigh_what_their_letters_weigh() -> None:
    packed = PackedTexts.of(f"+86138{number:08}" for number in range(1_000))

    assert len(packed.letters) + packed.ends.nbytes == 1_000 * (14 + 4)
