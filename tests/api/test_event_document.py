"""The AsyncAPI document: committed, valid, and true of the events of a whole journey."""

import json
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from cloudevents.v1.http import from_json
from jsonschema_rs import Draft7Validator, ValidationError

from ecif.api import events_document
from tests.api.counter import Counter, person

PUBLISHED = Path(__file__).parents[2] / "openapi/ecif-events.json"
DOCUMENT = events_document()


def validator_of(event_type: str) -> Draft7Validator:
    """What an event of this type must look like, read from the document as a subscriber would."""
    messages = DOCUMENT["components"]["messages"]
    [name] = [name for name, each in messages.items() if each["name"] == event_type]
    place = {"$ref": f"#/components/messages/{name}/payload"}
    return Draft7Validator({"allOf": [place], "components": DOCUMENT["components"]})


def test_the_published_document_is_what_the_events_say() -> None:
    written = json.dumps(DOCUMENT, indent=2, ensure_ascii=False) + "\n"

    assert PUBLISHED.read_text(encoding="utf-8") == written, "run: ecif asyncapi"


def test_the_document_is_valid_asyncapi_3() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the library shadows an attribute of its own
        models = import_module("asyncapi3.models")

    read = models.AsyncAPI3.model_validate(json.loads(PUBLISHED.read_text(encoding="utf-8")))

    assert set(read.channels.root) == {"stream", "webhook", "kafka", "nats", "rabbitmq"}


def test_a_document_with_a_dangling_end_is_not_valid() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        models = import_module("asyncapi3.models")
    broken = {**DOCUMENT, "operations": {"send": {"action": "shout", "channel": {"$ref": "#/x"}}}}

    with pytest.raises(ValueError, match="action"):
        models.AsyncAPI3.model_validate(broken)


async def journey(counter: Counter) -> None:
    """Every kind of event a customer and a review can have."""
    first = await counter.take_in(person("张伟", phones=[{"number": "13812345678"}]))
    survivor = first["customer_no"]
    absorbed = await counter.number("李娜")
    body = person("王芳")
    closing = (await counter.take_in(body))["customer_no"]
    merged = (await counter.merge(survivor, absorbed)).json()
    undo = {"merge_id": merged["merge_id"], "reason": "two people after all"}
    await counter.post(f"/v1/customers/{survivor}/unmerge", undo)
    address = f"/v1/source-systems/core/records/{body['source_key']}"
    await counter.ask("DELETE", address)
    await counter.take_in({**body, "occupation": "miller"})
    await counter.take_in({**body, "occupation": "baker"})
    latin = {"kind": "latin", "given": "Wei", "family": "Zhang"}
    await counter.take_in(
        {**person("Wei Zhang", phones=[{"number": "13812345678"}]), "names": [latin]}
    )
    [review] = (await counter.get("/v1/admin/reviews")).json()["items"]
    case = (await counter.get(f"/v1/admin/reviews/{review['review_id']}")).json()
    decision = {"decision": "same", "reason": "seen at the counter", "seen": case["seen"]}
    decided = await counter.post(f"/v1/admin/reviews/{review['review_id']}/decision", decision)
    assert decided.status_code == 200, decided.text
    assert closing
    await counter.number_events()


async def test_every_event_of_a_journey_is_as_the_document_says(counter: Counter) -> None:
    await journey(counter)

    events: list[dict[str, Any]] = (await counter.get("/v1/events?limit=500")).json()["items"]

    told = {each["type"] for each in events}
    assert told >= {
        *(f"ecif.customer.{word}.v1" for word in ("created", "updated", "merged", "unmerged")),
        *(f"ecif.customer.{word}.v1" for word in ("closed", "reopened")),
        *(f"ecif.record.{word}.v1" for word in ("linked", "unlinked")),
        *(f"ecif.review.{word}.v1" for word in ("opened", "decided")),
    }
    for event in events:
        validator_of(event["type"]).validate(event)
        assert from_json(json.dumps(event))["type"] == event["type"]


async def test_an_event_that_says_more_or_less_is_not_as_the_document_says(
    counter: Counter,
) -> None:
    await counter.number("张伟")
    await counter.number_events()
    event = (await counter.get("/v1/events")).json()["items"][0]
    more = {**event, "data": {**event["data"], "name": "张伟"}}
    less = {name: value for name, value in event.items() if name != "sequence"}
    other = {**event, "data": {**event["data"], "customer_no": "1"}}

    validator_of(event["type"]).validate(event)
    for wrong in (more, less, other):
        with pytest.raises(ValidationError):
            validator_of(event["type"]).validate(wrong)
