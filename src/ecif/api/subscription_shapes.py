"""What integration teams send to subscribe, to change a subscription, and to replay."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, StringConstraints, model_validator

from ecif.api.bodies import Body, Moment, SystemName
from ecif.delivery import Target
from ecif.store import Cursor

_TYPE = r"^ecif\.[a-z_]{1,40}\.[a-z_]{1,40}\.v[0-9]{1,3}$"
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    Field(pattern=r"^[^\x00-\x1f\x7f]+$", examples=["CRM"]),
]
Types = Annotated[
    list[Annotated[str, Field(pattern=_TYPE)]] | None,
    Field(
        min_length=1,
        max_length=50,
        description="Only these types; without it all.",
        examples=[["ecif.customer.merged.v1"]],
    ),
]
Systems = Annotated[
    list[SystemName] | None,
    Field(
        min_length=1,
        max_length=50,
        description="Only customers that have, or have had, a record of one of these systems.",
    ),
]
Kinds = Annotated[
    list[Literal["person", "organisation"]] | None,
    Field(min_length=1, max_length=2, description="Only customers of these kinds."),
]
Content = Annotated[
    Literal["ids", "masked", "full"],
    Field(
        description="What an event says of its customer: ids and field names; or also the customer as of its version, "
        "masked, or in clear (needs `customers:reveal`)."
    ),
]
CursorText = Annotated[str, Field(max_length=100, examples=["1.42"])]


class PlaceBody(Body):
    """A place in the feed: after a cursor, or from a time on."""

    cursor: CursorText | None = None
    time: Moment | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "PlaceBody":
        if (self.cursor is None) == (self.time is None):
            raise ValueError("give either `cursor` or `time`")
        return self

    def place(self) -> Cursor | datetime:
        """The place.

        Raises:
            BadRequest: The cursor is none.
        """
        if self.cursor is not None:
            return Cursor.of(self.cursor)
        assert self.time is not None  # noqa: S101  # one of the two is given
        return self.time


class _WithCredentials(Body):
    """A body that may hold what a broker asks for; it is sealed and never shown again."""

    credentials: Annotated[
        dict[
            Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")],
            Annotated[SecretStr, Field(max_length=20_000)],
        ]
        | None,
        Field(
            max_length=10,
            description="What the broker asks for, such as `username` and `password`.",
        ),
    ] = None

    def plain_credentials(self) -> dict[str, str]:
        """In clear, for sealing."""
        return {name: each.get_secret_value() for name, each in (self.credentials or {}).items()}


class SubscriptionBody(_WithCredentials):
    """Who wants to be told, of what, and from where on."""

    name: Name
    target: Target
    types: Types = None
    source_systems: Systems = None
    kinds: Kinds = None
    content: Content = "ids"
    start: Literal["now", "beginning"] | PlaceBody = "now"


class SubscriptionChangeBody(_WithCredentials):
    """What is to be otherwise; what is left out stays. `status` pauses and resumes; null chooses everything."""

    name: Name | None = None
    target: Target | None = None
    types: Types = None
    source_systems: Systems = None
    kinds: Kinds = None
    content: Content | None = None
    status: Literal["active", "paused"] | None = None

    def said(self) -> dict[str, Any]:
        """What is to be otherwise."""
        may_be_null = ("types", "source_systems", "kinds")
        plain = self.model_dump(mode="json", include=self.model_fields_set)
        if self.credentials is not None:
            plain["credentials"] = self.plain_credentials()
        return {
            name: value for name, value in plain.items() if value is not None or name in may_be_null
        }


class ReplayBody(Body):
    """From where to send again: everything after a cursor or since a time, or one event by its position."""

    cursor: CursorText | None = None
    time: Moment | None = None
    position: Annotated[int | None, Field(strict=True, ge=1, le=2**63 - 1)] = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "ReplayBody":
        if [self.cursor, self.time, self.position].count(None) != 2:
            raise ValueError("give one of `cursor`, `time` and `position`")
        return self
