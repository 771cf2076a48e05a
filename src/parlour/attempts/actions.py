"""The verbs of an attempt (Glow 7.4 to 7.12, practice path). Each returns what its caller is told."""

from collections.abc import Sequence
from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.attempts import access, store
from parlour.attempts.advance import Finished, Lobby, Open, all_complete, next_step, templates_of
from parlour.attempts.closing import Closing, close
from parlour.attempts.entities import INFINITE_CHATS_MAX, Attempt
from parlour.attempts.facts import AttemptEnded, AttemptStarted, ChatEnded
from parlour.attempts.preparing import How, check_not_preparing, draft_for, give_up_preparing, open_or_prepare
from parlour.catalog import actions as catalog
from parlour.catalog.entities import Entry, EntryKind
from parlour.conversations import actions as conversations
from parlour.conversations.actions import Learner
from parlour.conversations.entities import Chat
from parlour.conversations.rooms import chat_room, person_room
from parlour.conversations.spoken import sessions
from parlour.events import presence
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AttemptId, ChatId, MessageId, TemplateId
from parlour.kernel.refusals import Refusal, forbidden, not_found
from parlour.storage.tx import Tx
from parlour.turns import actions as turns
from parlour.turns.actions import Begun

FINISHED_TEXT = "All scenarios are complete."
ENDED_ALL_TEXT = "All chats ended."
TIME_UP_TEXT = "Time is up."


@dataclass(frozen=True, kw_only=True, slots=True)
class Starting:
    """What somebody wants to begin, and how many chats it may have if it is infinite."""

    kind: EntryKind
    entry_id: str
    infinite_mode: bool = False
    infinite_chats_max: int = INFINITE_CHATS_MAX
    timezone_name: str = "UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """The chat that somebody ends. `timezone_name`: where the day of its grading ends (4.7)."""

    attempt_id: str
    chat_id: str
    grade: bool = True
    timezone_name: str = "UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """What a start says."""

    attempt_id: AttemptId
    chat_entry_id: TemplateId
    chat_id: ChatId | None
    is_lobby: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """Where ADVANCE led; `pending`: the chat is being generated and opens later."""

    chat_id: ChatId | None
    is_attempt_finished: bool
    pending: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """What the end of a chat says."""

    chat_id: ChatId
    is_attempt_finished: bool
    grade_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """A learner's message on its way into a chat."""

    attempt_id: str
    chat_id: str
    text: str
    parent_message_id: str | None = None


def start(tx: Tx, actor: Actor, starting: Starting) -> Started:
    """Begin an attempt (7.4)."""
    kind = starting.kind
    entry = catalog.entry_for(tx, kind, starting.entry_id)
    seat = catalog.seat_for(tx, entry, actor.account_id) if entry else None
    if entry is None or seat is None:
        raise not_found("Home entry" if kind == "home" else "Practice entry")
    _check_open(entry, tx.now_ms)
    simulation = catalog.simulation(tx, entry.simulation_id)
    departments = simulation.department_ids if simulation and simulation.department_ids else ()
    taught = accounts.cohorts_of_learner(tx, actor.account_id)
    attempt = Attempt(
        id=AttemptId(tx.new_id()),
        account_id=actor.account_id,
        entry_id=entry.id,
        practice=kind == "practice",
        infinite_mode=starting.infinite_mode,
        num_chats=len(entry.templates),
        infinite_chats_max=starting.infinite_chats_max,
        pass_number=1,
        user_persona_id=seat.persona_id,
        simulation_id=entry.simulation_id,
        cohort_id=next((cohort for cohort in entry.cohort_ids if cohort in taught), None),
        department_ids=departments or tuple(sorted(actor.department_ids)),
        name=simulation.name if simulation else entry.name,
        description=simulation.description if simulation else entry.description,
        state="active",
        archived=False,
        created_at=tx.now_ms,
        ended_at=None,
    )
    store.insert(tx, attempt)
    first = templates_of(entry)[0]
    tx.announce([person_room(actor.account_id)], AttemptStarted(attempt_id=attempt.id, chat_entry_id=first.id))
    step = next_step(entry, attempt, [], now_ms=tx.now_ms, force=False)
    how = How(error_type="start", timezone_name=starting.timezone_name)
    chat_id = _carry_out(tx, attempt, step, [person_room(actor.account_id)], how).chat_id
    return Started(attempt_id=attempt.id, chat_entry_id=first.id, chat_id=chat_id, is_lobby=isinstance(step, Lobby))


def advance_by_hand(tx: Tx, actor: Actor, attempt_id: str, draft_id: str | None, timezone_name: str = "UTC") -> Moved:
    """Go on to the next scenario, closing an open chat first (7.5, decision D26)."""
    attempt = access.own_attempt_to_change(tx, actor, attempt_id)
    _check_active(attempt)
    check_not_preparing(tx, attempt)
    entry = _entry(tx, attempt)
    chats = conversations.chats_of(tx, attempt.id)
    open_now = [chat for chat in chats if chat.state == "open"]
    after = [replace(chat, state="completed") for chat in chats]
    step = next_step(entry, attempt, after, now_ms=tx.now_ms, force=True)
    draft = None if draft_id is None else draft_for(tx, actor, attempt, step, draft_id)
    closing = Closing(grade=True, actor_id=actor.account_id, timezone_name=timezone_name)
    for chat in open_now:
        _close_and_say(tx, attempt, access.chat_of(tx, attempt, chat.id), closing, step)
    rooms = [*(chat_room(chat.id) for chat in open_now), person_room(attempt.account_id)]
    return _carry_out(tx, attempt, step, rooms, How(error_type="next", draft=draft, timezone_name=timezone_name))


def end_chat(tx: Tx, actor: Actor, ending: Ending) -> Ended:
    """End one chat, then move on (7.8)."""
    attempt = access.attempt_to_change(tx, actor, ending.attempt_id)
    chat = access.chat_of(tx, attempt, ending.chat_id)
    access.check_open(chat)
    closing = Closing(grade=ending.grade, actor_id=actor.account_id, timezone_name=ending.timezone_name)
    step, grade_id = _end(tx, attempt, chat, closing)
    return Ended(chat_id=chat.id, is_attempt_finished=isinstance(step, Finished), grade_id=grade_id)


def expire_chat(tx: Tx, chat_id: ChatId, timezone_name: str = "UTC") -> None:
    """The time of a chat is up (6.6.2): close it, have it graded, move on.

    Nobody to talk to, no next chat: if its owner has no open connection it waits in the lobby (decision D19).
    """
    chat = conversations.chat(tx, chat_id)
    attempt = store.attempt(tx, chat.attempt_id, lock=True) if chat else None
    chat = conversations.locked_chat(tx, chat_id)
    if chat is None or attempt is None or chat.state == "completed":
        return
    closing = Closing(
        grade=True,
        actor_id=attempt.account_id,
        stop=True,
        message=TIME_UP_TEXT,
        expired=True,
        timezone_name=timezone_name,
    )
    _end(tx, attempt, chat, closing)


def end_all(tx: Tx, actor: Actor, attempt_id: str) -> AttemptEnded:
    """End every open chat, without grading, and the attempt (7.9)."""
    attempt = access.attempt_to_change(tx, actor, attempt_id)
    _check_active(attempt)
    entry = _entry(tx, attempt)
    chats = conversations.chats_of(tx, attempt.id)
    open_now = [chat for chat in chats if chat.state == "open"]
    complete = all_complete(templates_of(entry), [replace(chat, state="completed") for chat in chats])
    step = Finished(all_complete=complete)
    for chat in open_now:
        locked = access.chat_of(tx, attempt, chat.id)
        _close_and_say(tx, attempt, locked, Closing(grade=False, actor_id=actor.account_id), step)
    give_up_preparing(tx, attempt)
    store.end(tx, attempt.id)
    ended = AttemptEnded(attempt_id=attempt.id, success=True, all_scenarios_complete=complete, message=ENDED_ALL_TEXT)
    chat_rooms = [chat_room(chat.id) for chat in open_now]
    tx.announce([*chat_rooms, person_room(attempt.account_id), person_room(actor.account_id)], ended)
    return ended


def say(tx: Tx, actor: Actor, saying: Saying, timezone_name: str) -> Begun:
    """A learner's message (7.11); the checks are in the order that the specification gives."""
    found = access.chat_to_read(tx, actor, saying.chat_id)
    if found.attempt.id != saying.attempt_id:
        access.attempt_to_read(tx, actor, saying.attempt_id)
        raise not_found("Chat")
    if not found.owned:
        raise forbidden()
    chat = access.chat_of(tx, found.attempt, saying.chat_id)
    access.check_takes_input(tx, chat)
    if not chat.snapshot.template.text_enabled:
        raise Refusal("text_disabled", "This chat accepts speech only.")
    if not saying.text.strip():
        raise Refusal("empty_message", "The message is empty.")
    parent = MessageId(saying.parent_message_id) if saying.parent_message_id else None
    learner = Learner(text=saying.text, parent_id=parent, persona_id=found.attempt.user_persona_id)
    begun = turns.begin_turn(tx, chat, learner, sessions.live(tx, chat.id))
    accounts.take_request(tx, actor.account_id, timezone_name)
    return begun


def stop(tx: Tx, actor: Actor, chat_id: str) -> bool:
    """Stop the running reply (7.10); False if nothing is running."""
    found = access.chat_to_read(tx, actor, chat_id)
    access.chat_of(tx, found.attempt, chat_id)
    return turns.stop_turn(tx, found.chat.id)


def _end(tx: Tx, attempt: Attempt, chat: Chat, closing: Closing) -> tuple[Finished | Lobby | Open, str | None]:
    chats = [
        replace(other, state="completed") if other.id == chat.id else other
        for other in conversations.chats_of(tx, attempt.id)
    ]
    step = next_step(_entry(tx, attempt), attempt, chats, now_ms=tx.now_ms, force=False)
    if closing.expired and isinstance(step, Open) and not presence.anyone_in(tx, person_room(attempt.account_id)):
        step = Lobby(template=step.template)
    if attempt.state == "ended":
        step = Finished(all_complete=False)
    grade_id = _close_and_say(tx, attempt, chat, closing, step)
    rooms = [chat_room(chat.id), person_room(attempt.account_id), person_room(closing.actor_id)]
    if attempt.state == "active":
        _carry_out(tx, attempt, step, rooms, How(error_type="end"))
    return step, grade_id


def _close_and_say(tx: Tx, attempt: Attempt, chat: Chat, closing: Closing, step: Finished | Lobby | Open) -> str | None:
    grade_id = close(tx, attempt, chat, closing)
    tx.announce(
        [chat_room(chat.id), person_room(attempt.account_id), person_room(closing.actor_id)],
        ChatEnded(
            attempt_id=attempt.id,
            chat_id=chat.id,
            is_attempt_finished=isinstance(step, Finished),
            grade_id=grade_id,
            expired=closing.expired,
        ),
    )
    return grade_id


def move_on(tx: Tx, attempt: Attempt, step: Finished | Lobby | Open, rooms: Sequence[str]) -> Moved:
    """For what else leads to ADVANCE: do what it decided, and say it in `rooms`."""
    return _carry_out(tx, attempt, step, rooms, How(error_type="end"))


def _carry_out(tx: Tx, attempt: Attempt, step: Finished | Lobby | Open, rooms: Sequence[str], how: How) -> Moved:
    """Do what ADVANCE decided, and say it in `rooms`."""
    match step:
        case Finished():
            store.end(tx, attempt.id)
            message = FINISHED_TEXT if step.all_complete else "This attempt has ended."
            tx.announce(
                rooms,
                AttemptEnded(
                    attempt_id=attempt.id,
                    success=True,
                    all_scenarios_complete=step.all_complete,
                    message=message,
                ),
            )
            return Moved(chat_id=None, is_attempt_finished=True)
        case Lobby():
            if how.error_type != "start":
                tx.announce(rooms, AttemptStarted(attempt_id=attempt.id, chat_entry_id=step.template.id))
            return Moved(chat_id=None, is_attempt_finished=False)
        case Open():
            chat = open_or_prepare(tx, attempt, step, how, rooms)
            return Moved(chat_id=chat.id if chat else None, is_attempt_finished=False, pending=chat is None)


def _check_open(entry: Entry, now_ms: int) -> None:
    if not entry.active:
        raise Refusal("closed", "This training is not active.")
    if entry.start_time is not None and now_ms < entry.start_time:
        raise Refusal("not_open_yet", f"This training opens on {rfc3339(entry.start_time)}.")
    if entry.end_time is not None and now_ms > entry.end_time:
        raise Refusal("closed", f"This training closed on {rfc3339(entry.end_time)}.")
    if not entry.templates:
        raise Refusal("empty_entry", "This training has no scenario.")


def _check_active(attempt: Attempt) -> None:
    if attempt.state == "ended":
        raise Refusal("attempt_over", "This attempt has ended.")


def _entry(tx: Tx, attempt: Attempt) -> Entry:
    entry = catalog.entry_for(tx, attempt.entry_kind, attempt.entry_id)
    if entry is None:
        raise not_found("Attempt")
    return entry
