"""Over TLS: the certificate is checked against the name in the URL, at the address that was judged."""

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from ecif.delivery.addresses import Allowed, place_of
from ecif.delivery.secrets import KeptKey
from ecif.delivery.signing import fresh_key
from ecif.delivery.sink import Message
from ecif.delivery.webhook import Outside, Webhook
from tests.delivery.receiver import Receiver, open_receiver

NAME = "crm.bank.example"
MESSAGE = Message("e1", 1, "ecif.customer.created.v1", None, b"{}")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of the bank's own for `NAME`, with its key."""
    key, now = generate_private_key(SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path / "certificate.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


@asynccontextmanager
async def secured(certificate: Path) -> AsyncIterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with open_receiver(tls=context) as receiver:
        yield receiver


def webhook_of(receiver: Receiver, host: str, tls: ssl.SSLContext) -> Webhook:
    async def resolver(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    outside = Outside(allowed=Allowed.of(["127.0.0.0/8"]), resolve=resolver, tls=tls)
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    place = place_of(f"https://{host}:{port}/hook", outside.allowed)
    return Webhook(place, [KeptKey(fresh_key("v1"))], outside)


@pytest.mark.parametrize(
    ("host", "is_believed", "reason"),
    [
        (NAME, True, "accepted"),
        (f"{NAME}.", True, "accepted"),
        ("other.bank.example", True, "tls-failed"),
        (NAME, False, "tls-failed"),
    ],
)
async def test_only_the_named_and_believed_receiver_gets_the_event(
    certificate: Path, host: str, is_believed: bool, reason: str
) -> None:
    believed = ssl.create_default_context(cafile=str(certificate) if is_believed else None)
    async with secured(certificate) as receiver:
        webhook = webhook_of(receiver, host, believed)

        outcome = await webhook.send(MESSAGE)
        await webhook.close()

    assert outcome.reason == reason
    assert len(receiver.got) == (reason == "accepted")
