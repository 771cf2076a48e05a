"""A chat of practice as a recording: its active path (or a graded branch), with neutral names and with its grade.

Whoever calls has asked the rights: to read the chat, and to run the benchmark that it is for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import msgspec

from parlour.accounts import actions as accounts
from parlour.benchmarks.recordings.names import Neutraliser
from parlour.benchmarks.recordings.people import Person
from parlour.catalog.benchmark_wording import opening
from parlour.catalog.benchmarks import Consent, Part, RecordedCall, RecordedGrade, RecordedMessage, Recording
from parlour.catalog.entities import Material, Reference
from parlour.conversations.entities import BLANK_LINE, Chat, Message
from parlour.conversations.scenes import material_of
from parlour.grading import actions as grading
from parlour.grading.entities import Grade
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode_untyped
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal, invalid, not_found
from parlour.storage.tx import Tx

STATEMENT_CHARACTERS_MAX = 2_000
_PAGE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class FromChat:
    """Which chat is to be recorded, for whose part a candidate stands, and the words of the consent.

    Without `grade_id` the grade of the chat that counts is kept; a grade of a branch takes the branch.
    `department_ids` are those of its attempt.
    """

    chat: Chat
    part: Part = "learner"
    consent_statement: str
    grade_id: str | None = None
    title: str | None = None
    department_ids: tuple[str, ...] = ()


def recording_of(tx: Tx, actor: Actor, wanted: FromChat) -> Recording:
    """The recording that a chat makes, not stored yet. Reads only.

    Refusals: `consent_missing`, `chat_not_completed`, `not_found` (a grade), `empty_recording` (nobody whose part it
    is said anything), `invalid_request` (a grade that is not done).
    """
    chat = wanted.chat
    statement = wanted.consent_statement.strip()
    if not statement:
        raise Refusal("consent_missing", "Say in words that the person agreed to this use of the conversation.")
    if len(statement) > STATEMENT_CHARACTERS_MAX:
        raise invalid("/consent", f"the consent has more than {STATEMENT_CHARACTERS_MAX} characters")
    if chat.state != "completed":
        raise Refusal("chat_not_completed", "This chat is not completed yet.")
    grade = _grade(tx, chat, wanted.grade_id)
    path = grading.graded_path(tx, chat.id, grade.branch_message_id if grade else None)
    material = material_of(tx, chat)
    recording = Recording(
        id=tx.new_id(),
        title=wanted.title or chat.title,
        group_id=chat.group_id,
        source_chat_id=chat.id,
        part=wanted.part,
        cluster=chat.snapshot.scenario.id,
        scenario=chat.snapshot.scenario,
        persona_ids=chat.snapshot.persona_ids,
        messages=tuple(_messages(tx, material, path, wanted.part)),
        grade=_recorded(tx, chat, grade) if grade and wanted.part == "learner" else None,
        seconds=grade.time_taken or 0 if grade else _seconds(chat),
        consent=Consent(account_id=chat.account_id, recorded_by=actor.account_id, at=tx.now_ms, statement=statement),
        department_ids=wanted.department_ids,
    )
    if not recording.turns:
        raise Refusal("empty_recording", "In this chat nobody said anything that a candidate could be asked for.")
    return _neutral(recording, people_of(tx, chat.account_id, material), _authored(material))


def people_of(tx: Tx, account_id: AccountId, material: Material | None) -> list[Person]:
    """Everybody who may be named in a chat of an account: it, the personas, and every other account."""
    found = [Person(name=persona.name, present=True) for persona in (material.personas if material else ())]
    after = ""
    while page := accounts.list_accounts(tx, after=after, limit=_PAGE):
        found += [
            Person(
                name=account.name,
                user_id=account.user_id,
                email=account.email,
                present=account.account_id == account_id,
            )
            for account in page
        ]
        after = page[-1].user_id
    return found


def neutralised(tx: Tx, recording: Recording) -> Recording:
    """An uploaded recording with the names of every known account replaced."""
    nobody = AccountId("")
    return _neutral(recording, people_of(tx, nobody, None), ())


def _grade(tx: Tx, chat: Chat, grade_id: str | None) -> Grade | None:
    if grade_id is None:
        return grading.latest_done(tx, chat.id)
    found = next((each for each in grading.grades_of(tx, chat.id) if each.id == grade_id), None)
    if found is None:
        raise not_found("Grade")
    if found.state != "done":
        raise invalid("/grade_id", "this grade is not done")
    return found


def _recorded(tx: Tx, chat: Chat, grade: Grade) -> RecordedGrade | None:
    pinned = chat.snapshot.rubric
    totals = {each.standard_group_id: each.total for each in grading.items_of(tx, grade.id).feedbacks}
    if pinned is None or not totals:
        return None
    return RecordedGrade(
        rubric=Reference(id=pinned.id, version=pinned.version),
        source=grade.source,
        score=grade.score or 0,
        total_points=grade.total_points,
        pass_points=grade.pass_points,
        totals=totals,
    )


def _messages(tx: Tx, material: Material | None, path: Sequence[Message], part: Part) -> Iterator[RecordedMessage]:
    personas = material.personas if material else ()
    if material is not None:
        told = opening(material.scenario, personas, part)
        yield RecordedMessage(id=tx.new_id(), role="system", content=told)
    names = {persona.id: persona.name for persona in personas} if len(personas) > 1 else {}
    for message in path:
        learner = message.type == "query"
        text = message.content if learner else _spoken(message, names)
        if text.strip():
            yield RecordedMessage(
                id=message.id,
                role="assistant" if learner == (part == "learner") else "user",
                content=text,
                persona_id=None if learner else message.persona_id,
            )


def _spoken(message: Message, names: dict[str, str]) -> str:
    """What personas said; of several each with its name before it."""
    if not names:
        return message.content
    said = ((names.get(content.persona_id or ""), content.content) for content in message.contents)
    return BLANK_LINE.join(f"{name}: {text}" if name else text for name, text in said)


def _seconds(chat: Chat) -> int:
    return max(1, ((chat.completed_at or chat.created_at) - chat.created_at) // 1000)


def _authored(material: Material | None) -> list[str]:
    if material is None:
        return []
    scenario = material.scenario
    statements = (*scenario.problem_statements, *scenario.objectives)
    texts = [scenario.name, scenario.description, *(each.text for each in statements)]
    texts += [persona.instructions for persona in material.personas]
    return texts + [document.text for document in material.documents]


def _neutral(recording: Recording, people: Sequence[Person], authored: Sequence[str]) -> Recording:
    texts = [recording.title, *(message.content for message in recording.messages)]
    texts += [call.arguments for message in recording.messages for call in message.tool_calls]
    neutral = Neutraliser(people, texts, authored)
    messages = tuple(
        replace(
            message,
            content=neutral.replaced(message.content),
            tool_calls=tuple(_neutral_call(call, neutral) for call in message.tool_calls),
        )
        for message in recording.messages
    )
    title = neutral.replaced(recording.title)
    return replace(recording, title=title, messages=messages, names_replaced=neutral.count)


def _neutral_call(call: RecordedCall, neutral: Neutraliser) -> RecordedCall:
    arguments = msgspec.json.encode(_neutral_value(decode_untyped(call.arguments), neutral)).decode()
    return replace(call, arguments=arguments)


def _neutral_value(value: object, neutral: Neutraliser) -> object:
    """A JSON value with its texts made neutral, and whole numbers by which somebody can be found."""
    if isinstance(value, str):
        return neutral.replaced(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        replaced = neutral.replaced(str(value))
        return int(replaced) if replaced.isdecimal() else value
    if isinstance(value, list):
        return [_neutral_value(each, neutral) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        pairs = cast("dict[str, Any]", value).items()
        return {neutral.replaced(name): _neutral_value(each, neutral) for name, each in pairs}
    return value
