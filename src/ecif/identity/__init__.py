"""What can be said about a person or an organisation?"""

from ecif.identity.addresses import PostalAddress, address_of
from ecif.identity.column_texts import (
    RowRefused,
    moment,
    source_key,
    system_name,
    whole_number,
)
from ecif.identity.column_words import (
    NAME_WORDS,
    WORDS_OF_PARTS,
    ColumnNames,
    MappingUnreadable,
    column_names_of,
)
from ecif.identity.columns import Columns, ColumnsNotUnderstood, Row, kind_of
from ecif.identity.contacts import EmailAddress, PhoneNumber, email_of, phone_of
from ecif.identity.dates import is_placeholder_date, partial_date_of
from ecif.identity.document_kinds import DOCUMENT_KINDS, DocumentKind, is_known_kind
from ecif.identity.documents import DocumentNumber, document_number_of
from ecif.identity.flags import Flag, flags_of, is_weak
from ecif.identity.names import PersonName, person_name_of
from ecif.identity.organisations import OrganisationName, organisation_name_of
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
    bare_identity,
    identity_of,
)

__all__ = [
    "DOCUMENT_KINDS",
    "MAX_FIELD_CHARACTERS",
    "NAME_WORDS",
    "WORDS_OF_PARTS",
    "Address",
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
    "address_of",
    "bare_identity",
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
    "source_key",
    "system_name",
    "whole_number",
]
