"""`ecif openapi` and `ecif asyncapi`: the documents that are written from the code."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ecif import api
from ecif.app import bare_app


def openapi(
    out: Annotated[Path, typer.Option("--out", help="The file to write.")] = Path(
        "openapi/ecif.json"
    ),
) -> None:
    """Write the OpenAPI document."""
    document = api.document_of(bare_app())
    _write(out, document)
    typer.echo(f"{out}: {len(document['paths'])} addresses.")


def asyncapi(
    out: Annotated[Path, typer.Option("--out", help="The file to write.")] = Path(
        "openapi/ecif-events.json"
    ),
) -> None:
    """Write the AsyncAPI document of all events."""
    document = api.events_document()
    _write(out, document)
    typer.echo(f"{out}: {len(document['components']['messages'])} events.")


def _write(out: Path, document: dict[str, Any]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
