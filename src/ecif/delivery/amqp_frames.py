"""What goes over a line to an AMQP 0-9-1 broker with every event; everything else is written and read by pamqp."""

import struct
from functools import lru_cache
from typing import Final, NamedTuple

CHANNEL: Final = 1
"""The one channel of a line."""

FRAME_BYTES: Final = 131_072
"""The largest frame that is sent or taken."""

METHOD: Final = 1
"""The kind of a frame that holds a method."""

HEAD: Final = struct.Struct(">BHI")
"""Before each frame: its kind, its channel, and the size of what it holds; after it comes one byte more."""

_HEADER: Final = 2
_BODY: Final = 3
_END: Final = b"\xce"
_PUBLISH: Final = struct.pack(">HHH", 60, 40, 0)
_MANDATORY: Final = b"\x01"
_CONTENT: Final = struct.Struct(">HHQH")
_PERSISTENT: Final = b"\x02"
_PROPERTIES: Final = 1 << 15 | 1 << 12 | 1 << 7 | 1 << 5 | 1 << 3
"""Content type, delivery mode, message id, type, application id. Source: AMQP 0-9-1, 4.2.6.1 and class basic."""


class Publication(NamedTuple):
    """A message and where it goes; the texts are at most 255 bytes each."""

    exchange: str
    routing_key: str
    message_id: str
    type: str
    content_type: str
    application: str
    body: bytes


def written(publication: Publication, frame_bytes: int) -> bytes:
    """A mandatory, persistent message as it goes over the line: method, header and body in frames of that size."""
    body = publication.body
    content = (
        _CONTENT.pack(60, 0, len(body), _PROPERTIES)
        + _short(publication.content_type)
        + _PERSISTENT
        + _short_once(publication.message_id)
        + _short(publication.type)
        + _short(publication.application)
    )
    room = frame_bytes - HEAD.size - len(_END)
    pieces = [_frame(_BODY, body[at : at + room]) for at in range(0, len(body), room)]
    method = _method(publication.exchange, publication.routing_key)
    return b"".join((method, _frame(_HEADER, content), *pieces))


@lru_cache(maxsize=256)
def _method(exchange: str, routing_key: str) -> bytes:
    return _frame(METHOD, _PUBLISH + _short(exchange) + _short(routing_key) + _MANDATORY)


@lru_cache(maxsize=256)
def _short(said: str) -> bytes:
    return _short_once(said)


def _short_once(said: str) -> bytes:
    plain = said.encode()
    return bytes((len(plain),)) + plain


def _frame(kind: int, payload: bytes) -> bytes:
    return HEAD.pack(kind, CHANNEL, len(payload)) + payload + _END
