"""The commands about stored customers, as an operator types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ecif.cli.commands import app
from ecif.cli.refusing import CannotStart
from ecif.dedupe import write_rules
from ecif.rules import default_rules
from tests.intake.drafts import with_limits

Command = Callable[..., Result]


@pytest.fixture
def command(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`ecif …` on an installation of its own."""
    monkeypatch.setenv("ECIF_DATABASE_URL", database_url)
    monkeypatch.setenv("ECIF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def told(result: Result) -> dict[str, int]:
    """The table of counts that a command has printed first."""
    assert result.exit_code == 0, result.output
    cells = [line.strip("│ ").split("│") for line in result.output.splitlines() if "│" in line]
    return {
        name.strip(): int(count.replace(",", ""))
        for name, count in (c for c in cells if len(c) == 2)
    }


def test_an_operator_tries_a_rule_file_and_sweeps_the_customers(
    command: Command, tmp_path: Path
) -> None:
    path, rules = tmp_path / "sample.csv", tmp_path / "strict.toml"
    command("sample", "--rows", 120, "--seed", 2, "-o", path)
    command("import", path)
    write_rules(rules, with_limits(default_rules(), automatic=60.0))

    shown = command("match", "impact", rules, "--samples", 1)
    plain = json.loads(command("match", "impact", rules, "--json").stdout)
    same = json.loads(command("match", "impact", 1, "--json").stdout)
    trial = told(command("customers", "dedupe", "--dry-run"))
    first = told(command("customers", "dedupe"))
    second = told(command("customers", "dedupe"))

    assert told(shown)["customers that would be parted"] == plain["parted"] > 10
    assert "parted: " in shown.output
    assert plain["samples"][0]["before"]["evidence"][0]["values"] is None
    assert (same["parted"], same["linked"], same["samples"]) == (0, 0, [])
    assert same["looked_at"] == trial["customers looked at"] == first["customers looked at"]
    assert trial["customers would be joined with an older one"] == 0
    assert second["customers joined with an older one"] == second["reviews opened"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("match", "impact", "99"), "There is no rule set with version 99."),
        (("match", "impact", "nowhere.toml"), "No such file"),
        (("match", "train", "--out", "draft.toml"), "files to learn from, or --decisions"),
        (("match", "train", "--out", "draft.toml", "--decisions"), "at least 100 are needed"),
        (("customers", "dedupe", "--legal-entity", "a b"), "legal entity"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    command: Command, words: tuple[str, ...], said: str
) -> None:
    refused = command(*words)

    assert isinstance(refused.exception, CannotStart)
    assert said in str(refused.exception)
