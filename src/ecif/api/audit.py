"""The audit trail: who did what, who looked at what, and for which purpose."""

from typing import Any

import orjson
from starlette.responses import Response

from ecif.api.admin_shapes import AuditsAnswer
from ecif.api.answers import json_answer
from ecif.api.call import Call
from ecif.api.doors import Door
from ecif.api.pages import After, Limit, Word, id_after
from ecif.security import Scope
from ecif.store import BadCursor, Row, list_entries, page_of

door = Door("audit")


@door.route(
    "GET /v1/admin/audit", needs=Scope.AUDIT_READ, answers=AuditsAnswer, refuses=[BadCursor]
)
async def list_audit(
    call: Call, subject: Word = None, after: After = None, limit: Limit = 100
) -> Response:
    """List what was done and seen, the oldest first; `subject` is a customer number or another id."""
    last = id_after(after)
    rows = await call.tell(
        lambda work: list_entries(work, after=last, limit=limit + 1, subject=subject)
    )
    page = page_of(rows, limit, lambda row: [row["id"]])
    return json_answer({"items": [_entry(row) for row in page.items], "next": page.next})


def _entry(row: Row) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "at": row["at"],
        "actor": row["actor"],
        "action": row["action"],
        "subject": row["subject"],
        "purpose": row["purpose"],
        "details": orjson.Fragment(row["details"]),
    }
