import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ecif.cli.commands import app
from ecif.cli.installation import keys_of
from ecif.settings import Settings
from tests.bank import open_bank
from tests.delivery.post import post_of


async def _subscribed(settings: Settings, url: str) -> None:
    async with open_bank(url, keys=keys_of(settings).master) as bank:
        post = post_of(bank)
        await post.subscribe("http://127.0.0.1:9/hook", name="CRM")
        await bank.people("张伟")
        await post.number()


def test_operators_see_who_lags_as_a_table_and_as_json(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(_subscribed(Settings(home=tmp_path), database_url))
    monkeypatch.setenv("ECIF_HOME", str(tmp_path))
    monkeypatch.setenv("ECIF_DATABASE_URL", database_url)

    table = CliRunner().invoke(app, ["deliveries", "--once"])
    plain = CliRunner().invoke(app, ["deliveries", "--json"])

    [line] = json.loads(plain.stdout)
    assert (line["name"], line["status"], line["lag"], line["parked"]) == ("CRM", "active", 2, 0)
    assert "CRM" in table.stdout
    assert "active" in table.stdout
