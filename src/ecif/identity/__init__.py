"""What can be said about a person or an organisation?"""

from ecif.identity.addresses import (
    PostalAddress,
    address_of,
    chinese_postcode_of,
    told_places_of,
    with_places,
)
from ecif.identity.check_digits import RESIDENT_CHECKS, RESIDENT_WEIGHTS
from ecif.identity.column_meanings import addresses_told, kind_of, sex_of
from ecif.identity.column_texts import (
    RowRefused,
    moment,
    source_key,
    system_name,
    whole_number,
)
from ecif.identity.column_words import (
    ADDRESS_PARTS,
    DOCUMENT_WORDS,
    IGNORED,
    NAME_PARTS,
    NAME_WORDS,
    OTHER_NAMES,
    PHONES,
    ColumnNames,
    MappingUnreadable,
    column_names_of,
)
from ecif.identity.columns import Columns, ColumnsNotUnderstood, Row
from ecif.identity.contacts import EmailAddress, PhoneNumber, email_of, phone_of
from ecif.identity.dates import is_placeholder_date, partial_date_of
from ecif.identity.document_kinds import DOCUMENT_KINDS, DocumentKind, is_known_kind
from ecif.identity.documents import DocumentNumber, document_number_of
from ecif.identity.flags import Flag, flags_of, is_weak
from ecif.identity.names import PersonName, person_name_of
from ecif.identity.organisations import OrganisationName, organisation_name_of
from ecif.identity.plain_forms import PLAIN, AddressHead, address_head_of
from ecif.identity.profile import (
    MAX_FIELD_CHARACTERS,
    Address,
    Document,
    Email,
    Identity,
    Name,
    Organisation,
    PartialDate,
    Person,
    Phone,
    bare_address,
    bare_documents,
    bare_identity,
    bare_name,
    identity_of,
)

__all__ = [
    "ADDRESS_PARTS",
    "DOCUMENT_KINDS",
    "DOCUMENT_WORDS",
    "IGNORED",
    "MAX_FIELD_CHARACTERS",
    "NAME_PARTS",
    "NAME_WORDS",
    "OTHER_NAMES",
    "PHONES",
    "PLAIN",
    "RESIDENT_CHECKS",
    "RESIDENT_WEIGHTS",
    "Address",
    "AddressHead",
    "ColumnNames",
    "Columns",
    "ColumnsNotUnderstood",
    "Document",
    "DocumentKind",
    "DocumentNumber",
    "Email",
    "EmailAddress",
    "Flag",
    "Identity",
    "MappingUnreadable",
    "Name",
    "Organisation",
    "OrganisationName",
    "PartialDate",
    "Person",
    "PersonName",
    "Phone",
    "PhoneNumber",
    "PostalAddress",
    "Row",
    "RowRefused",
    "address_head_of",
    "address_of",
    "addresses_told",
    "bare_address",
    "bare_documents",
    "bare_identity",
    "bare_name",
    "chinese_postcode_of",
    "column_names_of",
    "document_number_of",
    "email_of",
    "flags_of",
    "identity_of",
    "is_known_kind",
    "is_placeholder_date",
    "is_weak",
    "kind_of",
    "moment",
    "organisation_name_of",
    "partial_date_of",
    "person_name_of",
    "phone_of",
    "sex_of",
    "source_key",
    "system_name",
    "told_places_of",
    "whole_number",
    "with_places",
]
