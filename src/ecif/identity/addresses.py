"""Postal addresses in one comparable form, whether structured or written out."""

import re
import unicodedata
from dataclasses import dataclass

from ecif.identity.profile import Address


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """One postal address, taken apart; "" where it does not tell.

    `numbers` are house, building, unit and room, in that order, as far as they are told.
    """

    region: str
    city: str
    district: str
    street: str
    numbers: tuple[str, ...]
    normal: str
    postcode: str


def address_of(address: Address) -> PostalAddress:
    """The comparable form of a postal address."""
    told = (address.region, address.city, address.district, address.street_no, address.line, address.line2)
    normal = unicodedata.normalize("NFKC", " ".join(filter(None, told))).lower()
    return PostalAddress(
        address.region or "",
        address.city or "",
        address.district or "",
        address.line or "",
        tuple(re.findall(r"\d+", normal)),
        normal,
        address.postcode or "",
    )
