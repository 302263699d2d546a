"""Whatever a golden record holds, its mask keeps the shape and shows nothing hidden."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecif.rules import MaskRules
from ecif.security import mask
from tests.security.masked import RULES, texts

text = st.text(min_size=1, max_size=30)


secret = st.text(alphabet=st.characters(categories=("L", "N")), min_size=5, max_size=40)


maybe = st.none() | text


names = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("kind", "full", "given", "middle", "family", "second_family"), maybe),
)


documents = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("kind", "number", "issuer", "issued_on", "expires_on"), maybe)
)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


goldens = st.fixed_dictionaries(
    {"kind": st.sampled_from(["person", "organisation"]) | plain},
    optional={
        "names": st.lists(names, max_size=3) | plain,
        "documents": st.lists(documents, max_size=3) | plain,
        "phones": st.lists(st.dictionaries(st.sampled_from(["kind", "number"]), maybe)) | plain,
        "emails": st.lists(st.dictionaries(st.sampled_from(["kind", "address"]), maybe)) | plain,
        "addresses": st.lists(st.dictionaries(st.sampled_from(["kind", "line"]), maybe)) | plain,
        "birth_date": plain,
        "legal_representative": plain,
        "extra": plain,
        "more": plain,
    },
)


RULES_THAT_HIDE = MaskRules(
    version=2, attribute={**RULES.attribute, "employer": "hidden", "occupation": "hidden"}
)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    return [_shape(part) for part in value] if isinstance(value, (list, tuple)) else value is None


@given(golden=goldens)
def test_masking_keeps_the_shape_of_whatever_it_meets(golden: dict[str, Any]) -> None:
    assert _shape(mask(golden, RULES)) == _shape(golden)


@given(golden=goldens)
def test_masking_twice_shows_nothing_new(golden: dict[str, Any]) -> None:
    once = mask(golden, RULES_THAT_HIDE)

    assert _shape(mask(once, RULES_THAT_HIDE)) == _shape(once)


@given(
    given_name=secret,
    number=secret,
    phone=secret,
    mail=secret,
    line=secret,
    work=secret,
    note=secret,
)
def test_no_five_characters_of_a_hidden_value_are_left(
    given_name: str, number: str, phone: str, mail: str, line: str, work: str, note: str
) -> None:
    golden = {
        "kind": "person",
        "names": [{"given": given_name, "family": "Li"}, {"full": given_name}],
        "birth_date_raw": note,
        "documents": [{"kind": "passport", "number": number, "issuer": note}],
        "phones": [{"kind": "mobile", "number": phone}],
        "emails": [{"kind": "work", "address": f"{mail}@x.cn"}],
        "addresses": [{"kind": "home", "line": line, "line2": line, "postcode": number}],
        "employer": work,
        "extra": {"note": note},
    }
    public = {"person", "passport", "mobile", "@x.cn", "work", "home", "Li"}

    shown = texts(mask(golden, RULES_THAT_HIDE))

    hidden = {given_name, number, phone, mail, line, work, note}
    for secret_text in hidden:
        pieces = {secret_text[start : start + 5] for start in range(len(secret_text) - 4)}
        assert not any(piece in one for piece in pieces for one in shown - public)
