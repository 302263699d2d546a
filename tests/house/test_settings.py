import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from ecif.private_files import UnsafeFile, create_private_file, read_private_file
from ecif.settings import Settings, settings_table, unknown_variables

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ECIF_")]:
        monkeypatch.delenv(name)


def test_an_installation_needs_no_variable_at_all() -> None:
    settings = Settings()

    assert settings.database_url is None
    assert settings.home.is_absolute()
    assert settings.key_path == settings.home / "keys.json"
    assert settings.postgres_folder == settings.home / "postgres"
    assert settings.source == "urn:ecif:ecif"


@pytest.mark.parametrize(
    ("user_id", "home"), [(0, "/var/lib/ecif"), (1_000, "/home/clerk/.local/share/ecif")]
)
def test_the_home_depends_on_who_starts_it(
    monkeypatch: pytest.MonkeyPatch, user_id: int, home: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user_id)
    monkeypatch.setenv("HOME", "/home/clerk")

    assert Settings().home == Path(home)


def test_variables_set_the_knobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECIF_PORT", "9001")
    monkeypatch.setenv("ECIF_HOME", "~/bank")
    monkeypatch.setenv("HOME", "/home/clerk")
    monkeypatch.setenv("ECIF_SOURCE_SYSTEMS", "listed")
    monkeypatch.setenv("ECIF_DATABASE_URL", "")

    settings = Settings()

    assert settings.port == 9_001
    assert settings.home == Path("/home/clerk/bank")
    assert settings.source_systems == "listed"
    assert settings.database_url is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ECIF_PORT", "65536"),
        ("ECIF_PORT", "http"),
        ("ECIF_TIME_ZONE", "Asia/Beijing"),
        ("ECIF_TIME_ZONE", "../../etc/passwd"),
        ("ECIF_SOURCE_SYSTEMS", "closed"),
        ("ECIF_DATABASE_URL", "mysql://bank"),
        ("ECIF_INSTALLATION", "Zhang Wei"),
        ("ECIF_IDEMPOTENCY_DAYS", "0"),
        ("ECIF_POOL_MAX_SIZE", "0"),
        ("ECIF_TOKEN_ISSUER", "https://login.bank.example"),
        ("ECIF_TOKEN_KEY_SET_URL", "https://login.bank.example/keys"),
        ("ECIF_OWN_TOKENS", "false"),
    ],
)
def test_a_wrong_value_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize(
    ("url", "is_accepted"),
    [
        ("https://login.bank.example/keys", True),
        ("http://localhost:9000/keys", True),
        ("http://127.0.0.1:9000/keys", True),
        ("http://[::1]:9000/keys", True),
        ("http://login.bank.example/keys", False),
        ("http://localhost.evil.example/keys", False),
        ("file:///etc/keys", False),
    ],
)
def test_a_key_set_comes_over_a_safe_way(
    monkeypatch: pytest.MonkeyPatch, url: str, is_accepted: bool
) -> None:
    monkeypatch.setenv("ECIF_TOKEN_ISSUER", "https://login.bank.example")
    monkeypatch.setenv("ECIF_TOKEN_KEY_SET_URL", url)

    if is_accepted:
        assert str(Settings().token_key_set_url) == url
    else:
        with pytest.raises(ValidationError, match="key_set_url"):
            Settings()


def test_the_database_password_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECIF_DATABASE_URL", "postgresql://ecif:hunter2@db/ecif")
    shown = repr(Settings()) + str(Settings())
    monkeypatch.setenv("ECIF_DATABASE_URL", "mysql://ecif:hunter2@db/ecif")

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert "hunter2" not in shown + str(refused.value) + repr(refused.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1


def test_every_setting_says_what_it_means_and_names_its_unit() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        if field.annotation is float:
            assert name.endswith("_seconds"), name


def test_the_readme_lists_the_settings_as_they_are() -> None:
    text = README.read_text(encoding="utf-8")
    listed = text.partition("<!-- settings")[2].partition("-->")[2].partition("<!-- end")[0]

    assert listed.strip() == settings_table().strip()


def test_a_misspelt_variable_is_found() -> None:
    names = ["ECIF_PORT", "ecif_home", "ECIF_TIMEZONE", "ECIF_TEST_DATABASE_URL", "PATH"]

    assert unknown_variables(names) == ["ECIF_TIMEZONE"]


def test_a_private_file_is_written_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "home" / "keys.json"

    assert read_private_file(path) is None
    assert create_private_file(path, "first") == "first"
    assert create_private_file(path, "second") == "first"

    assert read_private_file(path) == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o711
    assert os.listdir(path.parent) == ["keys.json"]


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_file_open_to_others_is_not_believed(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    create_private_file(path, "secret")
    path.chmod(mode)

    with pytest.raises(UnsafeFile, match="chmod 600") as refused:
        read_private_file(path)

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o440, 0o640])
def test_a_file_mounted_for_its_group_is_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    create_private_file(path, "secret")
    path.chmod(mode)

    assert read_private_file(path) == "secret"


def test_many_processes_at_once_agree_on_one_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"

    with ThreadPoolExecutor(16) as crowd:
        held = set(crowd.map(lambda n: create_private_file(path, f"keys {n}"), range(64)))

    assert held == {path.read_text(encoding="utf-8")}
    assert os.listdir(tmp_path) == ["keys.json"]


def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="No space"):
        create_private_file(tmp_path / "keys.json", "secret")

    assert os.listdir(tmp_path) == []
