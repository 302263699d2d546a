"""Logs: one JSON object per line, event names and ids; texts of others are told without their values."""

import logging
from typing import Any, Final, TextIO

import orjson

_OURS: Final = "ecif"
_OWN_FIELDS: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Writes a record as JSON; of foreign libraries only the pattern of the message, of exceptions only the kind."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, Any] = {
            "event": str(record.msg),
            "at": round(record.created, 3),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        if record.name.split(".")[0] == _OURS:
            line |= {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}
        return orjson.dumps(line, default=str).decode()


def write_logs(to: TextIO, level: str) -> None:
    """Send every log line of this process to `to`."""
    lines = logging.StreamHandler(to)
    lines.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [lines]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "uvicorn.error", "alembic", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
