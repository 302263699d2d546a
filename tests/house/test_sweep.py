from pathlib import Path

import pytest

from tests import sweep


@pytest.mark.parametrize("canary", sweep.CANARIES)
@pytest.mark.parametrize("spell", [str, str.upper, str.lower])
def test_the_sweep_finds_what_was_left_behind(tmp_path: Path, canary: str, spell: type) -> None:
    (tmp_path / "16384").write_bytes(b"\x00\xff" + spell(canary).encode() + b"\x00")
    (tmp_path / "clean.log").write_text("customer 10000000018 changed")

    assert sweep.findings(tmp_path) == ["16384"]


def test_a_value_on_the_edge_of_two_readings_is_found(tmp_path: Path) -> None:
    canary = sweep.CANARY_RESIDENT_ID.encode()
    padding = b"." * (sweep.CHUNK_BYTES - len(canary) // 2)
    (tmp_path / "wal").write_bytes(padding + canary)

    assert sweep.findings(tmp_path) == ["wal"]
