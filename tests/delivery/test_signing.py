import random
import time
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from ecif.delivery import secrets
from ecif.delivery.secrets import Kept, KeptKey, fresh_keys, rotated, signing_at
from ecif.delivery.signing import SigningKey, fresh_key, signed_headers
from ecif.security import MasterKeys, SealBroken, Vault
from ecif.store import Work

BODY = '{"id":"e1","type":"ecif.customer.created.v1","data":{"名":"张"}}'.encode()
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def is_accepted(key: SigningKey, headers: dict[str, str], body: bytes) -> bool:
    """What the published library says."""
    try:
        Webhook(key.text).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def test_the_published_library_accepts_what_we_sign() -> None:
    key = fresh_key("v1")

    headers = signed_headers([key], "e1", int(time.time()), BODY)

    assert is_accepted(key, headers, BODY)


def test_the_signature_is_the_one_of_the_standards_own_example() -> None:
    # Source: the test of the reference libraries, standard-webhooks repository.
    key = SigningKey("v1", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'

    headers = signed_headers([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_none_of_ten_thousand_flipped_bits_is_accepted() -> None:
    key, chance = fresh_key("v1"), random.Random(4)
    headers = signed_headers([key], "e1", int(time.time()), BODY)
    accepted = 0

    for _ in range(10_000):
        body, told = bytearray(BODY), dict(headers)
        match chance.choice(["body", *sorted(headers)]):
            case "body":
                _flip(body, chance)
            case "webhook-signature":
                # Of the signature itself: several texts of base64 stand for the same bytes.
                signature = bytearray(b64decode(headers["webhook-signature"].partition(",")[2]))
                _flip(signature, chance)
                told["webhook-signature"] = f"v1,{b64encode(signature).decode()}"
            case name:
                value = bytearray(headers[name].encode())
                _flip(value, chance)
                told[name] = value.decode("latin-1")
        accepted += is_accepted(key, told, bytes(body))

    assert is_accepted(key, headers, BODY)
    assert accepted == 0


def test_receivers_of_public_keys_verify_without_a_secret() -> None:
    key = fresh_key("v1a")
    headers = signed_headers([key], "e1", 7, BODY)
    version, _, signature = headers["webhook-signature"].partition(",")
    public = Ed25519PublicKey.from_public_bytes(
        b64decode((key.public_text or "").removeprefix("whpk_"))
    )

    public.verify(b64decode(signature), b"e1.7." + BODY)

    assert version == "v1a"
    assert key.text.startswith("whsk_")
    with pytest.raises(InvalidSignature):
        public.verify(b64decode(signature), b"e1.8." + BODY)


def test_secrets_are_as_long_as_the_standard_asks() -> None:
    assert 24 <= len(b64decode(fresh_key("v1").text.removeprefix("whsec_"))) <= 64
    assert fresh_key("v1") != fresh_key("v1")


def test_for_a_day_after_a_rotation_both_keys_sign() -> None:
    old = fresh_keys(["v1"])

    keys = rotated(old, NOW)
    within = signing_at(keys, NOW + timedelta(hours=23, minutes=59))
    after = signing_at(keys, NOW + timedelta(hours=24))

    headers = signed_headers(within, "e1", int(time.time()), BODY)
    assert [is_accepted(each.key, headers, BODY) for each in (*old, keys[0])] == [True, True]
    assert after == [keys[0].key]


def test_a_second_rotation_forgets_the_first_keys() -> None:
    first = fresh_keys(["v1"])

    keys = rotated(rotated(first, NOW), NOW + timedelta(hours=1))

    assert len(keys) == 2
    assert first[0].key not in [each.key for each in keys]


def test_secrets_are_sealed_for_their_subscription() -> None:
    vault, one, other = Vault(MasterKeys.fresh()), Work.new_id(), Work.new_id()
    keys = [KeptKey(fresh_key("v1"), NOW), *fresh_keys(["v1a"])]

    kept = Kept(keys, {"password": "correct horse"})

    sealed = secrets.seal_secrets(vault, "main", one, kept)

    assert secrets.open_secrets(vault, "main", one, sealed) == kept
    assert keys[0].key.text.encode() not in sealed
    assert b"correct horse" not in sealed
    with pytest.raises(SealBroken):
        secrets.open_secrets(vault, "main", other, sealed)


def _flip(value: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(value))
    value[place] ^= 1 << chance.randrange(8)
