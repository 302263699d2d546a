"""What each word for a mask leaves of a value."""

import pytest

from ecif.rules import MaskRules
from ecif.security import is_mask_style, mask
from tests.security.masked import RULES


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张伟", "张*"),
        ("张", "张*"),
        ("张伟国", "张*"),
        ("欧阳娜娜", "欧阳*"),
        ("張偉", "張*"),
        ("张 伟", "张*"),
        ("张伟13812345678", "张*"),
        ("阿卜杜拉·买买提", "阿*"),
        ("阿不都热合曼买买提", "阿*"),
        ("Zhang Wei", "Zhang W*"),
        ("ZHANG Weiguo", "ZHANG W*"),
        ("zhangwei", "Zhang W*"),
        ("John Smith", "J* Smith"),
        ("John Michael Smith", "J* Smith"),
        ("Smith, John", "J* Smith"),
        ("Ursula von der Leyen", "U* von der Leyen"),
        ("Conor McDonald", "C* McDonald"),
        ("José García", "J* García"),
        ("Nicolas SARKOZY", "N* SARKOZY"),
        ("Madonna", "M*"),
        ("Smith 13812345678", "S*"),
        ("김철수", "김*"),
        ("やまだ たろう", "や*"),
        ("😀", "*"),
        ("-", "*"),
    ],
)
def test_only_the_surname_of_a_full_name_is_shown(name: str, shown: str) -> None:
    assert mask({"kind": "person", "names": [{"full": name}]}, RULES)["names"] == [{"full": shown}]


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ({"given": "伟", "family": "张"}, {"given": "*", "family": "张"}),
        ({"given": "娜娜", "family": "欧阳"}, {"given": "*", "family": "欧阳"}),
        ({"given": "x", "family": "张伟国"}, {"given": "x*", "family": "张*"}),
        ({"given": "x", "family": "张伟"}, {"given": "x*", "family": "张*"}),
        ({"family": "John Smith"}, {"family": "J* Smith"}),
        ({"given": "Ana", "family": "4111111111111111"}, {"given": "A*", "family": "4*"}),
        (
            {"full": "Ana Ruiz Vega", "given": "Ana", "family": "Ruiz", "second_family": "Vega"},
            {"full": "A* Ruiz Vega", "given": "A*", "family": "Ruiz", "second_family": "Vega"},
        ),
        (
            {"full": "Wei Zhang", "given": "Wei", "family": "Zhang"},
            {"full": "Zhang W*", "given": "W*", "family": "Zhang"},
        ),
    ],
)
def test_the_parts_of_a_name_show_no_given_name(
    parts: dict[str, str], shown: dict[str, str]
) -> None:
    assert mask({"kind": "person", "names": [parts]}, RULES)["names"] == [shown]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+8613812345678", "138***5678"),
        ("13812345678", "138***5678"),
        ("+6591234567", "659***567"),
        ("12345678", "12***78"),
        ("12345", "***5"),
        ("1234", "***"),
        ("1", "***"),
    ],
)
def test_the_ends_of_a_short_number_give_way(number: str, shown: str) -> None:
    assert mask({"phones": [{"number": number}]}, RULES)["phones"] == [{"number": shown}]


def test_a_mask_does_not_tell_how_long_the_hidden_part_is() -> None:
    masked = [mask({"documents": [{"number": "1" * n}]}, RULES) for n in range(6, 40)]

    assert all(one == masked[0] for one in masked)


@pytest.mark.parametrize("word", ["", "shown", "ends:", "ends:1", "ends:-1,1", "ends:999,999"])
def test_a_word_without_a_meaning_hides(word: str) -> None:
    assert not is_mask_style(word)
    assert mask({"employer": "Acme"}, MaskRules(version=2, attribute={"employer": word})) == {
        "employer": "***"
    }


def test_the_shipped_rules_use_known_words() -> None:
    assert all(map(is_mask_style, RULES.attribute.values()))
