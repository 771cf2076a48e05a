"""What is derived from the chats of an attempt (Glow 10.3). Pure rules."""

from collections.abc import Iterable, Sequence

from parlour.attempts.detail_shapes import ContinuationOption, PreviousChat, Results, Timer
from parlour.attempts.entities import Attempt
from parlour.attempts.reuse_rules import Earlier, EarlierGrade, pair_fault
from parlour.catalog.entities import ChatTemplate
from parlour.conversations.entities import Chat
from parlour.grading.rules import percentage
from parlour.kernel.dataclass import dataclass


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
class _Choice:
    """A template, and the best of the earlier chats that may stand for it."""

    template: ChatTemplate
    chat: Chat
    grade: EarlierGrade


def continuation_options(
    attempt: Attempt, free: Iterable[ChatTemplate], earlier: Sequence[Earlier]
) -> list[ContinuationOption]:
    """What may be reused in the lobby of an attempt; `free` are its templates without a chat in position order (10.3).

    The best chat per template (highest score, then least time), as growing bundles, without those
    that another one equals or beats in both score and time.
    """
    best = [choice for template in free if (choice := _best(attempt, template, earlier))]
    bundles = [_option(best[:count]) for count in range(1, len(best) + 1)]
    return [each for each in bundles if not any(_beats(other, each) for other in bundles if other is not each)]


def _best(attempt: Attempt, template: ChatTemplate, earlier: Sequence[Earlier]) -> _Choice | None:
    fitting = [
        _Choice(template=template, chat=each.chat, grade=each.grade)
        for each in earlier
        if each.grade and pair_fault(attempt, template, each) is None
    ]
    return min(fitting, key=lambda each: (-each.grade.score, each.grade.time_taken, each.chat.id), default=None)


def _option(bundle: Sequence[_Choice]) -> ContinuationOption:
    score = sum(choice.grade.score for choice in bundle)
    return ContinuationOption(
        scenarios=[
            PreviousChat(
                chat_entry_id=choice.template.id,
                scenario_name=choice.chat.title,
                attempt_chat_id=choice.chat.id,
                score=choice.grade.score,
                percentage=percentage(choice.grade.score, choice.grade.total_points),
                time_taken=choice.grade.time_taken,
                position=choice.template.position,
            )
            for choice in bundle
        ],
        total_score=score,
        total_percentage=percentage(score, sum(choice.grade.total_points for choice in bundle)),
        total_time=sum(choice.grade.time_taken for choice in bundle),
    )


def _beats(one: ContinuationOption, other: ContinuationOption) -> bool:
    no_worse = one.total_score >= other.total_score and one.total_time <= other.total_time
    return no_worse and (one.total_score, one.total_time) != (other.total_score, other.total_time)
