import subprocess
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import yaml

from ecif.store import migrate
from ecif.store.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TRAILS = ("outbox", "feed", "audit_entry", "customer_version", "source_record_version")


@pytest.fixture(scope="module")
def production(run_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server whose database was set up the way of production."""
    with EmbeddedPostgres(run_folder / f"production-{uuid4().hex[:8]}", durable=False) as server:
        apply_roles(server)
        migrate.upgrade(str(server.url(role="ecif_owner")))
        apply_roles(server)
        yield server


def apply_roles(server: EmbeddedPostgres) -> None:
    address = str(server.url(role="postgres"))
    command = [str(server.programs / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", address]
    subprocess.run([*command, "-f", str(DEPLOY / "postgres-roles.sql")], check=True)


async def as_app(server: EmbeddedPostgres, statement: str) -> Any:
    connection = await asyncpg.connect(server.url(role="ecif_app"))
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("table", TRAILS)
@pytest.mark.parametrize(
    "form", ["DELETE FROM {}", "UPDATE {} SET legal_entity = ''", "TRUNCATE {}"]
)
async def test_the_app_cannot_rewrite_the_trails(
    production: EmbeddedPostgres, table: str, form: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_app(production, form.format(table))


@pytest.mark.parametrize("table", [*TRAILS, "customer", "link"])
async def test_the_app_may_read_and_add(production: EmbeddedPostgres, table: str) -> None:
    question = f"SELECT has_table_privilege('{table}', 'INSERT') AS may"
    [answer] = await as_app(production, question)

    assert answer["may"] is True
    assert await as_app(production, f"SELECT 1 FROM {table}") == []


async def test_the_app_may_change_what_is_no_trail(production: EmbeddedPostgres) -> None:
    assert await as_app(production, "UPDATE customer SET status = status") == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE customer ADD COLUMN more text",
        "CREATE TABLE more (id int)",
        "DROP TABLE link",
        "INSERT INTO alembic_version VALUES ('x')",
        "SET ROLE ecif_owner",
    ],
)
async def test_the_app_alters_nothing(production: EmbeddedPostgres, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_app(production, statement)


def kubernetes() -> dict[str, dict[str, Any]]:
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    documents = chain.from_iterable(yaml.safe_load_all(path.read_text()) for path in files)
    return {
        f"{document['kind']} {document['metadata']['name']}": document for document in documents
    }


def pods() -> dict[str, dict[str, Any]]:
    kinds = ("Deployment", "Job")
    return {
        name: document["spec"]["template"]["spec"]
        for name, document in kubernetes().items()
        if name.startswith(kinds)
    }


def test_every_part_of_the_service_has_its_workload() -> None:
    commands = {name: pod["containers"][0]["args"] for name, pod in pods().items()}

    assert commands == {
        "Deployment ecif-api": ["serve"],
        "Deployment ecif-worker": ["work"],
        "Job ecif-migrate": ["migrate"],
    }


@pytest.mark.parametrize("name", pods())
def test_pods_run_locked_down(name: str) -> None:
    pod = pods()[name]
    containers = [*pod.get("initContainers", ()), *pod["containers"]]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    for container in containers:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]


def test_the_api_is_probed_where_it_answers() -> None:
    [container] = pods()["Deployment ecif-api"]["containers"]

    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_secrets_come_from_outside() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    addresses = [
        service["environment"]["ECIF_DATABASE_URL"]
        for service in compose["services"].values()
        if "ECIF_DATABASE_URL" in service.get("environment", {})
    ]
    urls = [
        entry
        for pod in pods().values()
        for entry in pod["containers"][0]["env"]
        if entry["name"] == "ECIF_DATABASE_URL"
    ]

    owner = "postgresql://ecif_owner:${OWNER_PASSWORD:?}@postgres/ecif"
    app = "postgresql://ecif_app:${APP_PASSWORD:?}@postgres/ecif"
    assert addresses == [owner, app, app]
    assert [entry for entry in urls if "secretKeyRef" not in entry["valueFrom"]] == []


def test_the_image_runs_the_locked_versions_and_not_as_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    everything = set((ROOT / "requirements.lock").read_text().splitlines())
    shipped = (DEPLOY / "requirements.lock").read_text().splitlines()

    assert [line for line in shipped if "==" in line and line not in everything] == []
    assert "--require-hashes -r runtime.lock" in dockerfile
    assert dockerfile.index("USER 10001") < dockerfile.index('ENTRYPOINT ["ecif"]')
