"""Logs as JSON, one object a line: `at`, `level`, `event` and ids. Never texts, names or tokens.

What Parlour logs passes through `log_event`, or has its ids in `extra=`. Of foreign loggers only the first line of the
constant part of a message is written, and of an exception only its type and where it was raised,
because the rest may hold what a person wrote.
"""

import json
import logging
import sys
import traceback
from typing import Literal

from parlour.kernel.clock import rfc3339

Level = Literal["debug", "info", "warning", "error"]
_LEVELS: dict[Level, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_VALUE_CHARS_MAX = 200
_FRAMES_MAX = 12
_FIELDS = "parlour_fields"
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_QUIET = ("aiohttp", "alembic", "asyncio", "engineio", "engineio.server", "httpx", "socketio", "socketio.server")


def log_event(
    logger: logging.Logger,
    level: Level,
    event: str,
    *,
    error: BaseException | None = None,
    **ids: str | int | float | bool | None,
) -> None:
    """Log that `event` (a constant word, `snake_case`) happened to the things with these ids."""
    number = _LEVELS[level]
    if logger.isEnabledFor(number):
        logger.log(number, event, exc_info=error, extra={_FIELDS: ids})


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """See the module."""
        line: dict[str, object] = {
            "at": rfc3339(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "event": str(record.msg).strip().split("\n", 1)[0][:_VALUE_CHARS_MAX],
        }
        fields: dict[str, object] | None = getattr(record, _FIELDS, None)
        if fields is None:
            line["logger"] = record.name
            if record.name.split(".")[0] == "parlour":
                fields = {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
        if fields is not None:
            line |= {name: _bounded(value) for name, value in fields.items() if value is not None}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["where"] = where(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def where(error: BaseException) -> list[str]:
    """The innermost frames of an exception as `file:line function`, without any value."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES_MAX:]
    return [f"{'/'.join(frame.filename.rsplit('/', 3)[-3:])}:{frame.lineno} {frame.name}" for frame in frames]


def configure_logging(level: Level = "info") -> None:
    """Send every logger of the process to standard error as JSON lines.

    Run uvicorn with `log_config=None`, so that it keeps this. Its access log stays off: paths
    carry tickets; the metrics count requests.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    for name in ("uvicorn", "uvicorn.error", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _bounded(value: object) -> object:
    return value[:_VALUE_CHARS_MAX] if isinstance(value, str) else value
