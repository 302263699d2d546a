"""Every knob of an installation, read once from `ECIF_…` variables."""

import os
import re
from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "ECIF_"
NOT_OURS: Final = ("ECIF_TEST_", "ECIF_LABELLED_DATA", "ECIF_TORTURE_SCALE")
"""Variables of the tests, by their beginnings."""

_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "[::1]")
_UNITS: Final = ("seconds", "ms", "days", "bytes")


def _default_home() -> Path:
    return Path("/var/lib/ecif") if os.geteuid() == 0 else Path.home() / ".local/share/ecif"


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone of the IANA database") from None
    return name


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _out_of_reach(url: HttpUrl) -> HttpUrl:
    if url.scheme != "https" and url.host not in _THIS_MACHINE:
        raise ValueError("must be https: whoever changes the key set on its way can sign anything")
    return url


def _of_postgresql(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return url


def _of_networks(written: str) -> str:
    for each in written.replace(" ", "").split(","):
        try:
            ip_network(each or "0.0.0.0/32")
        except ValueError:
            raise ValueError("must be CIDR blocks such as 10.20.0.0/16, parted by commas") from None
    return written


Folder = Annotated[Path, AfterValidator(_absolute)]
TimeZone = Annotated[str, AfterValidator(_known_time_zone)]
KeySetUrl = Annotated[HttpUrl, AfterValidator(_out_of_reach)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_of_postgresql)]
Networks = Annotated[str, AfterValidator(_of_networks)]
InstallationName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Settings(BaseSettings):
    """The knobs of one installation, frozen. Rooms never see it: the wiring hands them values."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    home: Folder = Field(
        default_factory=_default_home,
        description="Folder of the installation: its keys and, when embedded, its database.",
        json_schema_extra={"shown": "`~/.local/share/ecif`, as root `/var/lib/ecif`"},
    )
    installation: InstallationName = Field(
        default="ecif", description="Name of this installation; events carry it in `source`."
    )
    database_url: DatabaseUrl | None = Field(
        default=None,
        description="PostgreSQL to use; without it a private one runs in the home folder.",
        json_schema_extra={"shown": "embedded"},
    )
    key_file: Folder | None = Field(
        default=None,
        description="File of the master, hash and signing keys; only its owner may read it.",
        json_schema_extra={"shown": "`keys.json` in the home folder"},
    )
    host: str = Field(default="127.0.0.1", description="Address the API listens on.")
    port: int = Field(
        default=8000, ge=0, le=65_535, description="Port of API and console; 0 takes any free one."
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65_535,
        description="Own port for `/metrics`, open without a token.",
        json_schema_extra={"shown": "none: `/metrics` of the API, with a token"},
    )
    worker_metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65_535,
        description="Port on which the worker shows its `/metrics`, open without a token.",
        json_schema_extra={"shown": "none"},
    )
    source_systems: Literal["open", "listed"] = Field(
        default="open",
        description="`open` registers a source system with its first record; "
        "`listed` refuses unknown ones.",
    )
    time_zone: TimeZone = Field(
        default="Asia/Shanghai", description="Time zone in which days, such as expiry, are judged."
    )
    token_audience: str = Field(
        default="ecif", min_length=1, description="Audience that bearer tokens must name."
    )
    token_issuer: str | None = Field(
        default=None,
        description="External issuer whose tokens are accepted.",
        json_schema_extra={"shown": "none"},
    )
    token_key_set_url: KeySetUrl | None = Field(
        default=None,
        description="Key set (JWKS) of the external issuer.",
        json_schema_extra={"shown": "none"},
    )
    own_tokens: bool = Field(
        default=True,
        description="Accept tokens signed by this installation's own key (`ecif token`).",
    )
    pool_max_size: int = Field(
        default=16, ge=1, description="Database connections each process may open."
    )
    pool_wait_seconds: float = Field(
        default=1.0,
        gt=0,
        description="How long a request waits for a connection before it gets 503.",
    )
    statement_timeout_seconds: float = Field(
        default=10.0, gt=0, description="After this time the database ends a statement."
    )
    request_timeout_seconds: float = Field(
        default=2.0,
        gt=0,
        description="After this time a request gets 503 and its transaction ends.",
    )
    shutdown_seconds: float = Field(
        default=20.0, ge=0, description="Time that running requests and deliveries have to end in."
    )
    body_limit_bytes: int = Field(
        default=262_144, ge=1_024, description="Largest request body; a larger one gets 413."
    )
    idempotency_days: int = Field(
        default=30, ge=1, description="How long the answer to an `Idempotency-Key` is kept."
    )
    feed_days: int = Field(
        default=90, ge=1, description="How long events stay in the feed, at least."
    )
    sequencer_interval_ms: int = Field(
        default=20, ge=1, le=10_000, description="Rest of the sequencer when no event is waiting."
    )
    subscription_days: int = Field(
        default=180,
        ge=1,
        description="How long events stay in the feed for a subscriber that has not received them; "
        "then it is disabled and told so.",
    )
    webhook_networks: Networks = Field(
        default="",
        description="Networks of the bank that webhooks may reach, as CIDR blocks parted by commas; "
        "without them only public addresses are.",
        json_schema_extra={"shown": "none"},
    )
    brokers: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9.:, -]*$",
        description="Brokers that events may be delivered to, as host:port parted by commas.",
        json_schema_extra={"shown": "none"},
    )
    webhook_http: bool = Field(
        default=False, description="Let webhooks be plain HTTP, where TLS ends elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least serious log lines that are written."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> "Settings":
        if (self.token_issuer is None) != (self.token_key_set_url is None):
            raise ValueError("ECIF_TOKEN_ISSUER and ECIF_TOKEN_KEY_SET_URL belong together")
        if self.token_issuer is None and not self.own_tokens:
            raise ValueError(
                "without ECIF_TOKEN_ISSUER and with ECIF_OWN_TOKENS off nobody can enter"
            )
        return self

    @property
    def key_path(self) -> Path:
        """Where the key file lies."""
        return self.key_file or self.home / "keys.json"

    @property
    def postgres_folder(self) -> Path:
        """Where the embedded database lies."""
        return self.home / "postgres"

    @property
    def source(self) -> str:
        """The name of this installation in events and in its own tokens."""
        return f"urn:ecif:{self.installation}"


def settings_table() -> str:
    """All settings as the Markdown table of the README."""
    lines = ["| Variable | Unit | Default | Meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        extra: Any = field.json_schema_extra or {}
        shown = extra.get("shown") or f"`{_shown(field.default)}`"
        unit = next((unit for unit in _UNITS if name.endswith(f"_{unit}")), "")
        lines.append(f"| `{PREFIX}{name.upper()}` | {unit} | {shown} | {field.description} |")
    return "\n".join(lines) + "\n"


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def unknown_variables(names: Iterable[str]) -> list[str]:
    """The `ECIF_…` names among these that no setting bears: misspelt, most likely."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    ours = {name.upper() for name in names if re.match(PREFIX, name, re.IGNORECASE)}
    return sorted(name for name in ours - known if not name.startswith(NOT_OURS))
