from typing import Any

import pytest

from ecif.identity import identity_of
from ecif.rules import MaskRules
from ecif.security import is_mask_style, mask, mask_values
from tests.security.masked import RULES, texts

ZHANG_WEI: dict[str, Any] = {
    "kind": "person",
    "names": [
        {"kind": "legal", "full": "张伟"},
        {"kind": "latin", "given": "Wei", "family": "Zhang"},
    ],
    "birth_date": "1990-03-07",
    "birth_date_raw": None,
    "sex": "male",
    "nationality": "CN",
    "documents": [
        {
            "kind": "cn_resident_id",
            "number": "110101199003070038",
            "issuer": "CN",
            "expires_on": "2035-01-01",
        }
    ],
    "phones": [{"kind": "mobile", "number": "+8613812345678"}],
    "emails": [{"kind": "personal", "address": "zhangwei@example.com"}],
    "addresses": [{"kind": "home", "country": "CN", "district": "海淀区", "line": "中关村大街1号"}],
    "employer": "北京某某科技有限公司",
    "occupation": "engineer",
    "extra": {"branch": "0101", "vip": True, "score": 7, "note": None},
}


def test_a_person_is_masked_as_the_shipped_rules_say() -> None:
    assert mask(ZHANG_WEI, RULES) == {
        "kind": "person",
        "names": [
            {"kind": "legal", "full": "张*"},
            {"kind": "latin", "given": "W*", "family": "Zhang"},
        ],
        "birth_date": "1990-**-**",
        "birth_date_raw": None,
        "sex": "male",
        "nationality": "CN",
        "documents": [
            {
                "kind": "cn_resident_id",
                "number": "1***8",
                "issuer": "CN",
                "expires_on": "2035-**-**",
            }
        ],
        "phones": [{"kind": "mobile", "number": "138***5678"}],
        "emails": [{"kind": "personal", "address": "z***@example.com"}],
        "addresses": [{"kind": "home", "country": "CN", "district": "海淀区", "line": "***"}],
        "employer": "北京某某科技有限公司",
        "occupation": "engineer",
        "extra": {"branch": "***", "vip": "***", "score": "***", "note": None},
    }


def test_an_organisation_shows_its_names_and_hides_its_people() -> None:
    golden = {
        "kind": "organisation",
        "names": [{"kind": "legal", "full": "北京某某科技有限公司"}],
        "legal_representative": "欧阳娜娜",
        "industry": "software",
        "country": "CN",
    }

    assert mask(golden, RULES) == {**golden, "legal_representative": "欧阳*"}


def test_a_bank_may_mask_the_names_of_organisations_too() -> None:
    rules = MaskRules(version=2, attribute={"organisation_names": "words"})

    masked = mask({"kind": "organisation", "names": [{"full": "Acme Trading Ltd"}]}, rules)

    assert masked == {"kind": "organisation", "names": [{"full": "A* T* L*"}]}


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


def test_one_kind_of_document_may_have_its_own_rule() -> None:
    rules = MaskRules(version=2, attribute={"documents": "hidden", "documents.lei": "plain"})
    golden = {"documents": [{"kind": "lei", "number": "5493"}, {"kind": "other", "number": "5493"}]}

    assert mask(golden, rules)["documents"] == [
        {"kind": "lei", "number": "5493"},
        {"kind": "other", "number": "***"},
    ]


def test_what_has_no_rule_is_hidden() -> None:
    golden = {
        "kind": "zhangwei",
        "shoe_size": 43,
        "nickname": "Weiwei",
        "nested": {"a": ["secret", {"b": "secret"}]},
        "documents": [{"kind": "zhangwei", "number": "x", "issuer": "Zhang Wei", "page": "secret"}],
        "names": ["secret", {"kind": ["secret"], "full": {"x": "secret"}}],
        "phones": "secret",
    }

    masked = mask(golden, RULES)

    assert "secret" not in repr(masked)
    assert "hang" not in repr(masked)
    assert "43" not in repr(masked)
    assert masked["nested"] == {"a": ["***", {"b": "***"}]}


@pytest.mark.parametrize("word", ["", "shown", "ends:", "ends:1", "ends:-1,1", "ends:999,999"])
def test_a_word_without_a_meaning_hides(word: str) -> None:
    assert not is_mask_style(word)
    assert mask({"employer": "Acme"}, MaskRules(version=2, attribute={"employer": word})) == {
        "employer": "***"
    }


def test_the_shipped_rules_use_known_words() -> None:
    assert all(map(is_mask_style, RULES.attribute.values()))


def test_a_masked_record_is_still_a_record_but_for_hidden_dates_and_flags() -> None:
    golden = {**ZHANG_WEI, "extra": {}}
    masked = {**mask(golden, RULES), "birth_date": None}
    masked["documents"] = [{**one, "expires_on": None} for one in masked["documents"]]

    assert identity_of(masked).names[0].full == "张*"


@pytest.mark.parametrize(
    ("about", "pair", "shown"),
    [
        ("family_name", ("张", "zhang"), ("张", "zhang")),
        ("family_name", ("张伟国", ""), ("张*", "")),
        ("given_name", ("伟", "wei"), ("*", "w*")),
        ("name_order", ("张伟", "Wei Zhang"), ("张*", "Wei Z*")),
        ("born_on", ("1990-03-07", "1990-07-03"), ("1990-**-**", "1990-**-**")),
        ("document", ("110101199003070038", "110101900307003"), ("1***8", "1***3")),
        ("phone", ("+8613812345678", "02088886666"), ("138***5678", "020***6666")),
        ("email", ("zhangwei@example.com", "zw@x"), ("z***@example.com", "***")),
        ("address", ("中关村大街1号", "中关村大街2号"), ("***", "***")),
        ("representative", ("张伟", "李四"), ("张*", "李*")),
        ("organisation_name", ("某某科技", "某某"), ("某某科技", "某某")),
        ("sex", ("male", "female"), ("male", "female")),
        ("something new", ("secret", "secret"), ("***", "***")),
    ],
)
def test_evidence_wears_the_mask_of_what_it_is_about(
    about: str, pair: tuple[str, str], shown: tuple[str, str]
) -> None:
    assert mask_values(pair, about, RULES) == shown


def test_evidence_without_values_stays_without() -> None:
    assert mask_values(None, "phone", RULES) is None


def test_without_rules_nothing_personal_of_a_person_is_shown() -> None:
    bare = MaskRules(version=2, attribute={})

    shown = texts(mask(ZHANG_WEI, bare))

    assert shown == {"person", "legal", "latin", "cn_resident_id", "CN", "2035-**-**"} | {
        "mobile",
        "personal",
        "home",
        "***",
    }
    assert mask_values(("张", "张"), "family_name", bare) == ("***", "***")
