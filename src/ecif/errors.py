"""Every refusal: its HTTP status, its slug and one sentence.

    Refusal
    ├── NotFound            404
    ├── Conflict            409
    ├── PreconditionFailed  412
    ├── PreconditionNeeded  428
    ├── Unprocessable       422
    ├── Forbidden           403
    └── Unauthenticated     401

A refusal is an expected no. It rolls the transaction back, always. Its text holds ids only, never personal values.
"""

from typing import Any, ClassVar


class Refusal(Exception):
    """An expected no, told in the bank's words; the door renders it."""

    status: ClassVar[int] = 400
    slug: ClassVar[str] = "refused"
    title: ClassVar[str] = "The request was refused."

    def __init__(self, detail: str | None = None, **facts: Any) -> None:
        """Refuse.

        Args:
            detail: One sentence about this case, with ids only.
            facts: Extension members of the problem document, JSON values without personal data.
        """
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts


class BadRequest(Refusal):
    """The request cannot be understood as it stands."""

    slug = "bad-request"


class Unauthenticated(Refusal):
    """No valid token came with the request."""

    status = 401
    slug = "unauthenticated"
    title = "A valid bearer token is needed."


class InvalidToken(Unauthenticated):
    """The bearer token is forged, expired, or meant for somebody else."""

    slug = "invalid-token"
    title = "The bearer token is not valid."


class UnknownSigningKey(InvalidToken):
    """The token names a key its issuer has not shown us; fetching the key set again may help."""

    slug = "unknown-signing-key"
    title = "The bearer token is signed with an unknown key."


class Forbidden(Refusal):
    """The caller is known but may not do this."""

    status = 403
    slug = "forbidden"
    title = "The token does not carry the scope that this call needs."


class MissingScope(Forbidden):
    """The caller's token lacks the scope that `facts["scope"]` names."""

    slug = "missing-scope"


class NotFound(Refusal):
    """There is no such thing."""

    status = 404
    slug = "not-found"
    title = "There is nothing at this address."


class CustomerNotFound(NotFound):
    """This customer number was never given."""

    slug = "customer-not-found"
    title = "No customer has ever had this number."


class RecordNotFound(NotFound):
    """This source system never sent a record under this key, or has deleted it."""

    slug = "record-not-found"
    title = "This source system has no record under this key."


class Conflict(Refusal):
    """The state of things forbids it."""

    status = 409
    slug = "conflict"
    title = "The state of the customer does not allow this."


class StaleRecord(Conflict):
    """A newer version from the same source is already here."""

    slug = "stale-record"
    title = "A newer version of this source record is already stored."


class PreconditionFailed(Refusal):
    """The customer has changed since the caller looked."""

    status = 412
    slug = "stale-version"
    title = "The customer has changed; read it again and repeat with its present ETag."


class PreconditionNeeded(Refusal):
    """The call needs `If-Match`."""

    status = 428
    slug = "precondition-required"
    title = "Send the customer's ETag in If-Match."


class Unprocessable(Refusal):
    """The body is malformed; each bad field is named."""

    status = 422
    slug = "invalid-body"
    title = "The body is not valid."


class Busy(Refusal):
    """Too much is going on; the same request may be sent again soon."""

    status = 503
    slug = "busy"
    title = "The service is busy; send the request again shortly."
