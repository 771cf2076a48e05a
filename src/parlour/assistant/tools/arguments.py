"""Reading the arguments of a call, and describing them in its schema (lab protocol 8.1)."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parlour.assistant.sentences import sentence
from parlour.assistant.tools.ports import Call, FailedError

LIMIT_MAX = 50
_DATE = "A day, as 2026-01-31, in the person's time zone."


def schema(required: tuple[str, ...] = (), **properties: Mapping[str, object]) -> Mapping[str, object]:
    """The JSON Schema of a tool's arguments; others are refused."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def text_of(description: str, *, longest: int = 2_000) -> Mapping[str, object]:
    """The schema of a text."""
    return {"type": "string", "minLength": 1, "maxLength": longest, "description": description}


def limit_of(default: int, most: int = LIMIT_MAX) -> Mapping[str, object]:
    """The schema of how many results are wanted."""
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default}


def period_of() -> Mapping[str, Mapping[str, object]]:
    """The schemas of `from` and `to`."""
    return {
        "from": {"type": "string", "description": f"The first day. {_DATE}"},
        "to": {"type": "string", "description": f"The last day. {_DATE}"},
    }


def titles(name: str) -> Mapping[str, str]:
    """A built-in tool's name for people, by language."""
    return {"en": sentence("en", f"tools.{name}"), "zh": sentence("zh", f"tools.{name}")}


def words(call: Call, key: str) -> str:
    """An argument as text; empty if it is missing."""
    value = call.arguments.get(key)
    return value.strip() if isinstance(value, str) else ""


def limit(call: Call, default: int, most: int = LIMIT_MAX) -> int:
    """How many results are wanted."""
    value = call.arguments.get("limit")
    return min(max(value, 1), most) if isinstance(value, int) and not isinstance(value, bool) else default


def since_until(call: Call) -> tuple[int | None, int | None]:
    """From the begin of the day `from` to the end of the day `to`, in milliseconds (inclusive, exclusive)."""
    first, last = words(call, "from"), words(call, "to")
    return (
        _begin(call, _day("from", first)) if first else None,
        _begin(call, _day("to", last) + timedelta(days=1)) if last else None,
    )


def moment(call: Call, milliseconds: int) -> str:
    """A time as the person reads it, in their time zone."""
    return datetime.fromtimestamp(milliseconds / 1000, zone(call.member.timezone)).strftime("%Y-%m-%d %H:%M")


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of that name. Raises `FailedError`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise FailedError(f"no such time zone: {name[:60]}") from None


def _day(key: str, text: str) -> date:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise FailedError(f"{key} is no day; write it like 2026-01-31") from None
    if not 1970 < day.year < 9000:
        raise FailedError(f"{key} is no day of our time")
    return day


def _begin(call: Call, day: date) -> int:
    return int(datetime.combine(day, time(), zone(call.member.timezone)).timestamp() * 1000)
