"""Markdown: one attempt to read or print. Words of people and models are escaped: they cannot make markup."""

import re
from collections.abc import Iterator, Sequence

from parlour.attempts import detail_shapes as shapes
from parlour.attempts.exports.records import Record, feedbacks_of, text_of
from parlour.conversations.spoken.entities import Utterance
from parlour.grading.rules import percentage

# What makes markup anywhere, links of their own included, and what makes it at the begin of a line.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>|~&@]|(?<=\])\(|:(?=//)|(?i:(?<=www))\.")
_BEGIN = re.compile(r"^([#+\-=:]|\d{1,9}(?=[.)]))")
_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")


def page(record: Record) -> bytes:
    """The whole attempt."""
    return ("\n".join(_lines(record)) + "\n").encode("utf-8", "replace")


def plain(text: str) -> str:
    """A text as one line of Markdown that shows just its characters."""
    line = _MARKUP.sub(r"\\\g<0>", _BREAKS.sub(" ", text).strip())
    return _BEGIN.sub(lambda found: f"{found[1]}\\" if found[1].isdecimal() else f"\\{found[1]}", line)


def quoted(text: str) -> list[str]:
    """A text as a block quote, line by line."""
    return [f"> {plain(line)}".rstrip() for line in _BREAKS.split(text)]


def _lines(record: Record) -> Iterator[str]:
    attempt, shown, sums = record.attempt, record.detail.attempt, record.detail.aggregated_results
    yield f"# {plain(attempt.name)}"
    yield ""
    yield f"- Learner: {plain(shown.profile_name or attempt.account_id)}"
    yield f"- Kind: {'practice' if attempt.practice else 'assigned training'}"
    yield f"- Begun: {shown.created_at}"
    yield f"- Ended: {record.ended_at or 'still active'}"
    yield f"- Chats completed: {sums.chats_completed} of {sums.total_chats}"
    if sums.total_possible_points:
        verdict = "passed" if sums.passed else "not passed"
        yield f"- Result: {sums.total_score} of {sums.total_possible_points} points ({verdict})"
    yield f"- Attempt: {attempt.id}"
    for number, chat in enumerate(record.chats, 1):
        yield ""
        yield from _chat(record, chat, number)


def _chat(record: Record, chat: shapes.Chat, number: int) -> Iterator[str]:
    yield f"## {number}. {plain(chat.title)}"
    yield ""
    yield f"{chat.created_at} to {chat.completed_at or 'now'}"
    yield ""
    yield "### Conversation"
    messages = record.messages(chat)
    path = [message for message in messages if message.on_active_path and text_of(message)]
    said: dict[str, Utterance] = {utterance.message_id: utterance for utterance in record.utterances(chat)}
    aloud = {heard.message_id for heard in record.spoken_replies(chat)}
    for message in path:
        yield ""
        notes = ["spoken"] if message.id in said or message.id in aloud else []
        notes += [] if message.status == "complete" else [message.status]
        status = f" ({', '.join(notes)})" if notes else ""
        yield f"**{plain(record.speaker(message) or message.type)}**, {message.created_at}{status}"
        for content in message.contents:
            yield ""
            if len(message.contents) > 1:
                yield f"> **{plain(content.name or '')}:**"
                yield ">"
            yield from quoted(content.content)
        if message.id in said:
            yield from _dispute(said[message.id])
    if not path:
        yield ""
        yield "Nothing was said."
    if len(path) < len(messages):
        yield ""
        yield f"{len(messages) - len(path)} further messages are in other branches; the JSON Lines export has them."
    yield from _answers(record, chat)
    if chat.grade:
        yield from _grade(record, chat, chat.grade)


def _dispute(utterance: Utterance) -> Iterator[str]:
    if utterance.dispute is None:
        return
    yield ""
    if utterance.dispute == "accepted":
        yield "These are the learner's words. The recogniser had understood:"
        text = utterance.text
    else:
        decided = "has not been decided" if utterance.dispute == "open" else "was declined"
        yield f"The learner says it was misheard, which {decided}, and that they said:"
        text = utterance.disputed_text or ""
    yield ""
    yield from quoted(text)


def _answers(record: Record, chat: shapes.Chat) -> Iterator[str]:
    responses = list(record.responses(chat))
    if not responses:
        return
    yield ""
    yield "### Questions"
    for response in responses:
        chosen = "; ".join(plain(response.options.get(key, key)) for key in response.option_ids)
        counted = "" if response.scored else ", a later answer: it does not count"
        yield ""
        yield f"- {plain(response.question_text)}"
        yield f"  - Answer: {chosen} ({'correct' if response.is_correct else 'not correct'}{counted})"
        if response.correct_option_ids is not None and not response.is_correct:
            right = "; ".join(plain(response.options[key]) for key in response.correct_option_ids)
            yield f"  - Correct: {right}"


def _grade(record: Record, chat: shapes.Chat, grade: shapes.Grade) -> Iterator[str]:
    yield ""
    yield "### Grade"
    yield ""
    if grade.score is None:
        yield f"The grade is {grade.state}."
        return
    verdict = "passed" if grade.passed else "not passed"
    share = percentage(grade.score, grade.total_points)
    yield f"**{grade.score} of {grade.total_points} points, {share} %: {verdict}** (to pass: {grade.pass_points})"
    if grade.description:
        yield ""
        yield plain(grade.description)
    yield from _feedbacks(record, chat.feedbacks)
    for each in feedbacks_of(record, chat):
        yield ""
        yield f"**{'Strength' if each.type == 'strength' else 'To improve'}: {plain(each.name)}**"
        yield ""
        yield plain(each.description)
        for highlight in each.highlights:
            yield ""
            yield from quoted(highlight.section)
        for better in each.replaces:
            yield ""
            yield from quoted(better.section)
            yield ""
            yield f"Better: {plain(better.replace)}"
    for analysis in chat.analyses:
        yield ""
        yield plain(analysis.content)


def _feedbacks(record: Record, feedbacks: Sequence[shapes.Feedback]) -> Iterator[str]:
    groups, standards = record.detail.resources.standard_groups, record.detail.resources.standards
    for feedback in feedbacks:
        group, standard = groups.get(feedback.standard_group_id), standards.get(feedback.standard_id)
        level = f": {plain(standard.name)}" if standard else ""
        possible = f" of {group.points}" if group else ""
        yield ""
        yield f"**{plain(group.name if group else feedback.standard_group_id)}{level}** ({feedback.total}{possible})"
        yield ""
        yield plain(feedback.feedback)
        for evidence in feedback.evidence:
            yield ""
            yield from quoted(evidence.quote)
            if evidence.unclear:
                yield ""
                yield "Some of these words were perhaps misheard; they lower nothing."
        if feedback.judged_on == "clear_words":
            yield ""
            yield "Words that were perhaps misheard would have lowered this level; they were left out."
        if feedback.unsupported:
            yield ""
            yield "No words of the conversation were found that show this."
