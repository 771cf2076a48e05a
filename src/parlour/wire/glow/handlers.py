"""One function an operation: a typed payload in, an acknowledgement out, all in one transaction."""

from collections.abc import Callable

from parlour.attempts import access, quiz, regrade, reuse
from parlour.attempts import actions as attempts
from parlour.attempts.actions import Ending, Saying, Starting
from parlour.attempts.quiz import Answering
from parlour.attempts.regrade import Asking, RegradeRules
from parlour.benchmarks.running.rules import RunRules
from parlour.conversations.rooms import chat_room
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Fault, Refusal, forbidden
from parlour.library.generating import GenerateRules
from parlour.library.trying import check_try
from parlour.storage.tx import Tx
from parlour.wire.glow import acks, payloads

EXACTLY_ONE = "Give exactly one of home_id and practice_id."
NOTHING_RUNNING = "Nothing is being generated in this chat."


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who asks, under which rules of the deployment; `holds`: whether over the connection of a chat's voice session."""

    actor: Actor
    regrade: RegradeRules
    tests: RunRules
    authoring: GenerateRules
    holds: Callable[[str], bool] = lambda _: False


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What came of an operation.

    `joins`: the room that the requesting connection joins (decision D7). `direct`: an event for
    that connection alone.
    """

    ack: acks.Ack
    joins: str | None = None
    direct: tuple[str, dict[str, object]] | None = None


def attempt_start(tx: Tx, caller: Caller, payload: payloads.AttemptStart) -> Done:
    """7.4."""
    named = payload.home_id or payload.practice_id
    if named is None or (payload.home_id and payload.practice_id):
        raise Refusal("invalid_request", EXACTLY_ONE, faults=(Fault("", EXACTLY_ONE),))
    kind = "home" if payload.home_id else "practice"
    starting = Starting(
        kind=kind,
        entry_id=named,
        infinite_mode=payload.infinite_mode,
        infinite_chats_max=caller.regrade.infinite_chats_max,
        timezone_name=caller.regrade.timezone_name,
    )
    check_try(tx, caller.actor, named)
    started = attempts.start(tx, caller.actor, starting)
    ack = acks.AttemptStarted(
        attempt_id=started.attempt_id,
        chat_entry_id=started.chat_entry_id,
        attempt_chat_id=started.chat_id,
        is_lobby=started.is_lobby,
    )
    return Done(ack=ack)


def attempt_next(tx: Tx, caller: Caller, payload: payloads.AttemptNext) -> Done:
    """7.5."""
    moved = attempts.advance_by_hand(
        tx, caller.actor, payload.attempt_id, payload.draft_id, caller.regrade.timezone_name
    )
    ack = acks.AttemptMoved(
        attempt_id=payload.attempt_id,
        chat_id=moved.chat_id,
        is_attempt_finished=moved.is_attempt_finished,
        pending=moved.pending,
    )
    return Done(ack=ack)


def attempt_message(tx: Tx, caller: Caller, payload: payloads.AttemptMessage) -> Done:
    """7.11."""
    saying = Saying(
        attempt_id=payload.attempt_id,
        chat_id=payload.chat_id,
        text=payload.message,
        parent_message_id=payload.parent_message_id,
    )
    begun = attempts.say(tx, caller.actor, saying, caller.regrade.timezone_name)
    ack = acks.Said(chat_id=payload.chat_id, user_message_id=begun.query_id, assistant_message_id=begun.reply_id)
    return Done(ack=ack, joins=chat_room(payload.chat_id))


def attempt_text_frame(tx: Tx, caller: Caller, payload: payloads.AttemptTextFrame) -> Done:
    """8.3: as 7.11, in the attempt of that chat."""
    found = access.chat_to_read(tx, caller.actor, payload.chat_id)
    if not found.owned or not caller.holds(payload.chat_id):
        raise forbidden()
    said = payloads.AttemptMessage(attempt_id=found.attempt.id, chat_id=payload.chat_id, message=payload.message)
    return attempt_message(tx, caller, said)


def attempt_stop(tx: Tx, caller: Caller, payload: payloads.AttemptStop) -> Done:
    """7.10."""
    stopped = attempts.stop(tx, caller.actor, payload.chat_id)
    message = None if stopped else NOTHING_RUNNING
    ack = acks.Stopped(chat_id=payload.chat_id, success=stopped, message=message)
    said: dict[str, object] = {"chat_id": payload.chat_id, "success": False, "message": message}
    return Done(ack=ack, direct=None if stopped else ("attempt_stopped", said))


def attempt_end(tx: Tx, caller: Caller, payload: payloads.AttemptEnd) -> Done:
    """7.8."""
    ending = Ending(
        attempt_id=payload.attempt_id,
        chat_id=payload.chat_id,
        grade=payload.grade,
        timezone_name=caller.regrade.timezone_name,
    )
    ended = attempts.end_chat(tx, caller.actor, ending)
    ack = acks.ChatEnded(chat_id=ended.chat_id, is_attempt_finished=ended.is_attempt_finished, grade_id=ended.grade_id)
    return Done(ack=ack)


def attempt_end_all(tx: Tx, caller: Caller, payload: payloads.AttemptEndAll) -> Done:
    """7.9."""
    ended = attempts.end_all(tx, caller.actor, payload.attempt_id)
    ack = acks.AttemptEnded(
        attempt_id=ended.attempt_id, all_scenarios_complete=ended.all_scenarios_complete, message=ended.message
    )
    return Done(ack=ack)


def attempt_grade(tx: Tx, caller: Caller, payload: payloads.AttemptGrade) -> Done:
    """7.12."""
    asking = Asking(
        attempt_id=payload.attempt_id,
        chat_id=payload.chat_id,
        resource_types=payload.resource_types or (),
        instructions=payload.user_instructions or (),
        branch_message_id=payload.branch_message_id,
    )
    asked = regrade.ask_for_grade(tx, caller.actor, asking, caller.regrade)
    return Done(ack=acks.Graded(chat_id=asked.chat_id, grade_id=asked.grade_id), joins=chat_room(asked.chat_id))


def attempt_response_submit(tx: Tx, caller: Caller, payload: payloads.AttemptResponseSubmit) -> Done:
    """7.13."""
    answering = Answering(
        chat_id=payload.chat_id, question_id=payload.question_id, option_ids=tuple(payload.option_ids)
    )
    response = quiz.submit(tx, caller.actor, answering)
    ack = acks.Answered(message=quiz.SAVED_TEXT, is_correct=response.is_correct, response_id=response.id)
    return Done(ack=ack, joins=chat_room(payload.chat_id))


def attempt_use_previous(tx: Tx, caller: Caller, payload: payloads.AttemptUsePrevious) -> Done:
    """7.14."""
    reused = reuse.use_previous(tx, caller.actor, payload.attempt_id, payload.previous_chat_map)
    rows = [
        acks.ReusedChat(chat_entry_id=each.chat_entry_id, chat_id=each.chat_id, grade_id=each.grade_id)
        for each in reused
    ]
    message = f"{len(rows)} earlier result{'' if len(rows) == 1 else 's'} used."
    return Done(ack=acks.PreviousUsed(message=message, chats=rows))
