"""The reference as one HTML page of our own: no script, no font, no picture from anywhere."""

import base64
import json
from collections.abc import Iterator
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, Final

_STYLE: Final = files("ecif.api").joinpath("reference.css").read_text(encoding="utf-8")
POLICY: Final = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"
    + base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
    + "'"
)
"""What the page may load: its own style sheet and nothing else."""

_DEEPEST: Final = 6
_FIRST_STEPS: Final = """# a token of this installation
TOKEN=$(ecif token --scope admin)
# every call carries it
curl -s ADDRESS/v1/customers/10000000017 -H "Authorization: Bearer $TOKEN\""""


def page_of(document: dict[str, Any]) -> str:
    """The page of an OpenAPI document."""
    operations = list(_operations(document))
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ecif API reference</title>'
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<style>{_STYLE}</style></head><body>",
            _navigation(document, operations),
            f"<main>{_introduction(document)}",
            *(_section(document, *each) for each in operations),
            "</main></body></html>",
        )
    )


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for tag in document["tags"]:
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation.get("tags", ()):
                    yield method, path, operation


def _navigation(document: dict[str, Any], operations: list[tuple[str, str, dict[str, Any]]]) -> str:
    info = document["info"]
    parts = [f"<nav><h1>{escape(info['title'])}</h1><p>API {escape(info['version'])} · "]
    parts.append('<a href="/openapi.json">openapi.json</a></p>')
    seen = None
    for method, _, operation in operations:
        tag = operation["tags"][0]
        if tag != seen:
            parts.append(f"<h2>{escape(tag)}</h2>")
            seen = tag
        parts.append(
            f'<a href="#{operation["operationId"]}"><span class="method {method}">{method.upper()}</span>'
            f"{escape(operation['summary'])}</a>"
        )
    return "".join(parts) + "</nav>"


def _introduction(document: dict[str, Any]) -> str:
    paragraphs = document["info"]["description"].strip().split("\n\n")
    words = "".join(f"<p>{_prose(each)}</p>" for each in paragraphs)
    return f"<h1>Reference</h1>{words}<pre>{escape(_FIRST_STEPS)}</pre>"


def _section(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    scopes = [word for each in operation.get("security", ()) for word in each.get("bearer", ())]
    scope = f"needs <code>{escape(' '.join(scopes))}</code>" if scopes else "open to everybody"
    return "".join(
        (
            f'<section id="{operation["operationId"]}"><span class="scope">{scope}</span>',
            f'<h3><span class="method {method}">{method.upper()}</span><code>{escape(path)}</code></h3>',
            f"<p>{_prose(operation.get('description') or operation['summary'])}</p>",
            _parameters(operation),
            _body(document, operation),
            f"<h4>Example</h4><pre>{escape(_curl(method, path, operation))}</pre>",
            _responses(document, operation),
            "</section>",
        )
    )


def _parameters(operation: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(each['name'])}</code>{_must(each.get('required', False))}</td>"
        f'<td class="dim">{escape(each["in"])}</td><td>{_prose(each.get("description", ""))}'
        f' <span class="dim">{escape(_type_of(each["schema"]))}</span></td></tr>'
        for each in operation.get("parameters", ())
    ]
    return f"<h4>Parameters</h4><table>{''.join(rows)}</table>" if rows else ""


def _body(document: dict[str, Any], operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return ""
    fields = _fields(document, content["schema"], 0)
    return f"<h4>Body</h4><details><summary>fields</summary>{fields}</details>"


def _responses(document: dict[str, Any], operation: dict[str, Any]) -> str:
    rows = []
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get("application/json", {})
        fields = _fields(document, content["schema"], 0) if content.get("schema") else ""
        shape = f"<details><summary>fields</summary>{fields}</details>" if fields else ""
        rows.append(
            f"<tr><td><code>{escape(status)}</code></td><td>{_prose(response['description'])}{shape}</td></tr>"
        )
    return f"<h4>Answers</h4><table>{''.join(rows)}</table>"


def _fields(document: dict[str, Any], schema: dict[str, Any], depth: int) -> str:
    """The fields of a schema as a table; those with fields of their own unfold."""
    schema = _resolved(document, schema)
    several = schema.get("oneOf") or schema.get("anyOf")
    if several:
        return "".join(_fields(document, each, depth) for each in several)
    if "items" in schema:
        return _fields(document, schema["items"], depth)
    properties = schema.get("properties")
    if not properties or depth > _DEEPEST:
        return ""
    required = schema.get("required", ())
    rows = []
    for name, field in properties.items():
        inner = _fields(document, field, depth + 1)
        unfold = f"<details><summary>fields</summary>{inner}</details>" if inner else ""
        rows.append(
            f"<tr><td><code>{escape(name)}</code>{_must(name in required)}</td>"
            f"<td>{_prose(field.get('description', ''))}"
            f' <span class="dim">{escape(_type_of(_resolved(document, field)))}</span>{unfold}</td></tr>'
        )
    title = f'<p class="dim">{_prose(schema.get("description", ""))}</p>' if not depth else ""
    return f"{title}<table>{''.join(rows)}</table>"


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    if reference is None:
        return schema
    resolved: dict[str, Any] = document["components"]["schemas"][reference.rsplit("/", 1)[1]]
    return resolved


def _type_of(schema: dict[str, Any]) -> str:
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " or ".join(dict.fromkeys(_type_of(each) for each in several))
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "enum" in schema:
        return " · ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    word = str(schema.get("type", "anything"))
    limits = [f"{name} {schema[key]}" for name, key in _LIMITS if key in schema]
    return ", ".join([schema.get("format", word), *limits])


_LIMITS: Final = (
    ("from", "minimum"),
    ("to", "maximum"),
    ("at least", "minItems"),
    ("at most", "maxItems"),
    ("form", "pattern"),
    ("default", "default"),
)


def _curl(method: str, path: str, operation: dict[str, Any]) -> str:
    lines = ["curl -s" if method == "get" else f"curl -s -X {method.upper()}"]
    lines[0] += f" ADDRESS{path}"
    if operation.get("security"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if any(each["name"] == "If-Match" for each in operation.get("parameters", ())):
        lines.append("""-H 'If-Match: "v3.m1"'""")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        lines.append("-H 'Content-Type: application/json'")
        examples = list(body.get("examples", {}).values())
        if examples:
            lines.append(f"-d '{json.dumps(examples[0]['value'], ensure_ascii=False)}'")
        else:
            lines.append("-d @body.json")
    return " \\\n  ".join(lines)


def _prose(words: str) -> str:
    """Text with `code` marked as such."""
    parts = escape(words, quote=False).split("`")
    return "".join(
        f"<code>{each}</code>" if place % 2 else each for place, each in enumerate(parts)
    )


def _must(required: bool) -> str:  # noqa: FBT001  # a yes or no about a field
    return '<span class="must" title="required">*</span>' if required else ""
