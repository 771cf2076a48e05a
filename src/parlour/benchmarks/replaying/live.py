"""The simulated person of a live replay: a model, or a written dialogue, in the part that the candidate does not have.

Where the candidate stands in the learner's place, the person is the scenario's persona (or several); where it stands
in the persona's place, the person is a learner who knows the objectives and talks like the recorded one. The first
words are the recorded ones, if the recording begins with them. The conversation ends when the person ends it, with
the marker `[[end]]` or a closing line of its dialogue, or says nothing more, or when all turns are used up.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

from parlour.benchmarks.entities import Heard, ReplayTurn
from parlour.benchmarks.replaying.limits import ReplayLimits
from parlour.catalog import actions as catalog
from parlour.catalog.benchmarks import LiveRules, Recording
from parlour.catalog.dialogues import Dialogue
from parlour.catalog.entities import Document, Persona, Scenario
from parlour.catalog.filling import filled_scenario
from parlour.conversations.entities import BLANK_LINE, Mark, Message
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, MessageId
from parlour.kernel.refusals import ProviderFault
from parlour.storage.tx import Tx
from parlour.turns.ports import Model, Request, Said, Text
from parlour.turns.prompt import Scene, cast_of, reply_prompt
from parlour.turns.speakers import Speakers, labels_of
from parlour.turns.streams import first_within
from parlour.turns.usage import Meter

PERSON_FAILED = "The simulated person is not available."
PERSON_SILENT = "The simulated person said nothing."
NO_PERSON = "The recording names no scenario and persona to play the person."
END = "[[end]]"
_ENDING = f"When the conversation has come to its end, say goodbye and write {END} after your last words."
_EXAMPLES_MAX = 12
_EXAMPLE_CHARACTERS_MAX = 500
_LEARNER = "learner"


class PersonError(Exception):
    """The simulated person cannot go on; `text` says why, without words of the conversation."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Who drives a live replay. `closings` are the last words of its written parts; `lines` are the recorded words,
    said in order where nothing else is written.
    """

    model: str
    personas: tuple[Persona, ...]
    scenario: Scenario
    documents: tuple[Document, ...]
    script: Mapping[str, object] | None
    closings: tuple[str, ...]
    opening: tuple[Heard, ...]
    lines: tuple[str, ...]

    @property
    def reads_lines(self) -> bool:
        """Whether it only says what was recorded: an offline model without a written part."""
        return self.model.startswith("scripted") and self.script is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What the person says before a turn; with `ends` the candidate answers once more, and that is all."""

    heard: tuple[Heard, ...]
    ends: bool = False


def person_of(tx: Tx, recording: Recording, rules: LiveRules, model: str) -> Person | None:
    """The person for a recording; None if it names no scenario, or no persona of it is left."""
    reference = recording.scenario
    scenario = catalog.scenario_version(tx, reference.id, reference.version) if reference else None
    if scenario is None:
        return None
    user = tuple(message for message in recording.messages if message.role == "user")
    lines = tuple(message.content for message in user)
    name = rules.model or model
    if recording.part == "persona":
        personas, documents, script = (_learner(scenario, lines),), (), None
    else:
        ids = recording.persona_ids or scenario.persona_ids
        personas = tuple(found for each in ids if (found := catalog.persona(tx, each)))
        documents = tuple(found for each in scenario.document_ids if (found := catalog.document(tx, each)))
        script = catalog.cast_script(tx, scenario, labels_of(personas)) if personas else None
    if not personas:
        return None
    return Person(
        model=name,
        personas=personas,
        scenario=scenario,
        documents=documents,
        script=script if name.startswith("scripted") else None,
        closings=_closings(tx, scenario, personas),
        opening=_opening(recording),
        lines=lines,
    )


def person_request(person: Person, done: Sequence[ReplayTurn], metadata: Mapping[str, str]) -> Request:
    """What the person's model is asked for its next words."""
    path = [message for turn in done for message in _exchange(person, turn)]
    scene = Scene(personas=person.personas, scenario=person.scenario, documents=person.documents, path=path)
    first, *rest = reply_prompt(scene)
    system = Said(role="system", content=first.content + BLANK_LINE + _ENDING)
    return Request(
        model=person.model, messages=[system, *rest], task="reply", script=person.script, metadata=dict(metadata)
    )


def words_of(person: Person, text: str) -> Words:
    """What an answer of the person's model says."""
    at = text.lower().find(END)
    said = (text if at < 0 else text[:at]).strip()
    heard = (said,) if len(person.personas) == 1 else _by_speaker(person, said)
    return Words(
        heard=tuple(Heard(role="user", content=each) for each in heard if each),
        ends=at >= 0 or (person.script is not None and said.endswith(person.closings)),
    )


def recorded_words(person: Person, done: int) -> Words:
    """What was recorded after so many turns; nothing when that is used up."""
    index = len(person.opening) + done - 1
    line = person.lines[index : index + 1]
    return Words(heard=tuple(Heard(role="user", content=each) for each in line))


async def ask(model: Model, request: Request, meter: Meter, limits: ReplayLimits) -> str:
    """The person's answer, bounded. Raises `PersonError`; a fault that may pass is passed on."""
    parts: list[str] = []
    left = limits.reply_characters_max
    try:
        async with asyncio.timeout(limits.turn_seconds_max), aclosing(model.stream(request)) as pieces:
            async for piece in first_within(pieces, limits.first_token_seconds_max):
                meter.see(piece)
                if isinstance(piece, Text):
                    parts.append(piece.text[:left])
                    left -= len(parts[-1])
                    if left <= 0:
                        break
    except TimeoutError as error:
        raise PersonError(PERSON_FAILED) from error
    except ProviderFault as fault:
        if fault.retryable:
            raise
        raise PersonError(PERSON_FAILED) from fault
    finally:
        meter.end()
    return "".join(parts)


def _opening(recording: Recording) -> tuple[Heard, ...]:
    said: list[Heard] = []
    for message in recording.messages:
        if message.role == "assistant":
            break
        if message.role == "user":
            said.append(Heard(role="user", content=message.content, message_id=message.id))
    return tuple(said)


def _learner(scenario: Scenario, lines: Sequence[str]) -> Persona:
    goals = "\n".join(f"- {objective.text}" for objective in filled_scenario(scenario).objectives)
    instructions = f"You are the one who practises here. What you want to reach:\n{goals}" if goals else ""
    examples = tuple(line[:_EXAMPLE_CHARACTERS_MAX] for line in lines[:_EXAMPLES_MAX])
    return Persona(id=_LEARNER, name="a learner", instructions=instructions, examples=examples)


def _exchange(person: Person, turn: ReplayTurn) -> list[Message]:
    """A turn as the person sees it: its own words are replies, the candidate's are what it is told."""
    labels = labels_of(person.personas)
    marks: list[Mark] = []
    content = ""
    for each in turn.heard:
        content += BLANK_LINE if content else ""
        speaker, text = _speaker(labels, each.content)
        marks.append(Mark(persona_id=speaker, at=len(content)))
        content += text
    told = _message(f"{turn.turn}-heard", turn.turn * 2, content)
    said = _message(turn.message_id, turn.turn * 2 + 1, turn.content)
    mine = replace(told, type="response", marks=tuple(marks), persona_id=marks[0].persona_id) if marks else None
    return [message for message in (mine, said) if message and message.content]


def _message(message_id: str, number: int, content: str) -> Message:
    return Message(
        id=MessageId(message_id),
        chat_id=ChatId(""),
        type="query",
        parent_id=None,
        number=number,
        content=content,
        persona_id=None,
        state="complete",
        created_at=0,
        completed_at=0,
    )


def _speaker(labels: Mapping[str, str], text: str) -> tuple[str, str]:
    """Who says it, and what: with several personas their names stand before their words."""
    for persona_id, label in labels.items():
        if len(labels) > 1 and text.startswith(f"{label}: "):
            return persona_id, text[len(label) + 2 :]
    return next(iter(labels)), text


def _by_speaker(person: Person, said: str) -> tuple[str, ...]:
    """The words of several personas, each behind the name of who says them."""
    scene = Scene(personas=person.personas, scenario=person.scenario, documents=(), path=())
    speakers = Speakers(cast_of(scene))
    labels = labels_of(person.personas)
    found: dict[int, str] = {}
    for piece in [*speakers.feed(said), *speakers.finish()]:
        text = piece.text.lstrip() if piece.begins else piece.text
        found[piece.idx] = found[piece.idx] + text if piece.idx in found else f"{labels[piece.persona_id]}: {text}"
    return tuple(found.values())


def _closings(tx: Tx, scenario: Scenario, personas: Sequence[Persona]) -> tuple[str, ...]:
    scripts = (catalog.script_for(tx, scenario, persona.id) for persona in personas)
    dialogues = (script["dialogue"] for script in scripts if script)
    return tuple(line for each in dialogues if isinstance(each, Dialogue) for line in each.closing)
