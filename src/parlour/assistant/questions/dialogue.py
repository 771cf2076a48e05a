"""The dialogues of tool flows: `values = yield from collect(...)`, `select(...)`, `verify(...)` (lab protocol 6.4).

Sub-generators: they yield questions (and at most an extraction by a model) and are deterministic like
the flows that use them. Each ends after its rounds with `AbandonedError`, as it does when the person gives up.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import cast

from parlour.assistant.entities import JsonValue, Member
from parlour.assistant.questions import phrases
from parlour.assistant.questions.entities import Choice, Field, Prompt
from parlour.assistant.questions.phrases import fold
from parlour.assistant.questions.values import value_of
from parlour.assistant.sentences import sentence
from parlour.assistant.tools.ports import AbandonedError, Ask, Call, Extract, FailedError, UnknownError, Wish
from parlour.kernel.dataclass import dataclass
from parlour.pauses.entities import Item

SELECT_QUESTIONS_MAX = 3  # asked, and asked again at most twice

Values = dict[str, JsonValue]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How long a dialogue goes on (`collect_rounds_max`), and what reads values out of free text, if anything.

    `extract` makes the call of a model whose result maps keys to values; of those only values that
    occur in the person's text are taken.
    """

    rounds_max: int = 5
    extract: Extract | None = None


DEFAULT = Rules()


def rules_of(call: Call) -> Rules:
    """The rules for the dialogues of a call."""
    return Rules(rounds_max=call.rounds_max, extract=call.extract)


def collect(
    member: Member, text: str, fields: Sequence[Field], rules: Rules = DEFAULT
) -> Generator[Wish, JsonValue, Values]:
    """Ask until every required field has a value; the values of all fields that have one.

    `text` introduces the first question; later ones list only what is missing.
    """
    values: Values = {field.key: field.value for field in fields if field.value is not None}
    missing = tuple(field for field in fields if field.key not in values)
    for _ in range(rules.rounds_max if missing else 0):
        answer = _members((yield Ask(prompt=Prompt(kind="collect", text=text, fields=missing))))
        if answer.get("abandon"):
            raise AbandonedError("the person gave up")
        said = _text(answer)
        got = _given(answer) | (yield from _extracted(said, missing, rules))
        values |= got
        missing = tuple(field for field in fields if field.key not in values and field.required)
        if not missing and (got or not said or phrases.only(said, phrases.NEVER_A_VALUE)):
            return values
        if not missing:
            missing = tuple(field for field in fields if field.key not in values)
        text = sentence(member.language, "questions.collect_more" if got else "questions.collect_again")
    if missing:
        raise AbandonedError("the values were not given")
    return values


def select(member: Member, prompt: Prompt) -> Generator[Wish, JsonValue, tuple[str, ...]]:
    """The ids of the chosen options, in the order in which they were named; none if `min` is 0 and none fits."""
    first = prompt.text
    for _ in range(SELECT_QUESTIONS_MAX):
        answer = _members((yield Ask(prompt=prompt)))
        if answer.get("abandon"):
            raise AbandonedError("nothing was chosen")
        chosen = _chosen(answer, prompt.options)
        if prompt.min <= len(chosen) <= prompt.max:
            return chosen
        key = "too_many" if len(chosen) > prompt.max else "too_few" if chosen else "again"
        prompt = replace(prompt, text=f"{sentence(member.language, f'questions.select_{key}')} {first}".strip())
    raise AbandonedError("nothing was chosen")


def verify(
    member: Member, text: str, fields: Sequence[Field], rules: Rules = DEFAULT
) -> Generator[Wish, JsonValue, Values]:
    """Show values until the person confirms them; what was confirmed."""
    shown = tuple(fields)
    for _ in range(rules.rounds_max):
        answer = _members((yield Ask(prompt=Prompt(kind="verify", text=text, fields=shown))))
        if answer.get("decision") == "confirm":
            return {field.key: field.value for field in shown if field.value is not None}
        if answer.get("decision") != "change":
            raise AbandonedError("the person gave up")
        changed = _given(answer) or (yield from _extracted(_text(answer), shown, rules))
        shown = tuple(replace(field, value=changed.get(field.key, field.value)) for field in shown)
        text = sentence(member.language, "questions.verify_changed" if changed else "questions.verify_again")
    raise AbandonedError("the values were not confirmed")


def _extracted(said: str, fields: Sequence[Field], rules: Rules) -> Generator[Wish, JsonValue, Values]:
    """What a model finds in the person's text: only what stands in it, and only for these fields."""
    if rules.extract is None or not said or phrases.says_nothing(said) or phrases.only(said, phrases.NEVER_A_VALUE):
        return {}
    try:
        found = _members((yield rules.extract(said, fields)))
    except (FailedError, UnknownError):
        return {}
    there = " ".join(fold(said).split())
    values: Values = {}
    for field in fields:
        given = found.get(field.key)
        if isinstance(given, str | int | float) and " ".join(fold(str(given)).split()) in there:
            value = value_of(Item(**asdict(field)), given)
            values |= {field.key: value} if value is not None else {}
    return values


def _members(answer: JsonValue) -> Mapping[str, JsonValue]:
    return answer if isinstance(answer, Mapping) else {}


def _given(answer: Mapping[str, JsonValue]) -> Values:
    return dict(_members(answer.get("values")))


def _text(answer: Mapping[str, JsonValue]) -> str:
    said = answer.get("text")
    return said if isinstance(said, str) else ""


def _chosen(answer: Mapping[str, JsonValue], options: Sequence[Choice]) -> tuple[str, ...]:
    """A choice is the place of an option, from 1, or its id."""
    choices = cast("Sequence[int | str]", answer.get("choices") or ())
    return tuple(options[choice - 1].id if isinstance(choice, int) else choice for choice in choices)
