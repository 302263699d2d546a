"""Customer numbers: eleven digits that tell a typing error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from ecif.customers import customer_number, is_customer_number

sequences = st.integers(1, 999_999_999)
kinds = st.sampled_from(["person", "organisation"])


@given(kinds, sequences)
def test_a_number_ends_with_the_check_digit_of_the_standard(kind: str, sequence: int) -> None:
    number = customer_number(kind, sequence)

    assert number[1:10] == f"{sequence:09d}"
    assert number[10] == luhn.calc_check_digit(number[:10])
    assert is_customer_number(number)


@given(kinds, sequences, st.integers(1, 10), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(kind: str, sequence: int, place: int, off: int) -> None:
    number = customer_number(kind, sequence)
    wrong = str((int(number[place]) + off) % 10)

    assert not is_customer_number(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("sequence", [0, 1_000_000_000])
def test_nine_digits_are_all_there_are(sequence: int) -> None:
    with pytest.raises(ValueError, match="used up"):
        customer_number("person", sequence)
