"""Telephone numbers and e-mail addresses: one form for all notations."""

import pytest
from hypothesis import given

from ecif.identity import email_of, phone_of
from tests.identity.texts import ANY_TEXT


@pytest.mark.parametrize(
    "written",
    [
        "13812345678",
        "+8613812345678",
        "86-13812345678",
        "008613812345678",
        "138-1234-5678",
        "138 1234 5678",
        "１３８１２３４５６７８",
        "013812345678",
    ],
)
def test_a_mobile_number_is_one_number_in_every_notation(written: str) -> None:
    phone = phone_of(written)

    assert (phone.normal, phone.kind, phone.valid) == ("+8613812345678", "mobile", True)


@pytest.mark.parametrize(
    "written",
    ["0512-65190501", "051265190501", "0512－65190501", "+86 512 65190501", "0512-65190501转8001"],
)
def test_a_landline_is_one_number_in_every_notation(written: str) -> None:
    phone = phone_of(written)

    assert (phone.normal, phone.national, phone.kind) == ("+8651265190501", "51265190501", "fixed")


def test_numbers_of_other_countries_are_read_by_their_plans() -> None:
    assert phone_of("+1 312 386 5286").normal == "+13123865286"
    assert phone_of("(312) 386-5286", "US").normal == "+13123865286"
    assert phone_of("020 7946 0018", "GB").normal == "+442079460018"


@pytest.mark.parametrize(
    "written", ["12812345678", "3865286", "13800000000", "110", "nobody", "1381234567"]
)
def test_a_number_of_no_plan_is_kept_and_not_valid(written: str) -> None:
    phone = phone_of(written)

    assert not phone.valid
    assert phone.normal == "".join(filter(str.isdigit, written))


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Zhang.Wei@Example.COM", "zhang.wei@example.com"),
        (" 12345＠qq．com ", "12345@qq.com"),
        ("mailto:a@b.cn", "a@b.cn"),
        ("张@例子.中国", "张@例子.中国"),
    ],
)
def test_an_address_is_one_in_every_case_and_width(written: str, normal: str) -> None:
    email = email_of(written)

    assert (email.normal, email.valid) == (normal, True)


@pytest.mark.parametrize(
    "written", ["a@b", "12345@qqcom", "a@b..com", "nobody", "@b.com", "a@@b.com"]
)
def test_a_malformed_address_is_kept_and_not_valid(written: str) -> None:
    assert (email_of(written).normal, email_of(written).valid) == (written, False)


@given(ANY_TEXT)
def test_any_text_is_read_and_reading_twice_changes_nothing(text: str) -> None:
    phone, email = phone_of(text), email_of(text)

    assert phone_of(phone.normal).valid == phone.valid or not phone.valid
    assert not phone.valid or phone_of(phone.normal).normal == phone.normal
    assert email_of(email.normal).normal == email.normal
