import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecif.api.strict_json import MAX_DEPTH, BadJson, read_json
from ecif.errors import Unprocessable

TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_json_says_is_read_as_it_is(value: Any) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value


def test_thirty_two_levels_are_read_and_one_more_is_not() -> None:
    read_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    with pytest.raises(BadJson):
        read_json(b"[" * MAX_DEPTH + b'{"a":[]}' + b"]" * MAX_DEPTH)


@pytest.mark.parametrize("written", [b"1e999", b"-1e999", b"18446744073709551616"])
def test_a_number_that_cannot_be_kept_is_named(written: bytes) -> None:
    with pytest.raises(Unprocessable) as refusal:
        read_json(b'{"a": [{"b": ' + written + b"}]}")

    assert refusal.value.facts["errors"] == [
        {"field": "a[0].b", "message": "is a number that is too large"}
    ]
