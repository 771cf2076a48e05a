"""What models cost, for those who may see the work: of one attempt, and of a person over time."""

from collections.abc import Iterable, Sequence
from typing import Literal

from parlour.accounts import actions as accounts
from parlour.attempts import access, store
from parlour.attempts.detail_shapes import MessageUsage
from parlour.conversations.spoken.reading.words import spoken_ms
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.kernel.ids import AttemptId
from parlour.kernel.refusals import not_found
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.entities import Grouping, UsageOf, UsageRow, UsageSum

DAY_MS = 86_400_000
MICROS = 1_000_000
GROUPS_MAX = 1_000

GroupBy = Literal["day", "model", "task"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """An amount in units of a currency (ISO 4217)."""

    currency: str
    cost: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Total:
    """What requests with something in common came to.

    `key` is a model, a task or a day in UTC. `estimated` of the `requests` have estimated tokens,
    `unpriced` ones are not in `costs`, because their model had no price.
    """

    key: str
    requests: int
    input_tokens: int
    output_tokens: int
    estimated: int
    seconds: float
    costs: Sequence[Cost]
    unpriced: int


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageItem:
    """One request to a model. `subject_id` is the message or the grade that it was made for."""

    subject_id: str
    chat_id: str | None
    task: str
    model: str
    input_tokens: int
    output_tokens: int
    estimated: bool
    seconds: float
    cost: float | None
    currency: str | None
    at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechSeconds:
    """Seconds of sound: what the learner said, and what was heard of answers."""

    learner_seconds: float
    persona_seconds: float


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptUsage:
    """Every request made for an attempt, oldest first, and what they came to; how long people and personas spoke.

    What speech services of others cost is not known here.
    """

    attempt_id: str
    items: Sequence[UsageItem]
    by_task: Sequence[Total]
    by_model: Sequence[Total]
    speech: SpeechSeconds


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageReport:
    """What a person's requests came to, by group: days newest first, else by key. At most `GROUPS_MAX` groups."""

    profile_id: str
    group_by: GroupBy
    items: Sequence[Total]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Whose usage, between which instants (both included), by what. Without `profile_id` one's own."""

    profile_id: str | None = None
    at_from: int | None = None
    at_until: int | None = None
    group_by: GroupBy = "day"


def attempt_usage(tx: Tx, actor: Actor, attempt_id: str) -> AttemptUsage:
    """What an attempt used that the actor may read; raises `not_found`."""
    attempt = access.attempt_to_read(tx, actor, attempt_id)
    rows = usage.of_attempt(tx, attempt.id)
    learner_ms, persona_ms = spoken_ms(tx, attempt.id)
    return AttemptUsage(
        attempt_id=attempt.id,
        items=[_item(row) for row in rows],
        by_task=totals(_single(row, row.task) for row in rows),
        by_model=totals(_single(row, row.model) for row in rows),
        speech=SpeechSeconds(learner_seconds=learner_ms / 1000, persona_seconds=persona_ms / 1000),
    )


def usage_report(tx: Tx, actor: Actor, wanted: Wanted) -> UsageReport:
    """What a person used: of oneself and for a superadmin everything, else the attempts of theirs that the
    actor may read. Raises `not_found` for a person of whom the actor may read nothing.
    """
    account_id = wanted.profile_id or actor.account_id
    person = accounts.account_by_id(tx, account_id)
    attempt_ids: tuple[str, ...] | None = None
    if account_id != actor.account_id and actor.role != "superadmin":
        attempt_ids = tuple(store.readable_of(tx, actor, account_id))
    if person is None or attempt_ids == ():
        raise not_found("Account")
    which = UsageOf(
        account_id=person.account_id, attempt_ids=attempt_ids, at_from=wanted.at_from, at_until=wanted.at_until
    )
    return UsageReport(
        profile_id=person.account_id, group_by=wanted.group_by, items=grouped(tx, which, wanted.group_by)[:GROUPS_MAX]
    )


def grouped(tx: Tx, which: UsageOf, group: Grouping) -> list[Total]:
    """What requests came to; days are named like 2026-01-31 and the newest is first."""
    sums = usage.sums(tx, which, group)
    if group != "day":
        return totals((each.key, each) for each in sums)
    return totals((rfc3339(int(each.key) * DAY_MS)[:10], each) for each in sums)[::-1]


def usage_by_message(tx: Tx, attempt_id: AttemptId) -> dict[str, MessageUsage]:
    """What each message and grade of an attempt used, by its id."""
    rows: dict[str, list[UsageRow]] = {}
    for row in usage.of_attempt(tx, attempt_id):
        rows.setdefault(row.subject_id, []).append(row)
    return {subject_id: _message_usage(of_subject) for subject_id, of_subject in rows.items()}


def totals(sums: Iterable[tuple[str, UsageSum]]) -> list[Total]:
    """One total for every key, by key; amounts in different currencies stay apart."""
    groups: dict[str, list[UsageSum]] = {}
    for key, each in sums:
        groups.setdefault(key, []).append(each)
    return [_total(key, groups[key]) for key in sorted(groups)]


def _total(key: str, sums: Sequence[UsageSum]) -> Total:
    costs: dict[str, int] = {}
    for each in sums:
        if each.currency is not None:
            costs[each.currency] = costs.get(each.currency, 0) + (each.cost_micros or 0)
    return Total(
        key=key,
        requests=sum(each.requests for each in sums),
        input_tokens=sum(each.input_tokens for each in sums),
        output_tokens=sum(each.output_tokens for each in sums),
        estimated=sum(each.estimated for each in sums),
        seconds=sum(each.milliseconds for each in sums) / 1000,
        costs=[Cost(currency=currency, cost=costs[currency] / MICROS) for currency in sorted(costs)],
        unpriced=sum(each.requests for each in sums if each.currency is None),
    )


def _single(row: UsageRow, key: str) -> tuple[str, UsageSum]:
    return key, UsageSum(
        key=key,
        requests=1,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        estimated=int(row.estimated),
        milliseconds=row.milliseconds,
        cost_micros=row.cost_micros,
        currency=row.currency,
    )


def _item(row: UsageRow) -> UsageItem:
    return UsageItem(
        subject_id=row.subject_id,
        chat_id=row.chat_id,
        task=row.task,
        model=row.model,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        estimated=row.estimated,
        seconds=row.milliseconds / 1000,
        cost=None if row.cost_micros is None else row.cost_micros / MICROS,
        currency=row.currency,
        at=rfc3339(row.at),
    )


def _message_usage(rows: Sequence[UsageRow]) -> MessageUsage:
    currencies = {row.currency for row in rows}
    currency = currencies.pop() if len(currencies) == 1 else None
    return MessageUsage(
        input_tokens=sum(row.input_tokens for row in rows),
        output_tokens=sum(row.output_tokens for row in rows),
        seconds=sum(row.milliseconds for row in rows) / 1000,
        cost=sum(row.cost_micros or 0 for row in rows) / MICROS if currency else None,
        currency=currency,
    )
