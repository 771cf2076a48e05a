"""Speech that was perhaps misheard, in a grade (Glow 6.8): unclear words may raise it and never lower it.

A transcript with unclear words is judged twice: as it is, and with a mark in the place of every unclear part. Each
criterion has the better of both levels. Quotes hold for the transcript as it is, as ever (6.4.5). Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from parlour.conversations.entities import Message
from parlour.conversations.spoken.unclear import Span, clear_only, masked
from parlour.grading.prompt import Paper
from parlour.grading.rules import Level, collapsed, occurs, said_by_learner
from parlour.kernel.ids import MessageId


def clear_paper(paper: Paper) -> Paper:
    """The paper without its unclear words: only levels are asked of it."""
    return replace(
        paper,
        path=[_masked(message, paper.unclear) for message in paper.path],
        wanted=("feedbacks",),
        unclear={},
        marked=True,
    )


def better_levels(paper: Paper, all_words: Sequence[Level], clear_words: Sequence[Level]) -> tuple[Level, ...]:
    """Of every criterion the level with more points; where both are equal, that of the transcript as it is."""
    said = said_by_learner(paper.path)
    spared = {level.group.id: level for level in clear_words}
    chosen: list[Level] = []
    for level in all_words:
        other = spared[level.group.id]
        if other.standard.points > level.standard.points:
            evidence = tuple(each for each in other.evidence if occurs(each[1], each[0], said))
            chosen.append(replace(other, evidence=evidence, judged_on="clear_words"))
        else:
            chosen.append(level)
    return tuple(chosen)


def lies_in_unclear(quote: str, message_id: str | None, clear: Mapping[str, str]) -> bool:
    """Whether a quote that occurs in a message needs words of it that are unclear; `clear` is that of `clear_words`."""
    return message_id in clear and not occurs(quote, message_id, clear)


def clear_words(paper: Paper) -> Mapping[str, str]:
    """The collapsed text of every message with unclear words, without these, for `lies_in_unclear`."""
    return {
        message.id: collapsed(clear_only(message.content, paper.unclear[message.id]))
        for message in paper.path
        if message.id in paper.unclear
    }


def _masked(message: Message, unclear: Mapping[MessageId, Sequence[Span]]) -> Message:
    spans = unclear.get(message.id)
    return replace(message, content=masked(message.content, spans)) if spans else message
