import pytest

from ecif.errors import Forbidden, MissingScope
from ecif.security import Actor, Scope, scopes_of


def test_an_actor_may_do_what_its_scopes_say_and_no_more() -> None:
    teller = Actor("teller-7", frozenset({Scope.CUSTOMERS_READ}))

    assert teller.may(Scope.CUSTOMERS_READ)
    assert not teller.may(Scope.CUSTOMERS_REVEAL)
    assert not teller.may(Scope.ADMIN)


@pytest.mark.parametrize("scope", Scope)
def test_admin_holds_every_scope(scope: Scope) -> None:
    assert Actor("root", frozenset({Scope.ADMIN})).may(scope)


def test_a_missing_scope_is_named() -> None:
    teller = Actor("teller-7")

    with pytest.raises(MissingScope, match="customers:merge") as refused:
        teller.require(Scope.CUSTOMERS_MERGE)

    assert isinstance(refused.value, Forbidden)
    assert refused.value.facts == {"scope": "customers:merge"}


def test_a_held_scope_is_no_obstacle() -> None:
    Actor("teller-7", frozenset({Scope.CUSTOMERS_READ})).require(Scope.CUSTOMERS_READ)


def test_words_of_other_systems_are_no_scopes() -> None:
    assert scopes_of(["openid", "customers:read", "ADMIN", ""]) == {Scope.CUSTOMERS_READ}


def test_machine_actors_say_what_they_are() -> None:
    assert Actor.rules(7).subject == "rules:7"
    assert Actor.rules(7, legal_entity="hk").legal_entity == "hk"
    assert Actor.worker("deliveries").subject == "worker:deliveries"
    assert Actor.rules(7).may(Scope.CUSTOMERS_MERGE)


@pytest.mark.parametrize("subject", ["rules:7", "worker:deliveries"])
def test_nobody_else_bears_a_machine_name(subject: str) -> None:
    with pytest.raises(ValueError, match="reserved"):
        Actor(subject)


@pytest.mark.parametrize(
    "subject", ["", " ", " a", "a\n", "a\x00b", "a\u2028b", "\ud800", "x" * 201]
)
def test_a_subject_can_stand_in_an_audit_row(subject: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        Actor(subject)


@pytest.mark.parametrize("legal_entity", ["", "a b", "../x", "主", "x" * 64, "main\n"])
def test_a_legal_entity_is_a_plain_word(legal_entity: str) -> None:
    with pytest.raises(ValueError, match="legal entity"):
        Actor("teller-7", legal_entity=legal_entity)
