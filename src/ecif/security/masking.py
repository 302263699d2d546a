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
    Style,
    given_part,
    hidden,
    style_of,
    surname,
    surname_of_parts,
    surname_part,
    year,
)

_Item = dict[str, Any]
_Words = Mapping[str, str]

_ABOUT: Final = MappingProxyType(
    {
        "name_order": "names",
        "born_on": "birth_date",
        "document": "documents",
        "phone": "phones",
        "email": "emails",
        "address": "addresses",
        "representative": "legal_representative",
    }
)
"""Which attribute's mask a piece of evidence wears."""

_NAME_HALVES: Final = MappingProxyType(
    {"family_name": surname_part, "given_name": given_part},
)
_PARTS_THAT_HELP: Final = ("family", "given", "second_family")
_NAME_PARTS: Final = MappingProxyType(
    {
        "full": surname,
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
    words = rules.attribute
    is_organisation = golden.get("kind") == "organisation"
    masked = {}
    for field, value in golden.items():
        walk = _WALKS.get(field)
        if walk is None:
            masked[field] = _scalar(value, words.get(field, "hidden"))
        elif is_organisation and field == "names":
            masked[field] = _names(value, words.get("organisation_names", "plain"))
        else:
            masked[field] = walk(value, words)
    return masked


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
    shown = _evidence_style(about, rules.attribute)
    return shown(pair[0]) if pair[0] else "", shown(pair[1]) if pair[1] else ""


def _evidence_style(about: str, words: _Words) -> Style:
    if about in _NAME_HALVES:
        word = words.get("names", "hidden")
        return _NAME_HALVES[about] if word == "surname" else style_of(word)
    if about == "organisation_name":
        return style_of(words.get("organisation_names", "plain"))
    return style_of(words.get(_ABOUT.get(about, about), "hidden"))


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
    if isinstance(value, str):
        return value if name == "kind" and value in _KIND_WORDS else hidden(value)
    return value if isinstance(value, bool) else _scalar(value, "hidden")


def _kind(value: Any, _: _Words) -> Any:
    return value if value in ("person", "organisation") else _scalar(value, "hidden")


def _each(value: Any, masked: Callable[[_Item, str], _Item], word: str) -> Any:
    if not isinstance(value, (list, tuple)):
        return _scalar(value, "hidden")
    return [
        masked(item, word) if isinstance(item, dict) else _scalar(item, "hidden") for item in value
    ]


def _names(value: Any, word: str) -> Any:
    return _each(value, _name, word)


def _name(item: _Item, word: str) -> _Item:
    if word == "surname":
        return {part: _name_part(item, part, value) for part, value in item.items()}
    return {
        part: _side(part, value) if part == "kind" else _scalar(value, word)
        for part, value in item.items()
    }


def _name_part(item: _Item, part: str, value: Any) -> Any:
    style = _NAME_PARTS.get(part)
    if style is None or not isinstance(value, str) or not value:
        return _side(part, value)
    if part == "full":
        return surname_of_parts(value, *[_text(item, key) for key in _PARTS_THAT_HELP])
    if part == "family" and not item.get("given"):
        return surname(value)
    return style(value)


def _text(item: _Item, part: str) -> str | None:
    value = item.get(part)
    return value if isinstance(value, str) else None


def _documents(value: Any, words: _Words) -> Any:
    if not isinstance(value, (list, tuple)):
        return _scalar(value, "hidden")
    word = words.get("documents", "hidden")
    return [
        _document(item, words.get(f"documents.{item.get('kind')}", word))
        if isinstance(item, dict)
        else _scalar(item, "hidden")
        for item in value
    ]


def _document(item: _Item, word: str) -> _Item:
    return {
        name: _scalar(value, word) if name == "number" else _beside_number(name, value)
        for name, value in item.items()
    }


def _beside_number(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return _side(name, value)
    if name == "kind":
        return value if is_known_kind(value) else HIDDEN
    if name == "issuer":
        return value if len(value) == 2 and value.isascii() and value.isupper() else HIDDEN
    return year(value) if name in ("issued_on", "expires_on") else HIDDEN


def _phone(item: _Item, word: str) -> _Item:
    return {
        name: _scalar(value, word) if name == "number" else _side(name, value)
        for name, value in item.items()
    }


def _email(item: _Item, word: str) -> _Item:
    return {
        name: _scalar(value, word) if name == "address" else _side(name, value)
        for name, value in item.items()
    }


def _address(item: _Item, word: str) -> _Item:
    if word == "district":
        return {
            name: value if name in _TO_DISTRICT and isinstance(value, str) else _side(name, value)
            for name, value in item.items()
        }
    return {
        name: _side(name, value) if name == "kind" else _scalar(value, word)
        for name, value in item.items()
    }


_WALKS: Final[Mapping[str, Callable[[Any, _Words], Any]]] = MappingProxyType(
    {
        "kind": _kind,
        "names": lambda value, words: _names(value, words.get("names", "hidden")),
        "documents": _documents,
        "phones": lambda value, words: _each(value, _phone, words.get("phones", "hidden")),
        "emails": lambda value, words: _each(value, _email, words.get("emails", "hidden")),
        "addresses": lambda value, words: _each(value, _address, words.get("addresses", "hidden")),
    }
)
"""How the fields with parts are walked through; every other field is one value."""
