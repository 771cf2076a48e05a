"""What requests to models cost: one row a request, in the transaction that stores its outcome.

Whoever asks a model makes a `Meter` of the request, shows it the pieces, and hands what it read
to `note` in the transaction of the outcome. A request that failed before any text, and whose
tokens are not known, leaves no row. Tokens are those that the provider counted; where it counted
none they are estimated, four characters a token, and the row says so.
"""

import asyncio
from collections.abc import Sequence
from typing import get_args

from parlour.catalog import actions as catalog
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, AttemptId, ChatId
from parlour.storage.tx import Tx
from parlour.turns import store
from parlour.turns.entities import Grouping, UsageOf, UsageRow, UsageSum
from parlour.turns.ports import Piece, Request, Task, Text, ToolCall, Usage

CHARACTERS_PER_TOKEN = 4
ATTEMPTS_AT_ONCE = 500
_TASKS = get_args(Task)


@dataclass(frozen=True, kw_only=True, slots=True)
class Payer:
    """For whom a model was asked, and about what: `subject_id` is a message, a grade, a draft or a replay.

    `account_id` is the owner of the attempt or of the draft, also if somebody else asked.
    """

    account_id: AccountId
    attempt_id: AttemptId | None = None
    chat_id: ChatId | None = None
    test_id: str | None = None
    subject_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """What one request used. `model` is the model's name in the settings."""

    payer: Payer
    task: Task
    model: str
    input_tokens: int
    output_tokens: int
    estimated: bool
    milliseconds: int


class Meter:
    """Measures one request, from now on; to be made where the request is sent (in its event loop)."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._clock = asyncio.get_running_loop()
        self._began = self._clock.time()
        self._counted: Usage | None = None
        self._ended: float | None = None
        self._characters = 0

    def see(self, piece: Piece) -> None:
        """Take a piece of the answer in."""
        match piece:
            case Text():
                self._characters += len(piece.text)
            case ToolCall():
                self._characters += len(piece.arguments)
            case Usage():
                self._counted = piece
            case _:
                return

    def wrote(self, text: str) -> None:
        """Take text in whose pieces were not shown."""
        self._characters += len(text)

    def end(self) -> None:
        """The request is over: time does not count any more."""
        self._ended = self._clock.time()

    def used(self, payer: Payer) -> Used | None:
        """What the request used until now; None if nothing came of it."""
        counted = self._counted
        if counted is None and not self._characters:
            return None
        ended = self._clock.time() if self._ended is None else self._ended
        asked = sum(len(said.content) for said in self._request.messages)
        return Used(
            payer=payer,
            task=self._request.task,
            model=self._request.model,
            input_tokens=counted.input_tokens if counted else _tokens(asked),
            output_tokens=counted.output_tokens if counted else _tokens(self._characters),
            estimated=counted is None,
            milliseconds=round((ended - self._began) * 1000),
        )


def note(tx: Tx, used: Used | None) -> None:
    """Keep what a request used, with its price of now; nothing for None."""
    if used is None:
        return
    price = catalog.price_of(tx, used.model)
    row = UsageRow(
        id=tx.new_id(),
        account_id=used.payer.account_id,
        attempt_id=used.payer.attempt_id,
        chat_id=used.payer.chat_id,
        subject_id=used.payer.subject_id,
        task=used.task,
        model=used.model,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        estimated=used.estimated,
        milliseconds=used.milliseconds,
        cost_micros=price.cost_micros(used.input_tokens, used.output_tokens) if price else None,
        currency=price.currency if price else None,
        at=tx.now_ms,
        test_id=used.payer.test_id,
    )
    store.insert_usage(tx, row)


def note_all(tx: Tx, used: Sequence[Used | None]) -> None:
    """The same for several requests."""
    for each in used:
        note(tx, each)


def of_attempt(tx: Tx, attempt_id: str) -> list[UsageRow]:
    """Every request made for an attempt, oldest first; a reply before its hints, which are stored with it."""
    return sorted(store.usage_of_attempt(tx, attempt_id), key=lambda row: (row.at, _TASKS.index(row.task)))


def sums(tx: Tx, which: UsageOf, group: Grouping) -> list[UsageSum]:
    """What the requests came to, by group and currency, in no order."""
    if which.attempt_ids is None:
        return _sums(tx, which, group, ())
    found: list[UsageSum] = []
    for start in range(0, len(which.attempt_ids), ATTEMPTS_AT_ONCE):
        found += _sums(tx, which, group, which.attempt_ids[start : start + ATTEMPTS_AT_ONCE])
    return found


def _sums(tx: Tx, which: UsageOf, group: Grouping, attempt_ids: Sequence[str]) -> list[UsageSum]:
    conditions: list[str] = []
    params: dict[str, object] = {}
    for name, condition, value in (
        ("account", "account_id = :account", which.account_id),
        ("test", "test_id = :test", which.test_id),
        ("from", "at >= :from", which.at_from),
        ("until", "at <= :until", which.at_until),
    ):
        if value is not None:
            conditions.append(condition)
            params[name] = value
    if attempt_ids:
        names = {f"attempt_{index}": attempt_id for index, attempt_id in enumerate(attempt_ids)}
        conditions.append(f"attempt_id IN ({', '.join(f':{name}' for name in names)})")
        params |= names
    return store.usage_sums(tx, group, conditions, params)


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)
