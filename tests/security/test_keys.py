import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from ecif.security import InstallationKeys, Vault

KEYS = InstallationKeys.fresh()


def test_a_key_file_gives_back_the_same_keys() -> None:
    again = InstallationKeys.of(KEYS.text)

    assert again.master == KEYS.master
    assert again.text == KEYS.text
    key = Vault(KEYS.master).new_key("main", "record:1")
    sealed = key.opener.seal("payload", b"x")
    assert (
        Vault(again.master).opener("main", "record:1", key.wrapped).open("payload", sealed) == b"x"
    )


def test_two_installations_share_no_key() -> None:
    other = InstallationKeys.fresh()

    assert other.master.sealing.key(1) != KEYS.master.sealing.key(1)
    assert other.master.sealing.key(1) != other.master.hashing.key(1)
    assert other.text != KEYS.text


@given(cut=st.integers(min_value=0, max_value=len(KEYS.text) - 2))
def test_a_damaged_key_file_is_refused_without_showing_it(cut: int) -> None:
    with pytest.raises(ValueError, match="key file") as refused:
        InstallationKeys.of(KEYS.text[:cut])

    assert refused.value.__suppress_context__
    assert str(refused.value) == "this is not a key file of format 1, or it is damaged"


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"sealing": {"current": 1, "keys": {"1": "AAAA"}}},
        {"sealing": {"current": 2, "keys": {}}},
        {"hashing": None},
        {"hashing": {"current": "x", "keys": {}}},
        {"signing_key": "-----BEGIN PRIVATE KEY-----"},
        {"signing_key": 7},
    ],
)
def test_a_wrong_part_of_a_key_file_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="key file"):
        InstallationKeys.of(json.dumps({**json.loads(KEYS.text), **change}))


@pytest.mark.parametrize("text", ["", "null", "[]", "7", '"x"', "[" * 100_000])
def test_other_files_are_no_key_files(text: str) -> None:
    with pytest.raises(ValueError, match="key file"):
        InstallationKeys.of(text)


def test_the_signing_key_must_be_of_the_right_kind() -> None:
    pem = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    text = json.dumps({**json.loads(KEYS.text), "signing_key": pem.decode()})

    with pytest.raises(ValueError, match="Ed25519"):
        InstallationKeys.of(text)


def test_keys_do_not_show_themselves() -> None:
    assert "Private" not in repr(KEYS)
    assert "b'" not in repr(KEYS)
