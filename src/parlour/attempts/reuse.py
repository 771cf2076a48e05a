"""Using results of an earlier attempt (Glow 6.7 and 7.14): chats are copied, whole, or nothing happens."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from parlour.attempts import access, actions, store
from parlour.attempts.advance import Finished, next_step, templates_of
from parlour.attempts.entities import Attempt
from parlour.attempts.facts import ChatEnded
from parlour.attempts.reuse_rules import (
    Earlier,
    EarlierGrade,
    Reason,
    attempt_fault,
    named_template,
    open_templates,
    pair_fault,
)
from parlour.catalog import actions as catalog
from parlour.catalog.entities import ChatTemplate
from parlour.conversations import actions as conversations
from parlour.conversations.copying import copy_transcript
from parlour.conversations.entities import Chat
from parlour.conversations.responses import copy_responses
from parlour.conversations.rooms import person_room
from parlour.grading import actions as grading
from parlour.grading.copying import copy_grade
from parlour.grading.entities import Grade
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, GradeId, TemplateId
from parlour.kernel.refusals import Fault, Refusal, not_found
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Reused:
    """One earlier result that is now one of this attempt."""

    chat_entry_id: TemplateId
    chat_id: ChatId
    grade_id: GradeId


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair:
    """A template and the earlier chat that will stand for it, with the grade that counts."""

    template: ChatTemplate
    source: Chat
    grade: Grade


def use_previous(tx: Tx, actor: Actor, attempt_id: str, chosen: Mapping[str, str]) -> Sequence[Reused]:
    """Let earlier chats stand for chats of this attempt, then move on; `chosen` as it came (7.14).

    All pairs are applied in template order, or none (decision D20). Raises `not_found`, `forbidden`
    for staff, or the reason of the first pair that is not valid, with one fault for each such pair.
    """
    attempt = access.own_attempt_to_change(tx, actor, attempt_id)
    entry = catalog.entry_for(tx, attempt.entry_kind, attempt.entry_id)
    if entry is None:
        raise not_found("Attempt")
    chats = conversations.chats_of(tx, attempt.id)
    reason = attempt_fault(attempt, chats, prepares=store.prepares(tx, attempt.id))
    if reason is not None:
        raise Refusal(reason.code, reason.text)
    templates = templates_of(entry)
    pairs = sorted(
        _pairs(tx, attempt, open_templates(templates, chats), chosen), key=lambda pair: templates.index(pair.template)
    )
    copies = [(pair, *_copy(tx, attempt, pair)) for pair in pairs]
    after = [*chats, *(chat for _, chat, _ in copies)]
    step = next_step(entry, attempt, after, now_ms=tx.now_ms, force=False)
    for _, chat, grade in copies:
        _tell(tx, attempt, chat, grade, finished=isinstance(step, Finished))
    actions.move_on(tx, attempt, step, [person_room(attempt.account_id)])
    return [Reused(chat_entry_id=pair.template.id, chat_id=chat.id, grade_id=grade.id) for pair, chat, grade in copies]


def _pairs(tx: Tx, attempt: Attempt, free: Sequence[ChatTemplate], chosen: Mapping[str, str]) -> list[_Pair]:
    pairs: list[_Pair] = []
    wrong: list[tuple[str, Reason]] = []
    taken: set[TemplateId] = set()
    sources = {chat_id: conversations.locked_chat(tx, ChatId(chat_id)) for chat_id in sorted(set(chosen.values()))}
    for key, chat_id in chosen.items():
        named = named_template(key, free)
        template = named if named and named.id not in taken else None
        source = sources[chat_id]
        grade = grading.latest_done(tx, source.id) if source else None
        reason = pair_fault(attempt, template, _earlier(tx, source, grade))
        if reason is not None:
            wrong.append((key, reason))
        elif template and source and grade:
            taken.add(template.id)
            pairs.append(_Pair(template=template, source=source, grade=grade))
    if wrong:
        faults = tuple(Fault(f"/previous_chat_map/{key}", reason.text) for key, reason in wrong)
        raise Refusal(wrong[0][1].code, wrong[0][1].text, faults=faults)
    return pairs


def _earlier(tx: Tx, chat: Chat | None, grade: Grade | None) -> Earlier | None:
    attempt = store.attempt(tx, chat.attempt_id, lock=False) if chat else None
    if chat is None or attempt is None:
        return None
    counting = (
        EarlierGrade(score=grade.score or 0, total_points=grade.total_points, time_taken=grade.time_taken or 0)
        if grade
        else None
    )
    return Earlier(chat=chat, practice=attempt.practice, grade=counting)


def _copy(tx: Tx, attempt: Attempt, pair: _Pair) -> tuple[Chat, Grade]:
    """A completed chat of this attempt that needs nothing of its source: it ended now and took as long."""
    source, template = pair.source, pair.template
    own = source.snapshot.material
    took = max(0, (source.completed_at or source.created_at) - source.created_at)
    chat = replace(
        source,
        id=ChatId(tx.new_id()),
        attempt_id=attempt.id,
        chat_entry_id=template.id,
        pass_number=attempt.pass_number,
        position=template.position,
        title=(own.scenario.name if own else "") or template.name or source.title,
        group_id=tx.new_id(),
        state="completed",
        snapshot=replace(source.snapshot, template=template, practice=attempt.practice),
        source_chat_id=source.id,
        created_at=tx.now_ms - took,
        expires_at=None,
        completed_at=tx.now_ms,
    )
    conversations.open_chat(tx, chat)
    message_ids = copy_transcript(tx, source, chat)
    copy_responses(tx, source, chat)
    return chat, copy_grade(tx, pair.grade, chat, message_ids)


def _tell(tx: Tx, attempt: Attempt, chat: Chat, grade: Grade, *, finished: bool) -> None:
    room = [person_room(attempt.account_id)]
    ended = ChatEnded(
        attempt_id=attempt.id, chat_id=chat.id, is_attempt_finished=finished, grade_id=grade.id, expired=False
    )
    tx.announce(room, ended)
    tx.announce(room, grading.grade_given(chat, grade, attempt.simulation_id))
