"""The AsyncAPI document: every event, and the ways it leaves the house."""

from typing import Any, Final

import ecif
from ecif.api.event_shapes import event_types, shape_of
from ecif.events import Event

_MEDIA_TYPE: Final = "application/cloudevents+json"
_DESCRIPTION: Final = """\
Every change of a customer, once it is committed: in order per customer (`sequence` has no holes), at least once, and
nothing skipped. Each event is a CloudEvent 1.0.2 in structured JSON and the same, byte by byte, on every way out.
Events hold ids, versions and names of fields; a subscription with the right scope may ask for the customer as of the
event's version, which then stands in `data.customer`.
"""
_ENVELOPE: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A CloudEvent 1.0.2 with the sequence and partitioning extensions, and the position in the feed.",
    "required": [
        *("specversion", "id", "source", "type", "time", "position"),
        *("dataschema", "datacontenttype", "data"),
    ],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {
            "type": "string",
            "format": "uuid",
            "description": "Unique for ever; drop a repeated one.",
        },
        "source": {"type": "string", "format": "uri", "description": "This installation."},
        "type": {"type": "string"},
        "subject": {"type": "string", "description": "The customer number."},
        "time": {"type": "string", "format": "date-time"},
        "sequence": {
            "type": "string",
            "pattern": "^[0-9]{19}$",
            "description": "Counts the events of the customer from 1, without holes.",
        },
        "partitionkey": {"type": "string", "description": "The customer number."},
        "position": {"type": "integer", "minimum": 1, "description": "Place in the feed."},
        "dataschema": {"type": "string", "format": "uri"},
        "datacontenttype": {"const": "application/json"},
        "data": {"type": "object"},
    },
}
_WEBHOOK_HEADERS: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Standard Webhooks 1.0.0.",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {"type": "string", "description": "The id of the event, also on redelivery."},
        "webhook-timestamp": {"type": "string", "description": "Unix seconds of this attempt."},
        "webhook-signature": {
            "type": "string",
            "description": "`v1,` HMAC-SHA256 or `v1a,` Ed25519; several by blanks.",
        },
    },
}
_CUSTOMER_NO: Final = {
    "type": "string",
    "description": "The customer number; none for other events.",
}
_CHANNELS: Final[dict[str, dict[str, Any]]] = {
    "stream": {
        "address": "/v1/events/stream",
        "title": "Live stream",
        "description": "Server-sent events: `data` is the CloudEvent, `id` the cursor that `Last-Event-ID` resumes at.",
    },
    "webhook": {
        "address": None,
        "title": "Webhook of a subscription",
        "description": "One signed POST per event to the subscription's address; any 2xx confirms it.",
    },
    "kafka": {
        "address": None,
        "title": "Kafka topic of a subscription",
        "description": "One record per event, keyed by customer number, `content-type` header in structured mode.",
    },
    "nats": {
        "address": None,
        "title": "NATS JetStream subject of a subscription",
        "description": "`Nats-Msg-Id` is the event's id, so the stream itself drops redeliveries in its window.",
    },
    "rabbitmq": {
        "address": None,
        "title": "RabbitMQ exchange of a subscription",
        "description": "Published persistent and mandatory, confirmed by the broker; `message_id` is the event's id.",
    },
}
_OPERATION_BINDINGS: Final[dict[str, dict[str, Any]]] = {
    "stream": {"http": {"method": "GET", "bindingVersion": "0.3.0"}},
    "webhook": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
    "kafka": {},
    "nats": {},
    "rabbitmq": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}},
}
_MESSAGE_BINDINGS: Final[dict[str, Any]] = {
    "http": {"headers": _WEBHOOK_HEADERS, "bindingVersion": "0.3.0"},
    "kafka": {"key": _CUSTOMER_NO, "bindingVersion": "0.5.0"},
    "amqp": {"contentEncoding": "utf-8", "bindingVersion": "0.3.0"},
}


def events_document() -> dict[str, Any]:
    """The AsyncAPI 3.0 document of all events; always the same for the same events.

    Source: AsyncAPI 3.0.0; bindings of http 0.3.0, kafka 0.5.0, amqp 0.3.0.
    """
    events = event_types()
    return {
        "asyncapi": "3.0.0",
        "id": "urn:ecif:events",
        "info": {"title": "ecif events", "version": ecif.__version__, "description": _DESCRIPTION},
        "defaultContentType": _MEDIA_TYPE,
        "channels": {name: _channel(said, events) for name, said in _CHANNELS.items()},
        "operations": {f"send-{name}": _operation(name) for name in _CHANNELS},
        "components": {
            "messages": {event.__name__: _message(event) for event in events},
            "schemas": {
                "CloudEvent": _ENVELOPE,
                **{event.__name__: shape_of(event) for event in events},
            },
        },
    }


def _channel(said: dict[str, Any], events: list[type[Event]]) -> dict[str, Any]:
    names = [event.__name__ for event in events]
    messages = {name: {"$ref": f"#/components/messages/{name}"} for name in names}
    return {**said, "messages": messages}


def _operation(name: str) -> dict[str, Any]:
    bindings = _OPERATION_BINDINGS[name]
    operation = {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
    return {**operation, "bindings": bindings} if bindings else operation


def _message(event: type[Event]) -> dict[str, Any]:
    shape = shape_of(event)
    of_customer = (
        ["subject", "partitionkey", "sequence"] if "customer_no" in shape["required"] else []
    )
    return {
        "name": event.type,
        "summary": shape["description"],
        "contentType": _MEDIA_TYPE,
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEvent"},
                {
                    "type": "object",
                    "required": [*of_customer, "type", "data"],
                    "properties": {
                        "type": {"const": event.type},
                        "data": {"$ref": f"#/components/schemas/{event.__name__}"},
                    },
                },
            ]
        },
        "bindings": _MESSAGE_BINDINGS,
    }
