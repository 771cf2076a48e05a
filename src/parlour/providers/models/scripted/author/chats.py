"""The offline author of chats: new material from what the author of a scenario wrote, varied and not invented.

It takes the written values, puts other people and other circumstances in, and says so: descriptions
and statements end with a sentence that tells that they were drafted offline. The same request gets
the same answer; the run that a request belongs to decides what is chosen.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence

import msgspec

from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.scripted.author.artifacts import answer as answer_of_artifact
from parlour.providers.models.scripted.author.ask import LABEL
from parlour.providers.models.scripted.author.ask import Ask as ArtifactAsk

_OF_ARTIFACT = '{"artifact":'
_FIRST_NAMES = ("Amara", "Bo", "Chidi", "Dana", "Elif", "Farid", "Greta", "Hana", "Ivo", "Kemi", "Lina", "Mateo")
_LAST_NAMES = ("Abara", "Berg", "Castro", "Dietz", "Eriksen", "Fontaine", "Gupta", "Haddad", "Ito", "Kovacs")
_MOMENTS = (
    "early in the morning", "in the last quarter of an hour", "after a long day", "between two appointments",
    "shortly before a deadline", "for the second time this week",
)  # fmt: skip
_TURNS = (
    "Today there is less time than usual.", "A friend has advised against coming.", "It is the second attempt.",
    "Somebody else has already given another answer.", "There is a letter that has not been opened.",
)  # fmt: skip
_FOCUS = ("at your own pace", "before you suggest anything", "in plain words", "and check that you have understood it")
_RIGHT = "Ask what has been tried so far, and listen to the answer."
_WRONG = (
    "Say at once what you would do.", "Change the subject to something pleasant.", "Quote the rules.",
    "Promise that it will be fine.", "Wait until it is over.",
)  # fmt: skip


class _Chat(msgspec.Struct, frozen=True):
    name: str = ""
    personas: list[dict[str, str]] = []


class _Ask(msgspec.Struct, frozen=True):
    type: str
    number: int = 0
    about: dict[str, object] = {}
    chat: _Chat = _Chat()
    written: list[dict[str, object]] = []
    seed: str = ""


def draft(document: str) -> str:
    """The answer to a request of `drafts.chats.prompt` or `library.making.prompts`, as JSON.

    Raises `ProviderFault` for one it cannot read.
    """
    try:
        if document.startswith(_OF_ARTIFACT):
            return answer_of_artifact(decode(document, ArtifactAsk))
        ask = decode(document, _Ask)
    except msgspec.DecodeError as error:
        raise ProviderFault("The request of the offline author cannot be read.", retryable=False) from error
    return msgspec.json.encode(_answer(ask)).decode()


def _answer(ask: _Ask) -> Mapping[str, object]:
    written = ask.written[ask.number % len(ask.written)] if ask.written else {}
    match ask.type:
        case "names":
            base = _text(written, "name") or "A conversation"
            return {"name": f"{base}, {_pick(ask, _MOMENTS)}"[:120]}
        case "descriptions":
            base = _text(written, "description") or "A conversation to practise."
            return {"description": _labelled(f"{base} {_pick(ask, _TURNS)}")}
        case "parameter_fields":
            base = _text(written, "value") or str(ask.about.get("parameter", "something"))
            return {"value": f"{base}, {_pick(ask, _MOMENTS)}"}
        case "personas":
            return _persona(ask, written)
        case "documents":
            name = _text(written, "name") or "Notes"
            text = _text(written, "text") or "Nothing has been written down so far."
            description = _labelled(_text(written, "description"))
            return {"name": name, "description": description, "text": _labelled(text)}
        case "problem_statements":
            base = (
                _text(written, "problem_statement") or f"This is about: {ask.chat.name or 'a difficult conversation'}."
            )
            return {"problem_statement": _labelled(f"{_with_people(ask, base)} {_pick(ask, _TURNS)}")}
        case "objectives":
            base = _text(written, "objective") or "Find out what the matter is"
            return {"objective": f"{_with_people(ask, base).rstrip('.')}, {_pick(ask, _FOCUS)}."}
        case "questions":
            base = _text(written, "question_text") or "What helps most at the beginning?"
            return {"question_text": base, "time": written.get("time")}
        case "options":
            return {"option_text": _option(ask)}
        case _:
            raise ProviderFault(f"The offline author does not make {ask.type}.", retryable=False)


def _persona(ask: _Ask, written: Mapping[str, object]) -> Mapping[str, object]:
    """The written persona under another name; its ways stay, so that its dialogue fits."""
    old = _text(written, "name")
    new = f"{_pick(ask, _FIRST_NAMES)} {_pick(ask, _LAST_NAMES, 'last')}"
    examples = written.get("examples")
    return {
        "name": new,
        "description": _labelled(_renamed(_text(written, "description") or "Somebody with a question.", old, new)),
        "icon": _text(written, "icon"),
        "color": _text(written, "color"),
        "instructions": _renamed(_text(written, "instructions") or f"You are {new}.", old, new),
        "examples": [_renamed(str(each), old, new) for each in examples] if isinstance(examples, list) else [],  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    }


def _option(ask: _Ask) -> str:
    """A written option of the wanted kind that the question has not got yet, else one of the author's own."""
    said = [_text(each, "option_text") for each in ask.written]
    stock = [_RIGHT] if ask.about.get("right") else list(_WRONG)
    choices = [*said, *stock] if said else stock
    return choices[ask.number % len(choices)] or stock[0]


def _with_people(ask: _Ask, text: str) -> str:
    """A statement about whom the chat has now; it may have been written about somebody else."""
    people = " and ".join(each.get("name", "") for each in ask.chat.personas)
    return text if not people or any(_first(each) in text for each in ask.chat.personas) else f"{people}: {text}"


def _first(persona: Mapping[str, str]) -> str:
    return persona.get("name", "").partition(" ")[0]


def _renamed(text: str, old: str, new: str) -> str:
    if not old:
        return text
    first, new_first = re.escape(old.partition(" ")[0]), new.partition(" ")[0]
    return re.sub(rf"\b{first}\b", new_first, text.replace(old, new))


def _labelled(text: str) -> str:
    return f"{text.strip()} {LABEL}".strip()


def _pick(ask: _Ask, choices: Sequence[str], salt: str = "") -> str:
    digest = hashlib.sha256(f"{ask.seed}/{ask.type}/{ask.number}/{salt}".encode()).digest()
    return choices[int.from_bytes(digest[:4], "big") % len(choices)]


def _text(written: Mapping[str, object], name: str) -> str:
    found = written.get(name)
    return found.strip() if isinstance(found, str) else ""
