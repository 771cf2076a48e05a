"""One chat of an attempt as it is read: its records, the chat itself and its messages (Glow 10.2)."""

from collections.abc import Mapping, Sequence

from parlour.attempts import detail_shapes as shapes
from parlour.attempts.detail_quiz import shown_responses, summary_of
from parlour.attempts.detail_resources import Library, Linked
from parlour.attempts.detail_rules import ChatOutcome
from parlour.attempts.usage import usage_by_message
from parlour.catalog.entities import Rubric
from parlour.conversations import tree
from parlour.conversations.entities import Chat, Content, Hint, Message, Response
from parlour.conversations.reading import held_by
from parlour.conversations.rooms import chat_room
from parlour.events import log
from parlour.grading import actions as grading
from parlour.grading.entities import Analysis, Grade, Highlight, Improvement, Items, Replacement, Strength
from parlour.grading.rules import latest_done
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import MessageId
from parlour.storage.tx import Tx

OWN_NAME = "You"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatRecords:
    """What is stored about a chat. `grade` is the one that counts, else the newest; `items` are those of a done one.

    `hints`, `labels` and `usage` are those of the whole attempt.
    """

    chat: Chat
    linked: Linked
    messages: Sequence[Message]
    hints: Mapping[MessageId, Sequence[Hint]]
    grade: Grade | None
    items: Items
    responses: Sequence[Response]
    labels: Mapping[MessageId, str]
    grades_count: int
    room: shapes.Room
    usage: Mapping[str, shapes.MessageUsage]

    @property
    def outcome(self) -> ChatOutcome:
        """How the chat stands."""
        done = self.grade if self.grade and self.grade.state == "done" else None
        return ChatOutcome(
            chat_entry_id=self.chat.chat_entry_id,
            completed=self.chat.state == "completed",
            score=done.score if done else None,
            passed=done.passed if done else None,
            total_points=done.total_points if done else None,
        )


def records_of(tx: Tx, chats: Sequence[Chat], library: Library, newest: int) -> list[ChatRecords]:
    """Read chats of one attempt; `newest` is the newest position of the log."""
    held = held_by(tx, [chat.id for chat in chats])
    every = grading.grades_by_chat(tx, [chat.id for chat in chats])
    ordinary = {key: [each for each in found if each.branch_message_id is None] for key, found in every.items()}
    counting = {key: latest_done(found) for key, found in ordinary.items()}
    items = grading.items_by_grade(tx, [grade.id for grade in counting.values() if grade])
    usage = usage_by_message(tx, chats[0].attempt_id) if chats else {}
    records: list[ChatRecords] = []
    for chat in chats:
        done, head = counting[chat.id], log.room_head(tx, chat_room(chat.id), newest)
        record = ChatRecords(
            chat=chat,
            linked=library.linked(chat),
            messages=held.messages[chat.id],
            hints=held.hints,
            grade=done or next(reversed(ordinary[chat.id]), None),
            items=items[done.id] if done else Items(),
            responses=held.responses[chat.id],
            labels=held.labels,
            grades_count=sum(grade.state == "done" for grade in every[chat.id]),
            room=shapes.Room(epoch=head.epoch, seq=head.seq),
            usage=usage,
        )
        records.append(record)
    return records


def shown_chat(records: ChatRecords, *, is_current: bool) -> shapes.Chat:
    """A chat with its grade."""
    chat, linked, flags = records.chat, records.linked, records.chat.snapshot.template
    groups = linked.rubric.groups if linked.rubric else ()
    feedbacks = _message_feedbacks(records.items)
    return shapes.Chat(
        id=chat.id,
        title=chat.title,
        created_at=rfc3339(chat.created_at),
        completed_at=_time(chat.completed_at),
        completed=chat.state == "completed",
        completion=_completion(chat),
        is_current=is_current,
        position=chat.position,
        grade=_grade(records.grade) if records.grade else None,
        grades_count=records.grades_count,
        feedbacks=_feedbacks(records.items),
        analyses=_analyses(records.items),
        general_feedbacks=feedbacks.get(None, ()),
        show_problem_statement=flags.show_problem_statement,
        show_objectives=flags.show_objectives,
        show_images=flags.show_images,
        copy_paste_allowed=flags.copy_paste_allowed,
        text_enabled=flags.text_enabled,
        audio_enabled=flags.audio_enabled,
        hints_enabled=flags.hints_enabled,
        grading_state=_grading_state(records),
        dynamic_rubric=_dynamic_rubric(records),
        scenario_id=chat.snapshot.scenario.id,
        problem_statement_id=next((statement.id for statement in linked.problem_statements), None),
        objective_ids=[objective.id for objective in linked.objectives],
        persona_ids=chat.snapshot.persona_ids,
        image_ids=[image.id for image in linked.images],
        video_ids=[video.id for video in linked.videos],
        question_ids=[question.id for question in linked.questions],
        option_ids=[option.id for question in linked.questions for option in question.options],
        responses=shown_responses(records.responses),
        quiz=summary_of(linked.questions, records.responses),
        document_ids=[document.id for document in linked.documents],
        rubric_id=chat.snapshot.rubric.id if chat.snapshot.rubric else None,
        standard_group_ids=[group.id for group in groups],
        standard_ids=[standard.id for group in groups for standard in group.standards],
        group_id=chat.group_id,
        chat_entry_id=chat.chat_entry_id,
        source_chat_id=chat.source_chat_id,
        time_limit=flags.time_limit,
        negative_time=flags.negative_time,
        expires_at=_time(chat.expires_at),
        room=records.room,
    )


def shown_messages(records: ChatRecords, learner_name: str | None) -> list[shapes.Message]:
    """Every message of a chat, by creation, in whatever branch."""
    siblings = tree.siblings(records.messages)
    active = {message.id for message in tree.active_path(records.messages)}
    feedbacks = _message_feedbacks(records.items)
    return [
        shapes.Message(
            id=message.id,
            chat_id=message.chat_id,
            type=message.type,
            created_at=rfc3339(message.created_at),
            completed=message.state != "streaming",
            contents=_contents(message, records.linked, learner_name),
            feedbacks=feedbacks.get(message.id, ()),
            hints=[shapes.Hint(id=hint.id, hint=hint.hint, idx=hint.idx) for hint in records.hints.get(message.id, ())],
            parent_message_id=message.parent_id,
            sibling_index=siblings[message.id][0],
            sibling_count=siblings[message.id][1],
            on_active_path=message.id in active,
            status=message.state,
            number=message.number,
            usage=records.usage.get(message.id),
            branch_label=records.labels.get(message.id),
            item_id=message.item_id,
        )
        for message in records.messages
    ]


def _contents(message: Message, linked: Linked, learner_name: str | None) -> list[shapes.Content]:
    """What each speaker says; an empty message has one content without text."""
    empty = Content(id=message.id, idx=0, content="", persona_id=message.persona_id)
    return [_content(message, each, linked, learner_name) for each in message.contents or (empty,)]


def _content(message: Message, said: Content, linked: Linked, learner_name: str | None) -> shapes.Content:
    speaker = linked.personas.get(said.persona_id or "") if message.type == "response" else None
    return shapes.Content(
        id=said.id,
        idx=said.idx,
        content=said.content,
        name=learner_name if message.type == "query" else speaker.name if speaker else None,
        color=speaker.color if speaker else None,
        icon=speaker.icon if speaker else None,
        created_at=rfc3339(message.created_at),
        persona_id=said.persona_id,
    )


def _grade(grade: Grade) -> shapes.Grade:
    return shapes.Grade(
        id=grade.id,
        score=grade.score,
        passed=grade.passed,
        description=grade.summary,
        time_taken=grade.time_taken,
        total_points=grade.total_points,
        pass_points=grade.pass_points,
        source=grade.source,
        state=grade.state,
    )


def _feedbacks(items: Items) -> list[shapes.Feedback]:
    return [
        shapes.Feedback(
            id=feedback.id,
            standard_id=feedback.standard_id,
            standard_group_id=feedback.standard_group_id,
            total=feedback.total,
            feedback=feedback.feedback,
            evidence=feedback.evidence,
            unsupported=feedback.unsupported,
            judged_on=feedback.judged_on,
        )
        for feedback in items.feedbacks
    ]


def _analyses(items: Items) -> list[shapes.Analysis]:
    found = [remark for remark in items.remarks if isinstance(remark, Analysis)]
    return [shapes.Analysis(id=analysis.id, content=analysis.content) for analysis in found]


def _message_feedbacks(items: Items) -> Mapping[MessageId | None, Sequence[shapes.MessageFeedback]]:
    """Strengths and improvements by the message they are about; None for the whole conversation."""
    highlights: dict[str, list[shapes.Highlight]] = {}
    replaces: dict[str, list[shapes.Replace]] = {}
    for item in items.remarks:
        if isinstance(item, Highlight):
            shown = shapes.Highlight(id=item.id, section=item.section, idx=item.idx)
            highlights.setdefault(item.strength_id, []).append(shown)
        elif isinstance(item, Replacement):
            better = shapes.Replace(id=item.id, section=item.section, replace=item.replace, idx=item.idx)
            replaces.setdefault(item.improvement_id, []).append(better)
    found: dict[MessageId | None, list[shapes.MessageFeedback]] = {}
    for item in items.remarks:
        if isinstance(item, Strength | Improvement):
            feedback = shapes.MessageFeedback(
                id=item.id,
                name=item.name,
                description=item.description,
                type="strength" if isinstance(item, Strength) else "improvement",
                highlights=highlights.get(item.id, ()),
                replaces=replaces.get(item.id, ()),
            )
            found.setdefault(item.message_id, []).append(feedback)
    return found


def _grading_state(records: ChatRecords) -> shapes.GradingState | None:
    rubric = _graded_by(records)
    if rubric is None:
        return None
    feedbacks = {feedback.standard_group_id: feedback for feedback in records.items.feedbacks}
    graded = [(group, feedbacks[group.id]) for group in rubric.groups if group.id in feedbacks]
    return shapes.GradingState(
        achieved_standards={
            standard.id: standard.id == feedback.standard_id
            for group, feedback in graded
            for standard in group.standards
        },
        passed_standards={
            standard.id: feedback.total >= group.pass_points
            for group, feedback in graded
            for standard in group.standards
        },
        feedback_by_standard_id={feedback.standard_id: feedback.feedback for _, feedback in graded},
    )


def _dynamic_rubric(records: ChatRecords) -> shapes.DynamicRubric | None:
    rubric, grade = _graded_by(records), records.grade
    if rubric is None or grade is None or grade.score is None:
        return None
    names = {group.id: group.name for group in rubric.groups}
    feedbacks = [(names.get(each.standard_group_id, ""), each) for each in records.items.feedbacks]
    return shapes.DynamicRubric(
        chat_id=records.chat.id,
        score=grade.score,
        passed=grade.passed is True,
        time_taken=grade.time_taken,
        skill_scores=[shapes.SkillScore(skill_name=name, score=each.total) for name, each in feedbacks],
        skill_feedbacks=[shapes.SkillFeedback(skill_name=name, feedback=each.feedback) for name, each in feedbacks],
        total_possible_points=grade.total_points,
    )


def _graded_by(records: ChatRecords) -> Rubric | None:
    done = records.grade is not None and records.grade.state == "done"
    return records.linked.rubric if done else None


def _completion(chat: Chat) -> shapes.Completion | None:
    ended = chat.completion
    return shapes.Completion(stop=ended.stop, error=ended.error, message=ended.message) if ended else None


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc3339(at_ms)
