"""Why a row is refused, said in the words of its file."""

from typing import Any

import pytest

from ecif.identity import RowRefused
from tests.identity.rows import read

LONG = "x" * 1_001


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"org_name": " ", "entity_type": "org"}, "org_name"),
        ({"full_name": "王芳", "entity_type": "cat"}, "entity_type"),
        ({"full_name": LONG}, "full_name"),
        ({"full_name": "王芳", "name_en": LONG}, "name_en"),
        ({"full_name": "王芳", "city": LONG, "postcode": "1"}, "city"),
        ({"full_name": "王芳", "passport": "E1", "id_number": LONG}, "id_number"),
        ({"full_name": "王芳", "passport": "E\x00", "id_number": "1"}, "passport"),
        ({"full_name": "王芳", "phone": "1", "work_phone": LONG}, "work_phone"),
        ({"full_name": "王芳", "employer": "a\x1fb"}, "employer"),
        ({"full_name": "王芳", "branch": LONG}, "extra"),
        ({"full_name": ["王芳"]}, "full_name"),
        ({"full_name": "王芳", "birth_date": LONG}, "birth_date"),
    ],
)
def test_a_refused_row_names_its_column_and_no_value(row: dict[str, Any], field: str) -> None:
    with pytest.raises(RowRefused) as refused:
        read(row)

    assert refused.value.field == field
    assert LONG not in refused.value.reason
    assert "王芳" not in refused.value.reason
