import json
import re
from html.parser import HTMLParser
from pathlib import Path

from openapi_spec_validator import validate

from ecif.api import document_of
from ecif.app import bare_app
from tests.api.counter import Counter

PUBLISHED = Path(__file__).parents[2] / "openapi/ecif.json"


def test_the_published_document_is_what_the_routes_say() -> None:
    written = json.dumps(document_of(bare_app()), indent=2, ensure_ascii=False) + "\n"

    assert PUBLISHED.read_text(encoding="utf-8") == written, "run: ecif openapi"


def test_the_document_is_valid_openapi_3_1() -> None:
    document = document_of(bare_app())

    validate(document)
    assert document["openapi"].startswith("3.1")


def test_every_operation_has_a_name_of_its_own_a_scope_and_problems() -> None:
    operations = [
        operation
        for methods in document_of(bare_app())["paths"].values()
        for operation in methods.values()
    ]

    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    for operation in operations:
        assert "security" in operation
        assert operation["description"]
        problems = [each for each in operation["responses"].values() if "problem+json" in str(each)]
        assert problems


class Outside(HTMLParser):
    """Collects what a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in ("script", "link", "img", "iframe"):
            self.loads.append(tag)
        if tag == "a":
            self.links.append(found.get("href") or "")
        if found.get("id"):
            self.ids.add(found["id"] or "")


async def test_the_page_shows_every_operation_and_loads_nothing(counter: Counter) -> None:
    answer = await counter.http.get("/docs")

    page = Outside()
    page.feed(answer.text)
    operations = {
        operation["operationId"]
        for methods in (await counter.http.get("/openapi.json")).json()["paths"].values()
        for operation in methods.values()
    }
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert page.loads == []
    assert operations <= page.ids
    assert {link.removeprefix("#") for link in page.links if link.startswith("#")} == operations
    assert not re.search(r"https?://(?!127\.0\.0\.1)", answer.text)
