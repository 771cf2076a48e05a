"""The four forms of an export as files: what stands before, between and after the attempts."""

from collections.abc import Callable, Mapping
from typing import Literal

from parlour.attempts.exports import jsonl, markdown, table, xapi
from parlour.attempts.exports.records import Record, record_of
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx

FormatName = Literal["jsonl", "csv", "markdown", "xapi"]
ListFormatName = Literal["jsonl", "csv", "xapi"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """A form of file. `piece` makes the bytes of one attempt; pieces that are not empty are joined by `between`.

    `tail` is told how many attempts there were and where the list goes on.
    """

    media_type: str
    suffix: str
    piece: Callable[[Record, str], bytes]
    tail: Callable[[int, str | None], bytes]
    head: bytes = b""
    between: bytes = b""


def _nothing(_attempts: int, _next_cursor: str | None) -> bytes:
    return b""


FORMATS: Mapping[FormatName, Format] = {
    "jsonl": Format(
        media_type="application/jsonl",
        suffix="jsonl",
        piece=lambda record, _: jsonl.lines(record),
        tail=jsonl.end,
    ),
    "csv": Format(
        media_type="text/csv; charset=utf-8",
        suffix="csv",
        head=table.head(),
        piece=lambda record, _: table.rows(record),
        tail=_nothing,
    ),
    "markdown": Format(
        media_type="text/markdown; charset=utf-8",
        suffix="md",
        piece=lambda record, _: markdown.page(record),
        tail=_nothing,
    ),
    "xapi": Format(
        media_type="application/json",
        suffix="json",
        head=b"[\n",
        between=b",\n",
        piece=lambda record, home_page: b",\n".join(xapi.statements(record, home_page)),
        tail=lambda _attempts, _next_cursor: b"\n]\n",
    ),
}


class Writing:
    """An export on its way: hands out the bytes of a file, an attempt at a time."""

    def __init__(self, form: Format, actor: Actor, home_page: str) -> None:
        self._form = form
        self._actor = actor
        self._home_page = home_page
        self.attempts = 0

    @property
    def head(self) -> bytes:
        """What the file begins with."""
        return self._form.head

    def piece(self, tx: Tx, attempt_id: str) -> bytes:
        """The next attempt; nothing if it has been deleted or withdrawn since the list was made."""
        try:
            record = record_of(tx, self._actor, attempt_id)
        except Refusal:
            return b""
        made = self._form.piece(record, self._home_page)
        between = self._form.between if self.attempts else b""
        self.attempts += 1
        return between + made

    def tail(self, next_cursor: str | None = None) -> bytes:
        """What the file ends with."""
        return self._form.tail(self.attempts, next_cursor)
