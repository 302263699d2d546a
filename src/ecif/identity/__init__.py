"""What can be said about a person or an organisation?"""

from ecif.identity.addresses import (
    PostalAddress,
    address_of,
    chinese_postcode_of,
    told_places_of,
    with_places,
)
from ecif.identity.bare_parts import bare_address, bare_documents, bare_identity, bare_name
from ecif.identity.check_digits import (
    PAST_HUNDRED,
    RESIDENT_CHECKS,
    RESIDENT_WEIGHTS,
    UNIFIED_CHARACTERS,
    UNIFIED_WEIGHTS,
)
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
from ecif.identity.document_numbers import DocumentNumber
from ecif.identity.documents import document_number_of
from ecif.identity.flags import Flag, flags_of, is_weak
from ecif.identity.latin_names import SpelledWord, spelled_word_of
from ecif.identity.names import PersonName, person_name_of
from ecif.identity.organisations import OrganisationName, brand_of, organisation_name_of
from ecif.identity.pinyin import reading_of
from ecif.identity.plain_forms import (
    PLAIN,
    AddressHead,
    address_head_of,
    district_head_of,
    given_sound_of,
    plain_text_of,
    road_head_of,
    surname_sound_of,
)
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
    identity_of,
)
from ecif.identity.resident_numbers import BIRTH_YEARS

__all__ = [
    "ADDRESS_PARTS",
    "BIRTH_YEARS",
    "DOCUMENT_KINDS",
    "DOCUMENT_WORDS",
    "IGNORED",
    "MAX_FIELD_CHARACTERS",
    "NAME_PARTS",
    "NAME_WORDS",
    "OTHER_NAMES",
    "PAST_HUNDRED",
    "PHONES",
    "PLAIN",
    "RESIDENT_CHECKS",
    "RESIDENT_WEIGHTS",
    "UNIFIED_CHARACTERS",
    "UNIFIED_WEIGHTS",
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
    "SpelledWord",
    "address_head_of",
    "address_of",
    "addresses_told",
    "bare_address",
    "bare_documents",
    "bare_identity",
    "bare_name",
    "brand_of",
    "chinese_postcode_of",
    "column_names_of",
    "district_head_of",
    "document_number_of",
    "email_of",
    "flags_of",
    "given_sound_of",
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
    "plain_text_of",
    "reading_of",
    "road_head_of",
    "sex_of",
    "source_key",
    "spelled_word_of",
    "surname_sound_of",
    "system_name",
    "told_places_of",
    "whole_number",
    "with_places",
]
