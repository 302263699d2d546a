"""Where webhooks may not go: a corpus of addresses, spellings and names, none of which is ever connected to."""

import socket
import tomllib
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest

from ecif.delivery.addresses import AddressNotAllowed, Allowed, is_special, place_of
from ecif.delivery.secrets import KeptKey
from ecif.delivery.signing import fresh_key
from ecif.delivery.sink import Handed, Message
from ecif.delivery.webhook import Outside, Webhook
from tests.delivery.receiver import open_receiver

PUBLIC = Allowed()
ANYTHING = Allowed(http=True)
MESSAGE = Message("e1", 1, "ecif.customer.created.v1", None, b"{}")

CORPUS = {
    name: text.split()
    for name, text in tomllib.loads(
        (Path(__file__).parent / "addresses.toml").read_text(encoding="utf-8")
    ).items()
}
SPECIAL_IPV4, SPECIAL_IPV6 = CORPUS["special_ipv4"], CORPUS["special_ipv6"]
ODD_URLS, SPELT_ODDLY, ORDINARY = CORPUS["odd_urls"], CORPUS["spelt_oddly"], CORPUS["ordinary"]
MAPPED = [f"::ffff:{each}" for each in SPECIAL_IPV4]


@pytest.mark.parametrize("written", SPECIAL_IPV4 + SPECIAL_IPV6 + MAPPED)
def test_a_special_address_is_never_connected_to(written: str) -> None:
    assert is_special(ip_address(written))
    assert not PUBLIC.may_connect(ip_address(written), 443)


@pytest.mark.parametrize("written", ORDINARY)
def test_an_ordinary_address_is_reached_at_the_ports_of_https(written: str) -> None:
    address = ip_address(written)

    assert PUBLIC.may_connect(address, 443)
    assert not PUBLIC.may_connect(address, 22)
    assert not PUBLIC.may_connect(address, 80)


@pytest.mark.parametrize("url", ODD_URLS)
def test_an_odd_url_is_not_taken(url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        place_of(url, PUBLIC)


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://crm.bank.example/hooks/ecif?a=1", "crm.bank.example", "/hooks/ecif?a=1"),
        ("https://CRM.bank.example:8443", "crm.bank.example:8443", "/"),
        ("https://[2606:4700:4700::1111]/x", "[2606:4700:4700::1111]", "/x"),
        ("https://xn--mnchen-3ya.example./", "xn--mnchen-3ya.example.", "/"),
    ],
)
def test_a_plain_url_is_read(url: str, authority: str, path: str) -> None:
    place = place_of(url, PUBLIC)

    assert (place.authority, place.path, place.is_tls) == (authority, path, True)


def test_the_corpus_is_large_enough() -> None:
    cases = {*SPECIAL_IPV4, *SPECIAL_IPV6, *MAPPED, *ODD_URLS, *SPELT_ODDLY}

    assert len(cases) >= 250


async def test_no_spelling_of_a_forbidden_address_is_connected_to() -> None:
    """Names that the machine's own resolver reads as addresses: judged after they are resolved."""
    async with open_receiver() as sensor:
        port = int(sensor.url.rpartition(":")[2].partition("/")[0])
        outcomes = [
            await _sent(f"http://{host}:{port}/hook", Outside(allowed=ANYTHING))
            for host in SPELT_ODDLY
        ]

    assert set(outcomes) <= {"address-not-allowed", "no-address"}
    assert sensor.connections == 0


@pytest.mark.parametrize("written", [*SPECIAL_IPV4, *SPECIAL_IPV6])
async def test_no_name_that_leads_to_a_forbidden_address_is_followed(written: str) -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return [written]

    outside = Outside(allowed=ANYTHING, resolve=resolver)

    assert await _sent("https://crm.bank.example/hook", outside) == "address-not-allowed"


async def test_a_name_that_changes_its_address_is_judged_at_every_connection() -> None:
    closing = b"HTTP/1.1 204 x\r\nConnection: close\r\n\r\n"
    async with open_receiver(lambda _: closing) as near, open_receiver() as sensor:
        port = int(near.url.rpartition(":")[2].partition("/")[0])
        answers = iter([["127.0.0.1"], ["127.0.0.9"], ["127.0.0.1", "127.0.0.9"]])

        async def resolver(host: str, _port: int) -> Sequence[str]:
            return next(answers)

        outside = Outside(allowed=Allowed.of(["127.0.0.1/32"], http=True), resolve=resolver)
        place = place_of(f"http://crm.bank.example:{port}/", outside.allowed)
        webhook = Webhook(place, [KeptKey(fresh_key("v1"))], outside)
        outcomes = [(await webhook.send(MESSAGE)).reason for _ in range(3)]
        await webhook.close()

    assert outcomes == ["accepted", "address-not-allowed", "accepted"]
    assert sensor.connections == 0


async def test_no_proxy_of_the_environment_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Proxy variables of the environment lead nowhere: connections are made to the judged address alone."""
    async with open_receiver() as sensor:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, sensor.url)

        async def resolver(host: str, port: int) -> Sequence[str]:
            raise socket.gaierror

        outside = Outside(allowed=PUBLIC, resolve=resolver)
        reason = await _sent("https://crm.bank.example/", outside)

    assert (reason, sensor.connections) == ("no-address", 0)


async def _sent(url: str, outside: Outside) -> str:
    place = place_of(url, Allowed(outside.allowed.networks, http=True))
    webhook = Webhook(place, [KeptKey(fresh_key("v1"))], outside)
    outcome = await webhook.send(MESSAGE)
    await webhook.close()
    assert outcome.handed is Handed.RETRY
    return outcome.reason
