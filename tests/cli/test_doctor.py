"""What `ecif doctor` says of records under a former key and of customers that wait for new rules."""

from asyncio import to_thread
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ecif import customers
from ecif.cli.doctor import examine
from ecif.cli.installation import keys_of, settings_of
from ecif.rules import default_rules
from tests import postgres
from tests.bank import open_bank, person
from tests.intake.drafts import activate, arrive, with_limits


async def said() -> str:
    """What the doctor prints."""
    out = StringIO()
    await to_thread(examine, settings_of(), Console(file=out, width=200))
    return out.getvalue()


async def test_records_under_a_former_key_and_customers_that_wait_for_rules_are_named(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECIF_DATABASE_URL", database_url)
    monkeypatch.setenv("ECIF_HOME", str(tmp_path / "home"))
    async with open_bank(database_url, keys=keys_of(settings_of()).master) as bank:
        await arrive(bank, *(person(name) for name in ("张伟", "王芳", "李娜")))

        well = await said()
        postgres.execute(
            database_url,
            "UPDATE match_key SET key_version = 7 WHERE record_id = (SELECT min(record_id) FROM match_key)",
        )
        await activate(bank, with_limits(default_rules(), automatic=1.0))
        ill = await said()
        await bank.do(customers.derive_outdated)
        derived = await said()

    assert "match keys: 3 records looked at, all under the key in use" in well
    assert "golden records: all derived under the active rules" in well
    assert "✗ match keys: 1 of 3 records looked at stand under a former hashing key" in ill
    assert "✗ golden records: 3 customers wait for the active rules" in ill
    assert "golden records: all derived under the active rules" in derived


async def test_rules_whose_learned_names_are_under_a_lost_key_are_named(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECIF_DATABASE_URL", database_url)
    monkeypatch.setenv("ECIF_HOME", str(tmp_path / "home"))
    shipped = default_rules()
    frequencies = shipped.matching.frequencies.model_copy(
        update={"family_name": {"rarebird": 0.1}, "counted": {"family_name": 1_000}}
    )
    matching = shipped.matching.model_copy(update={"frequencies": frequencies})
    async with open_bank(database_url, keys=keys_of(settings_of()).master) as bank:
        await activate(bank, shipped.model_copy(update={"matching": matching}))

    well = await said()
    settings_of().key_path.unlink()
    keys_of(settings_of())
    ill = await said()

    assert "✓ learned names: those of the active rules are under keys of the key file" in well
    assert "✗ learned names: the active rules of main need version 1 of the hashing key" in ill
