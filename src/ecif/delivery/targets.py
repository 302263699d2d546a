"""Where a subscription sends: the shape of each kind of target, and the way out that it opens."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ecif.delivery.addresses import AddressNotAllowed, place_of
from ecif.delivery.places import Held
from ecif.delivery.secrets import open_keys
from ecif.delivery.signing import Scheme
from ecif.delivery.sink import Handed, Message, Outcome, Sink
from ecif.delivery.webhook import Outside, Webhook
from ecif.security import KeyDestroyed, SealBroken, Vault


class WebhookTarget(BaseModel):
    """An HTTPS address that takes one event per POST, signed as Standard Webhooks says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["webhook"]
    url: Annotated[
        str, Field(min_length=1, max_length=2_000, examples=["https://crm.bank.example/hooks/ecif"])
    ]
    signatures: Annotated[
        list[Scheme],
        Field(
            min_length=1,
            max_length=2,
            description="`v1`: HMAC-SHA256 with a shared secret; `v1a`: Ed25519, verified with a public key.",
        ),
    ] = ["v1"]


Target = WebhookTarget


@dataclass(frozen=True, slots=True)
class WaysOut:
    """How this installation reaches subscribers; the worker and the door that tests a target hold one each."""

    vault: Vault
    outside: Outside

    def check(self, target: Target) -> None:
        """Refuse what is never reached from here.

        Raises:
            AddressNotAllowed: Deliveries may not go there.
        """
        place_of(target.url, self.outside.allowed)

    def open(self, subscription: Held) -> Sink:
        """The way to a subscription's target; where there is none any more, one on which nothing arrives."""
        try:
            keys = open_keys(
                self.vault, subscription.legal_entity, subscription.id, subscription.secrets
            )
            place = place_of(subscription.target["url"], self.outside.allowed)
        except AddressNotAllowed:
            return Closed("address-not-allowed")
        except (SealBroken, KeyDestroyed):
            return Closed("no-keys")
        return Webhook(place, keys, self.outside)


@dataclass(frozen=True, slots=True)
class Closed:
    """A way out that is closed, and why: its events wait as they do for any endpoint that is not reached."""

    reason: str

    async def send(self, message: Message) -> Outcome:  # noqa: ARG002  # nothing is sent
        """Say why nothing is sent."""
        return Outcome(Handed.RETRY, self.reason)

    async def close(self) -> None:
        """There is nothing to let go of."""
