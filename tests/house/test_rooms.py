import ast
import tomllib
from collections.abc import Collection
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import grimp
import pytest
from importlinter.cli import lint_imports

from ecif.dedupe import SparkUnavailable

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/ecif"

PURE_BY_DESIGN = {
    "customers": {"golden", "numbers"},
    "delivery": {"addresses", "envelope", "lanes", "retrying", "signing"},
    "matching": {
        "clusters",
        "columns",
        "comparisons",
        "features",
        "forms",
        "keys",
        "quality",
        "resemblance",
        "scoring",
        "training",
        "verdict",
    },
}
FORBIDDEN_WORDS = {
    "utils",
    "helpers",
    "common",
    "misc",
    "base",
    "core",
    "manager",
    "handler",
    "processor",
    "service",
    "impl",
    "data",
    "info",
}

# The parts of the store that start and migrate a database are the wiring's, not the rooms': through
# the front door every room would load a process starter and a migration tool.
SIDE_DOORS = {"ecif.store.embedded", "ecif.store.embedded_user", "ecif.store.migrate"}
WIRING = {"ecif.cli", "ecif.app", "ecif.opening", "ecif.worker"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("ecif", cache_dir=None)


def room(module: str) -> str:
    return ".".join(module.split(".")[:2])


ROOMS = sorted(each.parent.name for each in SOURCE.glob("*/__init__.py"))


@pytest.mark.parametrize("name", ROOMS)
def test_what_a_front_door_offers_is_there(name: str) -> None:
    door = import_module(f"ecif.{name}")
    for offered in getattr(door, "__all__", ()):
        with suppress(SparkUnavailable):  # an extra, which may not be installed
            assert getattr(door, offered) is not None


def _offered(door: ModuleType) -> Collection[str]:
    offered: Collection[str] = getattr(door, "__all__", vars(door))
    return offered


@pytest.mark.parametrize("folder", ["src", "tests", "bench"])
def test_nobody_asks_a_front_door_for_what_it_does_not_offer(folder: str) -> None:
    """Doors that open when they are asked let the type checker believe that everything is behind them."""
    asked = {
        (file.name, node.module, alias.name)
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module in {f"ecif.{name}" for name in ROOMS}
        for alias in node.names
    }
    missing = [
        (file, door, name)
        for file, door, name in asked
        if name not in _offered(import_module(door)) and find_spec(f"{door}.{name}") is None
    ]

    assert asked
    assert missing == []


def test_rooms_are_entered_by_their_front_door(graph: grimp.ImportGraph) -> None:
    inner = [module for module in graph.modules if module.count(".") > 1]

    trespasses = [
        f"{importer} -> {module}"
        for module in inner
        for importer in graph.find_modules_that_directly_import(module)
        if room(importer) != room(module)
        and not (module in SIDE_DOORS and room(importer) in WIRING)
    ]

    assert trespasses == []


def test_only_the_wiring_reads_settings(graph: grimp.ImportGraph) -> None:
    readers = graph.find_modules_that_directly_import("ecif.settings")

    assert {room(reader) for reader in readers} <= WIRING


def test_the_import_contracts_are_kept() -> None:
    assert lint_imports(str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_every_file_that_is_pure_by_design_is_under_the_contract() -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = configuration["tool"]["importlinter"]["contracts"]
    [named] = [set(c["source_modules"]) for c in contracts if c["id"] == "pure"]

    pure = {
        f"ecif.{name}.{file}"
        for name, files in PURE_BY_DESIGN.items()
        for file in files
        if (SOURCE / name / f"{file}.py").exists()
    }

    assert pure - named == set()


def test_pure_files_do_not_wait() -> None:
    files = [SOURCE / name / f"{file}.py" for name, pure in PURE_BY_DESIGN.items() for file in pure]

    waiting = [
        str(path.relative_to(SOURCE))
        for path in files
        if path.exists() and any(isinstance(node, ast.AsyncFunctionDef) for node in nodes_of(path))
    ]

    assert waiting == []


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path: path.read_text().count("\n") for path in SOURCE.rglob("*.py")}

    assert {str(path): lines for path, lines in lengths.items() if lines > 400} == {}


def test_files_and_classes_have_names_a_bank_clerk_would_understand() -> None:
    files = [path for path in SOURCE.rglob("*.py") if FORBIDDEN_WORDS & set(path.stem.split("_"))]
    classes = [
        f"{path.name}: {node.name}"
        for path in SOURCE.rglob("*.py")
        for node in nodes_of(path)
        if isinstance(node, ast.ClassDef)
        and node.name.lower().endswith(("manager", "handler", "processor", "service", "impl"))
    ]

    assert files == []
    assert classes == []


def test_every_room_opens_with_its_question() -> None:
    doors = list(SOURCE.glob("*/__init__.py"))

    silent = [
        path.parent.name
        for path in doors
        if not (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0].endswith("?")
    ]

    assert silent == []


def nodes_of(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text())))
