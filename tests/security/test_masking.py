from typing import Any

import pytest

from ecif.identity import identity_of
from ecif.rules import MaskRules
from ecif.security import mask, mask_values
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
