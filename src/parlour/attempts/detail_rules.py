"""What is derived from the chats of an attempt (Glow 10.3). Pure rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parlour.attempts.detail_shapes import ContinuationOption, PreviousChat, Results, Timer
from parlour.catalog.entities import ChatTemplate
from parlour.conversations.entities import Chat
from parlour.grading.rules import percentage


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatOutcome:
    """How one chat stands. `score`, `passed` and `total_points` are those of the grade that counts, if any."""

    chat_entry_id: str
    completed: bool
    score: int | None
    passed: bool | None
    total_points: int | None


def results(outcomes: Sequence[ChatOutcome], total_chats: int) -> Results:
    """Score, points to have, and whether the attempt is passed (decision D34).

    A chat that is graded while it is open adds to the score only; the percentage leaves it out.
    """
    completed = [outcome for outcome in outcomes if outcome.completed]
    possible = sum(outcome.total_points or 0 for outcome in completed)
    return Results(
        total_score=sum(outcome.score or 0 for outcome in outcomes),
        total_possible_points=possible,
        percentage=percentage(sum(outcome.score or 0 for outcome in completed), possible),
        passed=bool(completed) and all(outcome.passed is True for outcome in completed),
        chats_completed=len(completed),
        total_chats=total_chats,
    )


def total_chats(num_chats: int, chats: int, *, infinite_mode: bool) -> int:
    """How many chats an attempt has: one per template, in infinite mode those there are."""
    return chats if infinite_mode else num_chats


def time_limit(templates: Iterable[ChatTemplate]) -> int | None:
    """The sum of the limits in seconds; None if no template has one."""
    limits = [template.time_limit for template in templates if template.time_limit is not None]
    return sum(limits) if limits else None


def timer(chats: Sequence[Chat], limit: int | None, current: Chat | None, now_ms: int) -> Timer:
    """The time used in all chats: completed ones as long as they took, an open one until now."""
    ends = [(chat, chat.completed_at if chat.completed_at is not None else now_ms) for chat in chats]
    elapsed = sum(end - chat.created_at for chat, end in ends) // 1000
    return Timer(
        elapsed=elapsed,
        limit=limit,
        exceeded=limit is not None and elapsed > limit,
        formatted="" if limit is None else formatted(limit - elapsed),
        negative=current.snapshot.template.negative_time if current else False,
    )


def formatted(seconds: int) -> str:
    """`[-]Hh Mm Ss`."""
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}h {minutes % 60}m {rest}s"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reusable:
    """An earlier chat of the account that is completed and graded: what is asked for reuse (6.7)."""

    chat: Chat
    score: int
    total_points: int
    time_taken: int


def continuation_options(templates: Iterable[ChatTemplate], earlier: Sequence[Reusable]) -> list[ContinuationOption]:
    """What may be reused for `templates`, those without a chat yet in position order (10.3).

    The best chat per template (highest score, then least time), as growing bundles, without those
    that another one equals or beats in both score and time.
    """
    best = [chosen for template in templates if (chosen := _best(template, earlier))]
    bundles = [_option(best[:count]) for count in range(1, len(best) + 1)]
    return [each for each in bundles if not any(_beats(other, each) for other in bundles if other is not each)]


def _best(template: ChatTemplate, earlier: Sequence[Reusable]) -> tuple[ChatTemplate, Reusable] | None:
    fitting = [each for each in earlier if template.use_previous and _fits(template, each.chat)]
    best = min(fitting, key=lambda each: (-each.score, each.time_taken, each.chat.id), default=None)
    return (template, best) if best else None


def _fits(template: ChatTemplate, chat: Chat) -> bool:
    scenario, rubric = chat.snapshot.scenario, chat.snapshot.rubric
    return (
        (scenario.id, scenario.version) == (template.scenario_id, template.scenario_version)
        and rubric is not None
        and (rubric.id, rubric.version) == (template.rubric_id, template.rubric_version)
    )


def _option(bundle: Sequence[tuple[ChatTemplate, Reusable]]) -> ContinuationOption:
    score = sum(source.score for _, source in bundle)
    return ContinuationOption(
        scenarios=[
            PreviousChat(
                chat_entry_id=template.id,
                scenario_name=source.chat.title,
                attempt_chat_id=source.chat.id,
                score=source.score,
                percentage=percentage(source.score, source.total_points),
                time_taken=source.time_taken,
                position=template.position,
            )
            for template, source in bundle
        ],
        total_score=score,
        total_percentage=percentage(score, sum(source.total_points for _, source in bundle)),
        total_time=sum(source.time_taken for _, source in bundle),
    )


def _beats(one: ContinuationOption, other: ContinuationOption) -> bool:
    no_worse = one.total_score >= other.total_score and one.total_time <= other.total_time
    return no_worse and (one.total_score, one.total_time) != (other.total_score, other.total_time)
