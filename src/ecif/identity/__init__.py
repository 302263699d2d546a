"""What can be said about a person or an organisation?"""

from ecif.identity.profile import (
    Address,
    Document,
    Email,
    Identity,
    Name,
    Organisation,
    PartialDate,
    Person,
    Phone,
    identity_of,
)

__all__ = [
    "Address",
    "Document",
    "Email",
    "Identity",
    "Name",
    "Organisation",
    "PartialDate",
    "Person",
    "Phone",
    "identity_of",
]
