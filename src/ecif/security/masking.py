"""What everybody may see of a golden record: the same shape, its values masked by the rules.

Nothing is shown because it was forgotten: a field without a rule, a rule word without a meaning and
a value of an unexpected type are hidden.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, get_args

from ecif.identity import Address, Email, Name, Phone, is_known_kind
from ecif.rules import MaskRules
from ecif.security.mask_styles import (
    HIDDEN,
    given_part,
    style_of,
    surname_of_parts,
    surname_part,
    year,
)

_ABOUT: Final = MappingProxyType(
    {
        "name_order": "names",
        "born_on": "birth_date",
        "document": "documents",
        "phone": "phones",
        "email": "emails",
        "address": "addresses",
        "representative": "legal_representative",
        "organisation_name": "organisation_names",
    }
)
"""Which attribute's mask a piece of evidence wears."""

_NAME_PARTS: Final = MappingProxyType(
    {
        "given": given_part,
        "middle": given_part,
        "family": surname_part,
        "second_family": surname_part,
    }
)
_TO_DISTRICT: Final = frozenset({"country", "region", "city", "district"})
_KIND_WORDS: Final = frozenset(
    word
    for fact in (Name, Phone, Email, Address)
    if "kind" in fact.model_fields
    for word in get_args(fact.model_fields["kind"].annotation)
)

_Item = dict[str, Any]


def mask(golden: Mapping[str, Any], rules: MaskRules) -> dict[str, Any]:
    """The golden record as everybody may see it: the same fields, masked values.

    Names of organisations are public (they stand in company registers) unless the rules say
    otherwise under `organisation_names`. One kind of document may have its own rule, such as
    `documents.passport`.

    Args:
        golden: In the shape of a source record, with its `kind`; without one it is masked as a
            person.
        rules: The masks of the rule set in force.
    """
    is_organisation = golden.get("kind") == "organisation"
    return {
        field: _masked(field, value, rules, is_organisation=is_organisation)
        for field, value in golden.items()
    }


def mask_values(
    pair: tuple[str, str] | None, about: str, rules: MaskRules
) -> tuple[str, str] | None:
    """The two values of a piece of evidence as everybody may see them.

    Args:
        pair: The normal forms that met, or None.
        about: What was compared; a comparison without a mask of its own is hidden.
        rules: The masks of the rule set in force.
    """
    if pair is None:
        return None
    shown = _evidence_style(about, rules)
    return shown(pair[0]) if pair[0] else "", shown(pair[1]) if pair[1] else ""


def _evidence_style(about: str, rules: MaskRules) -> Callable[[str], str]:
    word = _word(rules, "names")
    if about in ("family_name", "given_name") and word == "surname":
        return surname_part if about == "family_name" else given_part
    if about in ("family_name", "given_name"):
        return style_of(word)
    attribute = _ABOUT.get(about, about)
    return style_of(_word(rules, attribute))


def _word(rules: MaskRules, *attributes: str) -> str:
    """The style word of the first of these attributes that has a rule."""
    for attribute in attributes:
        if attribute in rules.attribute:
            return rules.attribute[attribute]
    return "plain" if attributes[-1] == "organisation_names" else "hidden"


def _masked(field: str, value: Any, rules: MaskRules, *, is_organisation: bool) -> Any:
    if field == "kind":
        return value if value in ("person", "organisation") else HIDDEN
    if field == "names":
        word = _word(rules, "organisation_names" if is_organisation else "names")
        return _each(value, lambda item: _name(item, word))
    if field == "documents":
        return _each(value, lambda item: _document(item, rules))
    if field == "addresses":
        return _each(value, lambda item: _address(item, _word(rules, "addresses")))
    word = _word(rules, field)
    if field in ("phones", "emails"):
        told = "number" if field == "phones" else "address"
        return _each(value, lambda item: _contact(item, told, word))
    return _scalar(value, word)


def _each(value: Any, masked: Callable[[_Item], Any]) -> Any:
    if isinstance(value, (list, tuple)):
        return [
            masked(item) if isinstance(item, dict) else _scalar(item, "hidden") for item in value
        ]
    return _scalar(value, "hidden")


def _scalar(value: Any, word: str) -> Any:
    """One value, or a nest of them, under one style; only text can be shown in part."""
    if value is None or word == "plain":
        return value
    if isinstance(value, str):
        return style_of(word)(value)
    if isinstance(value, dict):
        return {name: _scalar(part, word) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_scalar(part, word) for part in value]
    return HIDDEN


def _side(name: str, value: Any) -> Any:
    """What stands beside a masked value: its kind and its flags are shown, nothing else."""
    if isinstance(value, bool) or (name == "kind" and value in _KIND_WORDS):
        return value
    return _scalar(value, "hidden")


def _name(item: _Item, word: str) -> Any:
    if word != "surname":
        return {
            part: _side(part, value) if part == "kind" else _scalar(value, word)
            for part, value in item.items()
        }
    return {part: _name_part(item, part, value) for part, value in item.items()}


def _name_part(item: _Item, part: str, value: Any) -> Any:
    if not isinstance(value, str) or not value:
        return _side(part, value)
    if part == "full":
        family, given, second = (_text(item, key) for key in ("family", "given", "second_family"))
        return surname_of_parts(value, family, given, second)
    if part == "family" and not _text(item, "given"):
        return surname_of_parts(value)
    return _NAME_PARTS[part](value) if part in _NAME_PARTS else _side(part, value)


def _text(item: _Item, part: str) -> str | None:
    value = item.get(part)
    return value if isinstance(value, str) else None


def _document(item: _Item, rules: MaskRules) -> dict[str, Any]:
    kind = item.get("kind")
    is_known = isinstance(kind, str) and is_known_kind(kind)
    word = _word(rules, f"documents.{kind}", "documents") if is_known else _word(rules, "documents")
    return {name: _document_part(name, value, word) for name, value in item.items()}


def _document_part(name: str, value: Any, word: str) -> Any:
    if name == "number" or word == "plain":
        return _scalar(value, word)
    if not isinstance(value, str):
        return _side(name, value)
    if name == "kind":
        return value if is_known_kind(value) else HIDDEN
    if name == "issuer":
        return value if value.isascii() and value.isupper() and len(value) == 2 else HIDDEN
    return year(value) if name in ("issued_on", "expires_on") else HIDDEN


def _contact(item: _Item, told: str, word: str) -> dict[str, Any]:
    return {
        name: _scalar(value, word) if name == told else _side(name, value)
        for name, value in item.items()
    }


def _address(item: _Item, word: str) -> dict[str, Any]:
    if word != "district":
        return {
            name: _side(name, value) if name == "kind" else _scalar(value, word)
            for name, value in item.items()
        }
    return {
        name: value if name in _TO_DISTRICT and isinstance(value, str) else _side(name, value)
        for name, value in item.items()
    }
