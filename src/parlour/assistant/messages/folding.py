"""Finals that nobody fetched in time go with the next turn's first reply (lab protocol 4.6)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parlour.assistant.entities import LabMessage, Member, Reference

FOLDED_CHARS_MAX = 64_000  # of `extra_info`; older texts beyond it are still read with `after`


def extra_of(folded: Sequence[LabMessage], own: str | None, member: Member) -> str | None:
    """The folded texts, oldest first and each under its date, before the reply's own `extra_info`."""
    kept: list[str] = []
    room = FOLDED_CHARS_MAX
    for message in reversed(folded):
        text = _dated(message, member)
        if len(text) > room:
            break
        kept.append(text)
        room -= len(text)
    return "\n\n".join([*reversed(kept), *([own] if own else [])]) or None


def references_of(folded: Sequence[LabMessage], own: Sequence[Reference]) -> tuple[Reference, ...]:
    """The reply's references and then those of the folded texts, each once."""
    older = [reference for message in folded for reference in message.references]
    return tuple(dict.fromkeys([*own, *older]))


def _dated(message: LabMessage, member: Member) -> str:
    at = datetime.fromtimestamp(message.created_at / 1000, UTC).astimezone(_zone(member.timezone))
    below = f"\n\n{message.extra_info}" if message.extra_info else ""
    return f"{at:%Y-%m-%d %H:%M %Z}\n{message.text}{below}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
