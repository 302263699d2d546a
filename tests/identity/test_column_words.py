"""A bank's own names for the columns of its files."""

import pytest

from ecif.identity import MappingUnreadable, column_names_of
from tests.identity.rows import read


def test_a_mapping_names_columns_constants_and_what_is_not_kept() -> None:
    mapping = """
    columns: {NAME1: family_name, NAME2: given_name, TEL1: phone, TEL2: phone, MEMO: ignore}
    constants: {entity_type: person, country: DE}
    """
    row = {"NAME1": "Meier", "NAME2": "Anna", "TEL1": "030 1", "TEL2": "030 2", "MEMO": "x"}

    said = read({**row, "postcode": "10115"}, mapping=mapping)

    assert (said.names[0].family, said.names[0].given) == ("Meier", "Anna")
    assert [phone.number for phone in said.phones] == ["030 1", "030 2"]
    assert said.addresses[0].country == "DE"
    assert said.extra == {}


@pytest.mark.parametrize(
    "mapping",
    ["columns: [a]", "columns: {A: surname}", "constants: {surname: x}", "names: {}", "- a", "{"],
)
def test_an_unreadable_mapping_is_refused(mapping: str) -> None:
    with pytest.raises(MappingUnreadable):
        column_names_of(mapping)
