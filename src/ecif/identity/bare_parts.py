"""Identities and their parts, made of what was checked before, without checking it again."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from ecif.identity.profile import (
    Address,
    Document,
    Email,
    Fact,
    Identity,
    Name,
    Organisation,
    Person,
    Phone,
)

_PARTS: dict[str, type[Fact]] = {
    "names": Name,
    "documents": Document,
    "phones": Phone,
    "emails": Email,
    "addresses": Address,
}
_FactType = TypeVar("_FactType", bound=Fact)


def bare_identity(plain: dict[str, Any]) -> Identity:
    """An identity of parts that were checked before, without checking them again; it may lack a name."""
    said = dict(plain)
    for field, kind in _PARTS.items():
        said[field] = tuple([_bare(kind, one) for one in said.get(field, ())])
    if plain.get("kind") == "organisation":
        return _bare(Organisation, said)
    return _bare(Person, said)


def bare_name(said: Mapping[str, Any]) -> Name:
    """A name of parts that were checked before."""
    return _bare(Name, said)


def bare_address(said: Mapping[str, Any]) -> Address:
    """A postal address of parts that were checked before."""
    return _bare(Address, said)


def bare_documents(said: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Documents of parts that were checked before."""
    return [_bare(Document, one) for one in said]


def _bare(kind: type[_FactType], said: Mapping[str, Any]) -> _FactType:
    """What `model_construct` makes, in a fiftieth of its time: files have millions of parts."""
    made = kind.__new__(kind)
    made.__dict__.update(_unsaid(kind))
    made.__dict__.update(said)
    return made


@cache
def _unsaid(kind: type[Fact]) -> dict[str, Any]:
    """Every field in the order of the model, so that what is made of it is written in one order."""
    return {
        name: None if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in kind.model_fields.items()
    }
