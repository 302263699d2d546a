import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Spelt in parts, so that this file is no finding of its own.
REGISTRIES = re.compile(
    "|".join(
        re.escape(part)
        for part in ("py" + "pi.org", "python" + "hosted.org", "index" + "-url =", "npm" + "js.org")
    )
    + r"|https?://[^\s\"']+/simple\b"
)
CLOCKS_AND_CHANCE = """
import random
from datetime import date, datetime
from uuid import uuid4

MOMENT = datetime.now()
DAY = date.today()
ID = uuid4()
DICE = random.random()
"""


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_package_registry(tracked: list[Path]) -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in tracked
        if REGISTRIES.search(path.read_bytes().decode("utf-8", "replace"))
    ]

    assert found == []


def test_the_locked_dependencies_all_have_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    requirements = [line for line in lock.splitlines() if "==" in line]

    assert requirements
    assert [line for line in requirements if "--hash=sha256:" not in line] == []


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=; ]", requirement)[0].lower() for requirement in asked}
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)

    assert names - set(locked) == set()


def test_the_readme_names_both_commands() -> None:
    readme = (ROOT / "README.md").read_text()

    assert "make run" in readme
    assert "make test" in readme


def test_make_alone_lists_what_there_is() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    targets = ("setup", "run", "test", "check", "bench", "torture", "openapi")
    assert [target for target in targets if f"make {target}" not in listed] == []


@pytest.mark.parametrize(
    ("place", "count"), [("src/ecif/customers/x.py", 4), ("src/ecif/store/x.py", 0)]
)
def test_clocks_ids_and_chance_belong_to_the_store(place: str, count: int) -> None:
    command = ["ruff", "check", "--select", "TID251", "--stdin-filename", place, "-"]
    said = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        input=CLOCKS_AND_CHANCE,
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(re.findall(r"^TID251", said.stdout, re.MULTILINE)) >= count
    assert (said.returncode == 0) == (count == 0)
