import csv
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ecif.cli import main
from ecif.cli.commands import app
from ecif.intake import write_sample

Command = Callable[..., Result]


@pytest.fixture
def command(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`ecif …` on an installation of its own."""
    monkeypatch.setenv("ECIF_DATABASE_URL", database_url)
    monkeypatch.setenv("ECIF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def told(result: Result) -> dict[str, int]:
    """The table of outcomes that the command has printed."""
    cells = [line.strip("│ ").split("│") for line in result.output.splitlines() if "│" in line]
    return {name.strip(): int(count.replace(",", "")) for name, count in cells}


def test_a_file_is_taken_in_and_its_outcomes_are_shown(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    command("sample", "--rows", 40, "--seed", 2, "-o", path)

    first = command("import", path)
    again = command("import", path)

    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert told(first)["created"] + told(first)["linked"] == 40
    assert told(again) == {
        "created": 0,
        "linked": 0,
        "updated": 0,
        "unchanged": 40,
        "stale": 0,
        "in review": 0,
        "rejected": 0,
    }


def test_rejects_are_shown_or_written_and_the_command_succeeds(
    command: Command, tmp_path: Path
) -> None:
    path, rejects = tmp_path / "people.csv", tmp_path / "rejects.csv"
    path.write_text("record_id,full_name\n1,王芳\n2,\n", encoding="utf-8")

    shown = command("import", path, "--source-system", "core")
    written = command("import", path, "--source-system", "core", "--reject-file", rejects)

    with rejects.open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.reader(file))
    assert (shown.exit_code, written.exit_code) == (0, 0)
    assert "line 3: full_name is missing" in shown.output
    assert table == [
        ["line", "field", "reason", "record_id", "full_name"],
        ["3", "full_name", "is missing", "2", ""],
    ]
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        ("1,2\n3,4\n", (), "No column is a name"),
        ("", (), "is empty"),
        ("full_name\nx\n", ("--mapping", "mapping.yaml"), "no word for a column"),
        ("full_name\nx\n", ("--encoding", "klingon"), "no encoding"),
    ],
)
def test_what_cannot_be_imported_ends_in_one_line_and_exit_code_1(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("people.csv").write_text(content)
    Path("mapping.yaml").write_text("columns: {full_name: surname}")
    monkeypatch.setattr("sys.argv", ["ecif", "import", "people.csv", *words])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1
    [line] = [each for each in capsys.readouterr().err.splitlines() if each]
    assert said in line


def test_a_sample_in_an_unknown_format_is_refused(command: Command, tmp_path: Path) -> None:
    refused = command("sample", "-o", tmp_path / "sample.xlsx")

    assert refused.exit_code == 1
    assert not (tmp_path / "sample.xlsx").exists()


def test_the_sample_is_what_the_generator_writes(command: Command, tmp_path: Path) -> None:
    command("sample", "--rows", 30, "--seed", 8, "-o", tmp_path / "one.ndjson")
    write_sample(tmp_path / "two.ndjson", rows=30, seed=8)

    assert (tmp_path / "one.ndjson").read_bytes() == (tmp_path / "two.ndjson").read_bytes()
