"""One record as matching sees it: plain comparable values, packed and unpacked without loss."""

from typing import Any, NamedTuple

import orjson


class PersonForm(NamedTuple):
    """One name of a person as it is compared; "" where the name does not tell a part.

    `family` and `given` are hanzi for Chinese names and lower-case letters otherwise; the sounds are
    lower-case letters without spaces for both, so that hanzi meet pinyin there.
    """

    family: str
    given: str
    family_sound: str
    given_sound: str
    sound: str
    is_han: bool


class OrganisationForm(NamedTuple):
    """One name of an organisation as it is compared."""

    normal: str
    core: str
    region: str
    branch: str
    sound: str
    tokens: tuple[str, ...]


class DocumentForm(NamedTuple):
    """One document number; `line` is equal for numbers that succeed each other.

    `series` is its kind; organisation codes and the unified codes that contain them are one series.
    """

    series: str
    line: str
    valid: bool


class BirthForm(NamedTuple):
    """A birth date, or the day an organisation was established: a day, a month or a year.

    `told`: the record itself says so. `proven`: a valid identity number says so.
    """

    date: str
    told: bool
    proven: bool


class AddressForm(NamedTuple):
    """One postal address; "" where it does not tell a part."""

    region: str
    city: str
    district: str
    street: str
    numbers: tuple[str, ...]
    normal: str
    postcode: str
    estate: str = ""


class Features(NamedTuple):
    """One record, computed once by `features_of`.

    `births` is what the record tells and what its identity number tells, once if both agree; `sex_told` says whether
    the record itself tells the sex. `weak`: it says a name alone. `keys` are the plain blocking keys: records that
    share none are never compared.
    """

    kind: str
    persons: tuple[PersonForm, ...] = ()
    organisations: tuple[OrganisationForm, ...] = ()
    documents: tuple[DocumentForm, ...] = ()
    births: tuple[BirthForm, ...] = ()
    sex: str | None = None
    sex_told: bool = False
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    addresses: tuple[AddressForm, ...] = ()
    employer: OrganisationForm | None = None
    representative: PersonForm | None = None
    weak: bool = False
    keys: tuple[str, ...] = ()

    def packed(self) -> bytes:
        """The values as compact JSON, without their names; `unpacked` gives back an equal value."""
        return orjson.dumps(self, default=tuple)

    @classmethod
    def unpacked(cls, packed: bytes) -> "Features":
        """Read back what `packed` wrote."""
        told = orjson.loads(packed)
        # By their places: a record has some twenty of these forms, and every candidate of a message is read back.
        return _made(
            cls,
            (
                told[0],
                tuple([_made(PersonForm, form) for form in told[1]]),
                tuple([_organisation(form) for form in told[2]]),
                tuple([_made(DocumentForm, form) for form in told[3]]),
                tuple([_made(BirthForm, form) for form in told[4]]),
                told[5],
                told[6],
                tuple(told[7]),
                tuple(told[8]),
                tuple([_address(form) for form in told[9]]),
                told[10] and _organisation(told[10]),
                told[11] and _made(PersonForm, told[11]),
                told[12],
                tuple(told[13]),
            ),
        )


_made = tuple.__new__


def _organisation(form: list[Any]) -> OrganisationForm:
    form[5] = tuple(form[5])
    return _made(OrganisationForm, form)


def _address(form: list[Any]) -> AddressForm:
    form[4] = tuple(form[4])
    return _made(AddressForm, form)
