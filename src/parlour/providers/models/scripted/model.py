"""The offline model: plays dialogues, gives hints, grades by rules, varies material. No network, no key.

Model names choose a behaviour: `scripted` (normal), `scripted-slow` (20 pieces a second),
`scripted-echo` (repeats the last message), `scripted-fail` (fails before any text),
`scripted-fail-midway` (fails after some), `scripted-hang` (says nothing until it is cancelled);
in tests of models `scripted-noisy` (an untidy candidate), and the judges `scripted-strict`, `scripted-lenient`
and `scripted-first` (prefers what it is shown first).
The laboratory assistant's steps come from a file of turns, if one is given, else from `assistant.brain`.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping

import msgspec

from parlour.catalog.dialogues import Dialogue
from parlour.kernel.decoding import convert
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.scripted.assistant.brain import Thought, think
from parlour.providers.models.scripted.assistant.script import turn_of
from parlour.providers.models.scripted.candidate import Turn, play_candidate
from parlour.providers.models.scripted.cast import Part, play_cast
from parlour.providers.models.scripted.dialogue import play
from parlour.providers.models.scripted.played import Played, PlayedStep, calls_of
from parlour.turns.ports import Finished, Piece, Request, Text, Usage

SLOW_PIECES_PER_SECOND = 20.0
_PIECE = re.compile(r"\S+\s*|\s+")
_SPEAKER = re.compile(r"^(Learner|[^\n:]{1,80}): ", re.MULTILINE)
_JSON_PIECE_CHARACTERS = 240
_JSON_TASKS = ("grade", "prefer")
_WITHOUT_SCRIPT = (
    "I am listening. I am played by the offline model and nobody has written a part for me, so I cannot say much.",
    "Go on. Without a written part I can only tell you that I have read your message.",
    "I have read that too. For a real answer this persona needs a dialogue, or a language model.",
)
_HINTS_WITHOUT_SCRIPT = (
    "Ask an open question, one that begins with what or how.",
    "Say in one sentence what you have understood so far.",
    "Suggest one small next step and ask whether it fits.",
)
_SUMMARY = "The offline model does not write summaries; the conversation itself is the record."


class ScriptedModel:
    """A `turns.ports.Model` without a model. The same request always gets the same answer.

    `pieces_per_second` paces the words of replies; 0 streams as fast as it is read. In replays, where nobody waits
    for words, only `scripted-slow` is paced. `played` is what the assistant does instead of thinking, for the turns
    that its file has.
    """

    def __init__(self, *, pieces_per_second: float = 0.0, played: Played | None = None) -> None:
        self._pace = max(0.0, pieces_per_second)
        self._played = played

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The answer in word-sized pieces. Raises `ProviderFault` for a request it cannot read."""
        step = self._played.step(request) if self._played and request.task == "assist" else None
        if step is not None:
            async for piece in _play(step, request):
                yield piece
            return
        thought = _with_tools(request)
        pieces = _PIECE.findall(thought.text if thought else _answer(request))
        if request.task in _JSON_TASKS:
            answer = "".join(pieces)
            step = _JSON_PIECE_CHARACTERS
            pieces = [answer[at : at + step] for at in range(0, len(answer), step)]
        match request.model:
            case "scripted-fail":
                raise ProviderFault("The scripted model was asked to fail.", retryable=False)
            case "scripted-hang":
                await asyncio.Event().wait()
            case "scripted-fail-midway":
                pieces = pieces[: max(1, len(pieces) // 2)]
            case _:
                pass
        pause = 0.0 if request.task in _JSON_TASKS else self._pause(request)
        for number, piece in enumerate(pieces):
            if number or not pause:
                await asyncio.sleep(pause)
            yield Text(text=piece)
        if request.model == "scripted-fail-midway":
            raise ProviderFault("The scripted model was asked to fail midway.", retryable=False)
        for piece in _end(request, thought, len(pieces)):
            yield piece

    async def aclose(self) -> None:
        """Nothing is held open."""

    def _pause(self, request: Request) -> float:
        pace = 0.0 if "replay" in request.metadata else self._pace
        if request.model == "scripted-slow":
            pace = SLOW_PIECES_PER_SECOND
        return 1 / pace if pace else 0.0


def _with_tools(request: Request) -> Thought | Turn | None:
    """The answer to a request that may ask for tools; None for all others."""
    if request.task == "assist":
        return think(request)
    if request.task != "candidate" or request.model == "scripted-echo":
        return None
    return play_candidate(request, _dialogue(request.script))


def _end(request: Request, thought: Thought | Turn | None, pieces: int) -> list[Piece]:
    """What follows the text of an answer."""
    heard = sum(len(said.content.split()) for said in request.messages)
    calls = thought.calls if thought else ()
    counted = 0 if request.task == "assist" else 1  # rules cost nothing: an account's tokens are for models
    usage = Usage(input_tokens=heard * counted, output_tokens=pieces * counted)
    return [*calls, usage, Finished(reason="tool_calls" if calls else "stop")]


async def _play(step: PlayedStep, request: Request) -> AsyncGenerator[Piece, None]:
    """A step of a script file. Raises its fault."""
    await asyncio.sleep(step.delay)
    attempt = request.metadata.get("attempt", "1")
    if step.fault and (step.times is None or not attempt.isdecimal() or int(attempt) <= step.times):
        raise ProviderFault("The scripted model was asked to fail.", retryable=step.fault == "retryable")
    text = step.answer if step.answer is not None else step.thought or ""
    size = max(1, -(-len(text) // step.pieces))
    for at in range(0, len(text), size):
        yield Text(text=text[at : at + size])
    thought = Thought(text=text, calls=calls_of(step, len(turn_of(request).steps)))
    for piece in _end(request, thought, step.pieces):
        yield piece


def _answer(request: Request) -> str:
    learner = [said.content for said in request.messages if said.role == "user"]
    if request.model == "scripted-echo" and request.task in ("reply", "candidate"):
        return learner[-1] if learner else ""
    match request.task:
        case "reply":
            played = _played(request, learner)
            return played[0] if played else _without_script(request, learner)
        case "hints":
            played = _played(request, _learner_lines(learner))
            hints = (played[1] if played else ()) or _HINTS_WITHOUT_SCRIPT
            return msgspec.json.encode({"hints": hints}).decode()
        case "grade":
            from parlour.providers.models.scripted.grading import grade_request

            return grade_request(learner[-1] if learner else "", request.model)
        case "prefer":
            from parlour.providers.models.scripted.preferring import prefer_request

            return prefer_request(learner[-1] if learner else "", request.model)
        case "summary":
            return _SUMMARY
        case "draft":
            from parlour.providers.models.scripted.author.chats import draft

            return draft(learner[-1] if learner else "")
        case "assist" | "candidate":
            raise ProviderFault("The scripted model answers this with its tools.", retryable=False)


def _without_script(request: Request, learner: list[str]) -> str:
    """What somebody says whom the offline author has written; anybody else says that nobody has written a part.

    Raises `ProviderFault` for the latter in a trial, which such an answer would tell nothing about.
    """
    from parlour.providers.models.scripted.written import play_written

    rules = next((said.content for said in request.messages if said.role == "system"), "")
    written = play_written(rules, learner)
    if written is None and request.metadata.get("replay") == "trial":
        raise ProviderFault("The offline model has no part for this persona.", retryable=False)
    return written or _WITHOUT_SCRIPT[max(0, len(learner) - 1) % len(_WITHOUT_SCRIPT)]


def _learner_lines(said: list[str]) -> list[str]:
    """The learner's messages, also where a hints request carries the conversation as one text.

    That text has a message per line, each behind its speaker: `Learner: ...`, `Maya: ...`.
    """
    if len(said) != 1 or not _SPEAKER.match(said[0]):
        return said
    parts = _SPEAKER.split(said[0])
    return [text.strip() for speaker, text in zip(parts[1::2], parts[2::2], strict=True) if speaker == "Learner"]


def _played(request: Request, learner: list[str]) -> tuple[str, tuple[str, ...]] | None:
    """The answer to the last message and the hints after it; None without a script."""
    seed = request.metadata.get("chat_id", "")
    if not request.script or not learner:
        return None
    if "cast" in request.script:
        cast = play_cast(_cast(request.script["cast"]), learner, seed)
        return "\n\n".join(f"[[{name}]]\n{said}" for name, said in cast.answers), cast.hints
    dialogue = _dialogue(request.script)
    scene = play(dialogue, learner, seed) if dialogue else None
    return (scene.answer, scene.hints) if scene else None


def _cast(written: object) -> list[Part]:
    try:
        parts = convert(written, tuple[dict[str, object], ...])
        return [Part(name=convert(part["name"], str), dialogue=_dialogue(part)) for part in parts]
    except (msgspec.ValidationError, KeyError) as error:
        raise ProviderFault("The script of the request is no cast.", retryable=False) from error


def _dialogue(script: Mapping[str, object] | None) -> Dialogue | None:
    written = script.get("dialogue") if script else None
    if written is None or isinstance(written, Dialogue):
        return written
    try:
        return convert(written, Dialogue)
    except msgspec.ValidationError as error:
        raise ProviderFault("The script of the request is no dialogue.", retryable=False) from error
