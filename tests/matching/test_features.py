"""Features: computed once, packed without loss, with keys that bring the right records together."""

from collections import Counter

from hypothesis import given

from ecif.identity import Document, Identity, Name, Person
from ecif.matching import Features, features_of, refined_keys
from ecif.matching.keys import MAX_KEYS
from tests.matching.people import identities


@given(identities)
def test_packed_features_come_back_equal(identity: Identity) -> None:
    features = features_of(identity)

    assert Features.unpacked(features.packed()) == features


@given(identities)
def test_keys_are_few_distinct_and_sorted(identity: Identity) -> None:
    keys = features_of(identity).keys

    assert list(keys) == sorted(set(keys))
    assert 0 < len(keys) <= MAX_KEYS


@given(identities)
def test_every_key_begins_with_its_kind(identity: Identity) -> None:
    assert all(
        ":" in key and key.split(":")[0].replace("+", "").isalpha()
        for key in features_of(identity).keys
    )


@given(identities)
def test_every_valid_document_has_a_key(identity: Identity) -> None:
    features = features_of(identity)

    for form in features.documents:
        assert f"document:{form.series}:{form.line}" in features.keys


@given(identities)
def test_refined_keys_are_finer_forms_of_the_key(identity: Identity) -> None:
    features = features_of(identity)

    for key in features.keys:
        assert all(refined.startswith(f"{key}|") for refined in refined_keys(key, features))


def test_a_valid_number_tells_birth_date_and_sex_that_the_record_leaves_out() -> None:
    number = Document(kind="cn_resident_id", number="110108198402110017")

    features = features_of(Person(names=(Name(full="王晓东"),), documents=(number,)))

    assert [(birth.date, birth.told, birth.proven) for birth in features.births] == [
        ("1984-02-11", False, True)
    ]
    assert (features.sex, features.sex_told) == ("male", False)


def test_a_mistyped_number_tells_nothing() -> None:
    number = Document(kind="cn_resident_id", number="110108198402110018")

    features = features_of(Person(names=(Name(full="王晓东"),), documents=(number,)))

    assert features.births == ()
    assert features.sex is None


def test_a_name_meets_its_pinyin_in_either_order() -> None:
    written = [Name(full=full) for full in ("刘雪梅", "LIU XUEMEI", "Xuemei Liu", "liuxuemei")]

    keys = Counter(key for name in written for key in features_of(Person(names=(name,))).keys)

    assert max(keys.values()) == len(written)
