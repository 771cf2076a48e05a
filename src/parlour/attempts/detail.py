"""An attempt as it is read: `GET /api/v1/attempts/{attempt_id}` (Glow 10.2 and 10.3)."""

from collections.abc import Sequence

from parlour.accounts import actions as accounts
from parlour.attempts import access, store
from parlour.attempts import detail_shapes as shapes
from parlour.attempts.advance import Open, next_step, templates_of
from parlour.attempts.detail_chats import OWN_NAME, ChatRecords, records_of, shown_chat, shown_messages
from parlour.attempts.detail_quiz import hidden_keys
from parlour.attempts.detail_resources import Library, Resources, Secrets, resources, rubric_structure
from parlour.attempts.detail_rules import continuation_options, results, time_limit, timer, total_chats
from parlour.attempts.entities import Attempt
from parlour.attempts.reuse_rules import open_templates
from parlour.attempts.tries import draft_tried
from parlour.catalog import actions as catalog
from parlour.catalog.entities import ChatTemplate, Entry
from parlour.conversations import actions as conversations
from parlour.conversations.entities import Chat
from parlour.events import log
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.kernel.refusals import not_found
from parlour.storage.tx import Tx


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptDetail:
    """Everything about an attempt, for its owner and its staff. Indices count from 0.

    `preparing`: the chat that waits in the lobby is being generated, and opens by itself (6.1.7).
    `tried_draft_id`: the draft that the reader tries in it.
    """

    actor_name: str | None
    attempt_exists: bool
    access_denied: bool
    attempt: shapes.Attempt
    simulation: shapes.Simulation
    timer: shapes.Timer
    aggregated_results: shapes.Results
    current_chat_index: int | None
    expected_chat_count: int
    is_active: bool
    is_lobby: bool
    preparing: bool
    show_results: bool
    should_show_controls: bool
    is_own_attempt: bool
    current_chat_id: str | None
    has_messages: bool
    available_continuation_options: shapes.ContinuationOptions | None
    rubric_structure: shapes.RubricStructure | None
    training_id: str
    chat_entry_id: str | None
    tried_draft_id: str | None
    resources: Resources
    entries: shapes.Entries


@dataclass(frozen=True, kw_only=True, slots=True)
class _Standing:
    """Where an attempt stands. `current` is the open chat, else the last one; `waiting` the template of the lobby."""

    attempt: Attempt
    entry: Entry
    owned: bool
    owner_name: str | None
    chats: Sequence[Chat]
    current: Chat | None
    waiting: ChatTemplate | None
    is_lobby: bool

    @property
    def template(self) -> ChatTemplate | None:
        """The template whose flags hold now."""
        return self.waiting or (self.current.snapshot.template if self.current else None)

    @property
    def open_chat(self) -> Chat | None:
        """The chat in which the learner may speak."""
        return self.current if self.current and self.current.state == "open" else None


def attempt_detail(tx: Tx, actor: Actor, attempt_id: str) -> AttemptDetail:
    """The detail of an attempt that the actor may read, as of one moment; raises `not_found`.

    The `room` of every chat belongs to that same moment: events from there on continue the detail.
    """
    attempt = access.attempt_to_read(tx, actor, attempt_id)
    standing = _standing(tx, actor, attempt)
    library = Library(tx)
    newest = log.head(tx)
    records = records_of(tx, standing.chats, library, newest)
    reader = accounts.account_by_id(tx, actor.account_id)
    return _detail(tx, standing, records, library, reader.name if reader else None)


def _standing(tx: Tx, actor: Actor, attempt: Attempt) -> _Standing:
    entry = catalog.entry_for(tx, attempt.entry_kind, attempt.entry_id)
    if entry is None:
        raise not_found("Attempt")
    chats = conversations.chats_of(tx, attempt.id)
    open_chats = [chat for chat in chats if chat.state == "open"]
    is_lobby = attempt.state == "active" and not open_chats
    step = next_step(entry, attempt, chats, now_ms=tx.now_ms, force=True) if is_lobby else None
    owner = accounts.account_by_id(tx, attempt.account_id)
    return _Standing(
        attempt=attempt,
        entry=entry,
        owned=attempt.account_id == actor.account_id,
        owner_name=owner.name if owner else None,
        chats=chats,
        current=next(iter(open_chats or chats[-1:]), None),
        waiting=step.template if isinstance(step, Open) else None,
        is_lobby=is_lobby,
    )


def _detail(
    tx: Tx, standing: _Standing, records: Sequence[ChatRecords], library: Library, actor_name: str | None
) -> AttemptDetail:
    attempt, entry, current = standing.attempt, standing.entry, standing.current
    limit = time_limit(entry.templates)
    linked = [each.linked for each in records]
    controlled = standing.open_chat if standing.owned and attempt.state == "active" else None
    keys = hidden_keys((each.linked.questions, each.responses) for each in records)
    secrets = Secrets(owned=standing.owned, keys=keys)
    scenarios = [library.scenario_of(template) for template in templates_of(entry)]
    count = total_chats(attempt.num_chats, len(records), infinite_mode=attempt.infinite_mode)
    return AttemptDetail(
        actor_name=actor_name,
        attempt_exists=True,
        access_denied=False,
        attempt=_attempt(standing),
        simulation=_simulation(standing, limit),
        timer=timer(standing.chats, limit, current, tx.now_ms),
        aggregated_results=results([each.outcome for each in records], count),
        current_chat_index=standing.chats.index(current) if current else None,
        expected_chat_count=attempt.num_chats,
        is_active=attempt.state == "active",
        is_lobby=standing.is_lobby,
        preparing=store.prepares(tx, attempt.id),
        show_results=attempt.state == "ended",
        should_show_controls=controlled is not None,
        is_own_attempt=standing.owned,
        current_chat_id=controlled.id if controlled else None,
        has_messages=any(each.messages for each in records),
        available_continuation_options=_continuation(tx, standing),
        rubric_structure=rubric_structure(linked),
        training_id=attempt.entry_id,
        chat_entry_id=standing.waiting.id if standing.waiting else None,
        tried_draft_id=draft_tried(tx, attempt) if standing.owned else None,
        resources=resources(linked, [scenario for scenario in scenarios if scenario], secrets),
        entries=_entries(standing, records),
    )


def _attempt(standing: _Standing) -> shapes.Attempt:
    attempt = standing.attempt
    return shapes.Attempt(
        id=attempt.id,
        created_at=rfc3339(attempt.created_at),
        infinite_mode=attempt.infinite_mode,
        profile_id=attempt.account_id,
        profile_name=standing.owner_name,
        department_id=next(iter(attempt.department_ids), None),
        cohort_id=attempt.cohort_id,
        is_archived=attempt.archived,
    )


def _simulation(standing: _Standing, limit: int | None) -> shapes.Simulation:
    attempt, template = standing.attempt, standing.template
    return shapes.Simulation(
        id=attempt.simulation_id,
        name=attempt.name,
        description=attempt.description,
        time_limit=limit,
        hints_enabled=template.hints_enabled if template else None,
        objectives_enabled=template.objectives_enabled if template else None,
        image_input_active=False,
        copy_paste_allowed=template.copy_paste_allowed if template else None,
        practice_simulation=attempt.practice,
        rubric_id=template.rubric_id if template else None,
    )


def _continuation(tx: Tx, standing: _Standing) -> shapes.ContinuationOptions | None:
    if not standing.is_lobby or standing.attempt.practice:
        return None
    free = open_templates(templates_of(standing.entry), standing.chats)
    if not any(template.use_previous for template in free) or store.prepares(tx, standing.attempt.id):
        return shapes.ContinuationOptions(options=[])
    earlier = store.reusable(tx, standing.attempt.account_id, standing.attempt.id)
    return shapes.ContinuationOptions(options=continuation_options(standing.attempt, free, earlier))


def _entries(standing: _Standing, records: Sequence[ChatRecords]) -> shapes.Entries:
    learner = OWN_NAME if standing.owned else standing.owner_name
    current = standing.current
    return shapes.Entries(
        attempt=[_attempt_entry(standing)],
        attempt_chat=[shown_chat(each, is_current=each.chat is current) for each in records],
        attempt_message=[message for each in records for message in shown_messages(each, learner)],
        runs=None,
    )


def _attempt_entry(standing: _Standing) -> shapes.AttemptEntry:
    attempt, current = standing.attempt, standing.current
    return shapes.AttemptEntry(
        attempt_id=attempt.id,
        simulation_id=attempt.simulation_id,
        profile_id=attempt.account_id,
        user_persona_id=attempt.user_persona_id,
        personas_id=next(iter(current.snapshot.persona_ids), None) if current else None,
        cohort_id=attempt.cohort_id,
        department_id=next(iter(attempt.department_ids), None),
        practice=attempt.practice,
        attempt_created_at=rfc3339(attempt.created_at),
        infinite_mode=attempt.infinite_mode,
        num_chats=attempt.num_chats,
        is_archived=attempt.archived,
        scenario_ids=[template.scenario_id for template in templates_of(standing.entry)],
        chat_entry_id=current.chat_entry_id if current else None,
        attempt_chat_id=current.id if current else None,
    )
