import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecif.security import KeyDestroyed, KeyRing, MasterKeys, SealBroken, Vault

VAULT = Vault(MasterKeys.fresh())
BACK_IN_TIME = MasterKeys(KeyRing(1, {1: bytes(32)}), KeyRing(1, {1: bytes(range(32))}))
GOLDEN_HASH = "d448c4fa9ea48fc7a760a4dbb0fe7823"
GOLDEN_HASH64 = -5293457233520953588
GOLDEN_FINGERPRINT = "e0cbd81934965901bf475b0d9ef8a76651852131b2bbc9b7f2540689d7547ecb"
GOLDEN_WRAPPED = (
    "0100013436a76ccb1bfb925c764d418c1dfa4c7bf0a53c553f7f16794fd8a391"
    "73fd64f5ea1b70634456ab383afad3ee04ee4c1ad328c5567add49db7211d3"
)
GOLDEN_SEALED = "01e970b2a0cdbfa06cfdf17dc7af6b5b3410d3e1ede3bcf12b6e0720aa369481d3ac8c"

texts = st.text(max_size=60)


@given(column=texts, value=st.binary(max_size=500), owner=texts, legal_entity=texts)
def test_what_was_sealed_opens(column: str, value: bytes, owner: str, legal_entity: str) -> None:
    key = VAULT.new_key(legal_entity, owner)

    sealed = key.opener.seal(column, value)

    assert VAULT.opener(legal_entity, owner, key.wrapped).open(column, sealed) == value
    assert len(sealed) == len(value) + 29


def test_the_same_value_never_looks_the_same() -> None:
    opener = VAULT.new_key("main", "customer:1").opener

    assert len({opener.seal("golden", b"same") for _ in range(1_000)}) == 1_000


def test_a_value_does_not_open_in_another_column() -> None:
    opener = VAULT.new_key("main", "customer:1").opener

    with pytest.raises(SealBroken, match="evidence of customer:1"):
        opener.open("evidence", opener.seal("golden", b"secret"))


def test_a_value_does_not_open_for_another_owner_even_under_the_same_data_key() -> None:
    wrapped = VAULT.new_key("main", "customer:1").wrapped
    sealed = VAULT.opener("main", "customer:1", wrapped).seal("golden", b"secret")

    with pytest.raises(SealBroken):
        VAULT.new_key("main", "customer:2").opener.open("golden", sealed)


@pytest.mark.parametrize(
    ("legal_entity", "owner"),
    [("main", "customer:2"), ("other", "customer:1"), ("mai", "ncustomer:1")],
)
def test_a_wrapped_key_belongs_to_one_owner(legal_entity: str, owner: str) -> None:
    wrapped = VAULT.new_key("main", "customer:1").wrapped

    with pytest.raises(SealBroken):
        VAULT.opener(legal_entity, owner, wrapped)


@given(data=st.data(), value=st.binary(max_size=40))
def test_one_flipped_bit_is_noticed(data: st.DataObject, value: bytes) -> None:
    opener = VAULT.new_key("main", "record:1").opener
    sealed = bytearray(opener.seal("payload", value))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(SealBroken):
        opener.open("payload", bytes(sealed))


@given(data=st.data())
def test_one_flipped_bit_of_a_wrapped_key_is_noticed(data: st.DataObject) -> None:
    wrapped = bytearray(VAULT.new_key("main", "record:1").wrapped)
    wrapped[data.draw(st.integers(0, len(wrapped) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(SealBroken):
        VAULT.opener("main", "record:1", bytes(wrapped))


@given(sealed=st.binary(max_size=80))
def test_garbage_is_no_sealed_value(sealed: bytes) -> None:
    opener = VAULT.new_key("main", "record:1").opener

    with pytest.raises(SealBroken):
        opener.open("payload", sealed)
    with pytest.raises(SealBroken):
        VAULT.open_shared("main", "reject.line", "7", sealed)
    with pytest.raises(SealBroken):
        VAULT.opener("main", "record:1", sealed)


def test_every_truncation_is_noticed() -> None:
    opener = VAULT.new_key("main", "record:1").opener
    sealed = opener.seal("payload", b"Zhang Wei")

    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            opener.open("payload", sealed[:length])


def test_a_broken_seal_tells_no_value() -> None:
    opener = VAULT.new_key("main", "record:1").opener
    sealed = opener.seal("payload", b"110101199003070038")

    with pytest.raises(SealBroken) as broken:
        opener.open("names", sealed)

    assert "1101" not in repr(broken.value)
    assert broken.value.__cause__ is None


@given(value=st.binary(max_size=200))
def test_a_shared_value_opens_in_its_own_place(value: bytes) -> None:
    sealed = VAULT.seal_shared("main", "idempotency_key.answer", "abc", value)

    assert VAULT.open_shared("main", "idempotency_key.answer", "abc", sealed) == value


@pytest.mark.parametrize(
    "place",
    [
        ("other", "reject.line", "7"),
        ("main", "idempotency_key.answer", "7"),
        ("main", "reject.line", "8"),
        ("main", "data key", "7"),
    ],
)
def test_a_shared_value_does_not_open_elsewhere(place: tuple[str, str, str]) -> None:
    sealed = VAULT.seal_shared("main", "reject.line", "7", b"secret")

    with pytest.raises(SealBroken):
        VAULT.open_shared(*place, sealed)


def test_a_new_master_key_still_opens_what_the_old_one_wrapped() -> None:
    old = MasterKeys.fresh()
    key = Vault(old).new_key("main", "customer:1")
    sealed = key.opener.seal("golden", b"secret")
    new = Vault(MasterKeys(old.sealing.with_next(), old.hashing))

    rewrapped = new.rewrap("main", "customer:1", key.wrapped)

    assert new.sealing_version == 2
    assert new.opener("main", "customer:1", key.wrapped).open("golden", sealed) == b"secret"
    assert new.opener("main", "customer:1", rewrapped).open("golden", sealed) == b"secret"


def test_a_destroyed_master_key_leaves_nothing_to_read() -> None:
    old = MasterKeys.fresh()
    key = Vault(old).new_key("main", "customer:1")
    new = Vault(MasterKeys(old.sealing.with_next(), old.hashing))
    rewrapped = new.rewrap("main", "customer:1", key.wrapped)
    only_new = Vault(MasterKeys(KeyRing(2, {2: old.sealing.with_next().key(2)}), old.hashing))

    with pytest.raises(KeyDestroyed, match="version 1"):
        only_new.opener("main", "customer:1", key.wrapped)
    with pytest.raises(SealBroken):
        only_new.opener("main", "customer:1", rewrapped)


def test_equal_texts_have_equal_hashes_only_within_one_legal_entity_and_purpose() -> None:
    hashes = {
        VAULT.keyed_hash("main", "document", "110101199003070038"),
        VAULT.keyed_hash("main", "document", "110101199003070038"),
        VAULT.keyed_hash("other", "document", "110101199003070038"),
        VAULT.keyed_hash("main", "phone", "110101199003070038"),
        VAULT.keyed_hash("main", "document", "110101199003070039"),
    }

    assert len(hashes) == 4
    assert {len(value) for value in hashes} == {16}


def test_another_key_gives_other_hashes() -> None:
    other = Vault(MasterKeys.fresh())

    assert VAULT.keyed_hash("main", "document", "1") != other.keyed_hash("main", "document", "1")
    assert VAULT.keyed_hash64("main", "1") != other.keyed_hash64("main", "1")


def test_hashes_stay_what_they_are_from_release_to_release() -> None:
    vault = Vault(BACK_IN_TIME)

    assert vault.keyed_hash("main", "document", "110101199003070038").hex() == GOLDEN_HASH
    assert vault.keyed_hash64("main", "张伟") == GOLDEN_HASH64
    assert vault.fingerprint("main", b"{}").hex() == GOLDEN_FINGERPRINT


def test_values_sealed_by_an_earlier_release_still_open() -> None:
    vault = Vault(BACK_IN_TIME)

    opener = vault.opener("main", "customer:1", bytes.fromhex(GOLDEN_WRAPPED))

    assert opener.open("golden", bytes.fromhex(GOLDEN_SEALED)) == "张伟".encode()


@given(text=texts)
def test_a_short_hash_fits_a_bigint(text: str) -> None:
    assert -(2**63) <= VAULT.keyed_hash64("main", text) < 2**63


def test_old_and_new_hashes_stand_side_by_side_while_keys_change() -> None:
    old = MasterKeys.fresh()
    new = Vault(MasterKeys(old.sealing, old.hashing.with_next()))

    before = Vault(old).keyed_hash64("main", "a")

    assert new.hash_version == 2
    assert new.keyed_hash64("main", "a", version=1) == before
    assert new.keyed_hash64("main", "a") != before
    with pytest.raises(KeyDestroyed):
        new.keyed_hash64("main", "a", version=3)


def test_a_ring_needs_its_current_key_and_keys_of_full_length() -> None:
    with pytest.raises(ValueError, match="current"):
        KeyRing(2, {1: bytes(32)})
    with pytest.raises(ValueError, match="32 bytes"):
        KeyRing(1, {1: bytes(16)})
    with pytest.raises(ValueError, match="1 to 65535"):
        KeyRing(0, {0: bytes(32)})


def test_keys_do_not_show_themselves() -> None:
    keys = MasterKeys(KeyRing(1, {1: b"k" * 32}), KeyRing(1, {1: b"h" * 32}))

    assert "kkkk" not in repr(keys)
    assert "hhhh" not in repr(keys)
