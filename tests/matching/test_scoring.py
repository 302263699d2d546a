"""Scores: symmetric, explained, and never bolder than the contradictions allow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecif.identity import Identity, Name, Person, identity_of
from ecif.matching import ORGANISATION_COMPARISONS, PERSON_COMPARISONS, band_of, features_of, score
from ecif.rules import Band, default_rules
from tests.matching.people import identities, organisations, persons

RULES = default_rules().matching


@given(identities, identities)
def test_the_order_of_two_records_does_not_matter(one: Identity, other: Identity) -> None:
    a, b = features_of(one), features_of(other)

    there, back = score(a, b, RULES), score(b, a, RULES)

    assert there.bits == pytest.approx(back.bits)
    assert (there.vetoes, there.holds) == (back.vetoes, back.holds)
    assert {(e.about, e.level) for e in there.evidence} == {
        (e.about, e.level) for e in back.evidence
    }


@given(persons, persons)
def test_nothing_resembles_a_record_more_than_itself(one: Identity, other: Identity) -> None:
    a, b = features_of(one), features_of(other)
    only_what_both_tell = {seen.about for seen in score(a, b, RULES).weighed}

    itself = {seen.about: seen.bits for seen in score(a, a, RULES).weighed}
    met = {seen.about: seen.bits for seen in score(a, b, RULES).weighed}

    for about in (
        only_what_both_tell & {"document", "sex", "phone", "address", "employer"} & itself.keys()
    ):
        assert itself[about] >= met[about], about


@given(identities, identities)
def test_a_vetoed_or_unproven_pair_is_never_automatic(one: Identity, other: Identity) -> None:
    a, b = features_of(one), features_of(other)

    seen = score(a, b, RULES)

    if seen.vetoes or seen.holds:
        assert band_of(seen, RULES.of_kind(a.kind)) is not Band.AUTOMATIC


@given(identities, identities, st.floats(-60, 40))
def test_a_pair_is_left_without_reasons_only_when_it_stays_below_what_is_asked_for(
    one: Identity, other: Identity, from_bits: float
) -> None:
    a, b = features_of(one), features_of(other)

    whole, asked = score(a, b, RULES), score(a, b, RULES, told_from_bits=from_bits)

    if asked.weighed:
        assert asked == whole
    else:
        assert whole.bits <= asked.bits < from_bits
        assert asked.vetoes == whole.vetoes
    assert whole.bits < from_bits or asked.weighed


@given(identities, identities)
def test_the_explanation_is_the_computation(one: Identity, other: Identity) -> None:
    seen = score(features_of(one), features_of(other), RULES)

    assert sum(reason.bits for reason in seen.evidence) == pytest.approx(seen.bits)


@given(persons, organisations)
def test_a_person_is_never_a_company(person: Identity, company: Identity) -> None:
    seen = score(features_of(person), features_of(company), RULES)

    assert seen.vetoes == ("kind",)


@pytest.mark.parametrize(
    ("rules", "table"),
    [(RULES.person, PERSON_COMPARISONS), (RULES.organisation, ORGANISATION_COMPARISONS)],
)
def test_every_level_of_the_table_has_its_weight(rules, table) -> None:  # type: ignore[no-untyped-def]
    levels = {comparison.name: set(comparison.levels) for comparison in table}

    assert {name: set(weights) for name, weights in rules.weights.items()} == levels


def test_a_rare_name_says_more_than_a_frequent_one() -> None:
    def bits_of_name(full: str) -> float:
        features = features_of(_person(full))
        return score(features, features, RULES).bits

    assert bits_of_name("逄喆") > bits_of_name("王伟") + 8


def test_what_the_shared_number_tells_is_not_counted_again() -> None:
    told = features_of(_person("王晓东", birth_date="1984-02-11", number="110108198402110017"))
    only_shown = features_of(_person("王晓东", number="110108198402110017"))

    seen = {reason.about for reason in score(told, only_shown, RULES).evidence}

    assert "document" in seen
    assert "born_on" not in seen


def test_a_household_does_not_add_up() -> None:
    brother = features_of(_person("陈伟", birth_date="1984-02-11", home=True))
    sister = features_of(_person("陈芳", birth_date="1988-09-17", home=True))

    seen = score(brother, sister, RULES)

    assert seen.bits < RULES.person.review_at_bits


def test_the_sites_of_one_body_are_told_apart_by_their_doors() -> None:
    head_office = features_of(_body("12 Oak Street"))
    same_door = features_of(_body("12 Oak St"))
    other_site = features_of(_body("480 Harbour Road"))

    there, elsewhere = score(head_office, same_door, RULES), score(head_office, other_site, RULES)

    assert there.bits >= RULES.organisation.automatic_at_bits
    assert RULES.organisation.review_at_bits <= elsewhere.bits < 0


def test_a_blank_in_the_wrong_place_does_not_make_another_street() -> None:
    written, slipped = (features_of(_body(line)) for line in ("12 Oakhill Road", "12 Oak Hillroad"))

    levels = {reason.about: reason.level for reason in score(written, slipped, RULES).evidence}

    assert levels["address"] == "same"


def _body(line: str) -> Identity:
    return identity_of(
        {
            "kind": "organisation",
            "names": [{"full": "Marlow House Learning Center"}],
            "phones": [{"number": "312-555-0143"}],
            "addresses": [{"line": line, "city": "Chicago", "postcode": "60608"}],
        }
    )


def _person(
    full: str, *, birth_date: str | None = None, number: str | None = None, home: bool = False
) -> Identity:
    door = {"line": "海淀区中关村大街1号2号楼3单元401室", "city": "北京市"}
    return identity_of(
        {
            "kind": "person",
            "names": [{"full": full}],
            "birth_date": birth_date,
            "documents": [{"kind": "cn_resident_id", "number": number}] if number else [],
            "phones": [{"number": "010-62345678"}] if home else [],
            "addresses": [door] if home else [],
        }
    )


def test_an_equal_spelling_does_not_make_two_written_names_one() -> None:
    one, other = (
        features_of(Person(names=(Name(full=full), Name(full="ZHANG YING"))))
        for full in ("张颖", "张英")
    )

    levels = {reason.about: reason.level for reason in score(one, other, RULES).evidence}

    assert levels["given_name"] == "sound"


def test_names_keyed_in_crossways_weigh_the_same_from_either_side() -> None:
    one = features_of(Person(names=(Name(full="Zhang Wei"),), birth_date="1990-03-07"))
    other = features_of(Person(names=(Name(full="WEI ZHANG"),), birth_date="1990-03-07"))

    there, back = score(one, other, RULES), score(other, one, RULES)

    assert there.bits == pytest.approx(back.bits)
    assert {reason.about for reason in there.evidence} >= {"family_name", "name_order"}
