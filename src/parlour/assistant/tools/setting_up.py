"""Setting up an experiment with a person: the dialogues behind `experiments.py` (lab protocol 8.2, flow 5).

Sub-generators for flows: they yield questions and acts and return what was made. Every dialogue ends
after five rounds with `AbandonedError`.
"""

from collections.abc import Callable, Generator, Mapping

from parlour.assistant.entities import JsonValue, Member
from parlour.assistant.experiments import actions
from parlour.assistant.experiments.entities import (
    DESCRIPTION_CHARS_MAX,
    NAME_CHARS_MAX,
    Experiment,
    NewExperiment,
    tidy,
)
from parlour.assistant.questions import durations
from parlour.assistant.questions.dialogue import collect, rules_of, select, verify
from parlour.assistant.questions.entities import Choice, Field, FieldType, Prompt
from parlour.assistant.sentences import sentence
from parlour.assistant.tools.arguments import titles
from parlour.assistant.tools.ports import AbandonedError, Call, Do, FailedError, Operation, Wish
from parlour.assistant.tools.searching import plain
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import convert
from parlour.storage.tx import Tx

CHOICES_MAX = 50
NAME, DESCRIPTION, DURATION, EXPERIMENT = (
    "experiment_name",
    "experiment_description",
    "experiment_duration",
    "experiment",
)

Values = dict[str, JsonValue]

_ITEMS: tuple[tuple[str, FieldType], ...] = ((NAME, "string"), (DESCRIPTION, "text"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An experiment as a flow remembers it."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class BecameCurrent:
    """What was made current, until when in milliseconds."""

    id: str
    name: str
    until: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wrong:
    """A value that cannot be used, and what to ask instead."""

    key: str
    text: str


def creating(call: Call, asked: Mapping[str, str]) -> Generator[Wish, JsonValue, Known]:
    """Collect, verify, and create with authorisation. Raises `AbandonedError` when nothing fits after 5 rounds."""
    member = call.member
    values: Values = {key: value for key, value in asked.items() if value}
    text = say(call, "ask_experiment" if not values else "ask_experiment_rest")
    rules = rules_of(call)
    for _ in range(rules.rounds_max):
        missing = tuple(field(member, key, kind) for key, kind in _ITEMS if not text_in(values, key))
        if missing:
            values |= yield from collect(member, text, missing, rules)
        wrong = yield _checking(call, values)
        if wrong is None:
            shown = _to_verify(member, values)
            values = dict((yield from verify(member, say(call, "check_experiment"), shown, rules)))
            wrong = yield _checking(call, values)
        if wrong is None:
            made = yield Do(
                name="create the experiment",
                act=_making(call, values),
                operation=operation(call, "experiment_create", values),
            )
            return convert(made, Known)
        problem = convert(wrong, _Wrong)
        values.pop(problem.key, None)
        text = problem.text
    raise AbandonedError("no name was found that can be used")


def setting(call: Call, named: str, duration: str) -> Generator[Wish, JsonValue, BecameCurrent]:
    """Select, verify, collect the duration, verify, and set with authorisation."""
    member = call.member
    listed = convert((yield _listing(call)), list[Known])
    if not listed:
        yield from creating(call, {NAME: named} if named else {})
        named = ""
    if named:
        there = yield _finding(call, named)
        if there is None:
            raise FailedError("no such experiment")
        chosen = convert(there, Known)
    else:
        chosen = yield from _choosing(call)
    whole = durations.seconds(duration)
    if whole is None:
        text = say(call, "ask_duration", experiment=chosen.name)
        item = field(member, DURATION, "duration")
        duration = text_in((yield from collect(member, text, (item,), rules_of(call))), DURATION)
    else:
        duration = durations.canonical(whole)
    items = (field(member, EXPERIMENT, "string", chosen.name), field(member, DURATION, "duration", duration))
    values = yield from verify(member, say(call, "check_current"), items, rules_of(call))
    chosen = yield from _meant(call, text_in(values, EXPERIMENT))
    wanted: Values = {EXPERIMENT: chosen.name, DURATION: text_in(values, DURATION)}
    made = yield Do(
        name="set the current experiment",
        act=_becoming(call, chosen, durations.seconds(text_in(values, DURATION)) or 0),
        operation=operation(call, "experiment_set_current", wanted),
    )
    return convert(made, BecameCurrent)


def _choosing(call: Call) -> Generator[Wish, JsonValue, Known]:
    """Let the person select one of their experiments, and verify it."""
    listed = convert((yield _listing(call)), list[Known])
    options = tuple(Choice(id=each.id, title=each.name, detail=each.description[:200]) for each in listed)
    prompt = Prompt(kind="select", text=say(call, "choose_experiment"), options=options)
    picked = yield from select(call.member, prompt)
    name = next((each.name for each in listed if each.id in picked), "")
    if not name:
        raise AbandonedError("no experiment was chosen")
    item = field(call.member, EXPERIMENT, "string", name)
    values = yield from verify(call.member, say(call, "check_chosen"), (item,), rules_of(call))
    return (yield from _meant(call, text_in(values, EXPERIMENT)))


def _meant(call: Call, named: str) -> Generator[Wish, JsonValue, Known]:
    """The own experiment of that name; asks which one is meant if there is none."""
    for _ in range(call.rounds_max):
        found = yield _finding(call, named)
        if found is not None:
            return convert(found, Known)
        text = say(call, "no_such_experiment", name=named)
        item = field(call.member, EXPERIMENT, "string")
        answer = yield from collect(call.member, text, (item,), rules_of(call))
        named = text_in(answer, EXPERIMENT)
    raise AbandonedError("no such experiment")


def operation(call: Call, tool: str, arguments: Mapping[str, JsonValue]) -> Operation:
    """An operation of a built-in tool, titled in the person's language."""
    return Operation(tool=tool, title=titles(tool)[call.member.language], arguments=arguments)


def known(experiment: Experiment) -> Known:
    """What a flow remembers of an experiment."""
    return Known(id=experiment.id, name=experiment.name, description=experiment.description)


def field(member: Member, key: str, kind: FieldType = "string", value: JsonValue = None) -> Field:
    """An item to ask for, labelled in the person's language."""
    return Field(key=key, label=sentence(member.language, f"fields.{key}"), type=kind, value=value)


def say(call: Call, key: str, **values: object) -> str:
    """One of the tools' sentences in the person's language."""
    return sentence(call.member.language, f"tools.{key}", **values)


def text_in(values: Mapping[str, JsonValue], key: str) -> str:
    """A value as text; empty if it is missing."""
    value = values.get(key)
    return value.strip() if isinstance(value, str) else ""


def _to_verify(member: Member, values: Values) -> tuple[Field, ...]:
    visibility = Field(
        key="visibility",
        label=sentence(member.language, "fields.visibility"),
        required=False,
        value=values.get("visibility") or "private",
        choices=("private", "lab"),
    )
    return (
        field(member, NAME, "string", values.get(NAME)),
        field(member, DESCRIPTION, "text", values.get(DESCRIPTION)),
        visibility,
    )


def _checking(call: Call, values: Values) -> Do:
    """Whether an experiment of these values can be made; None, or what is wrong."""
    name, description = tidy(text_in(values, NAME)), text_in(values, DESCRIPTION)

    def act(tx: Tx) -> JsonValue:
        if not 0 < len(name) <= NAME_CHARS_MAX:
            return plain(_Wrong(key=NAME, text=say(call, "name_invalid", most=NAME_CHARS_MAX)))
        if len(description) > DESCRIPTION_CHARS_MAX:
            return plain(_Wrong(key=DESCRIPTION, text=say(call, "description_invalid", most=DESCRIPTION_CHARS_MAX)))
        if actions.is_name_taken(tx, call.member.account_id, name):
            return plain(_Wrong(key=NAME, text=say(call, "name_taken", name=name)))
        return None

    return Do(name="check the new experiment", act=act)


def _making(call: Call, values: Values) -> Callable[[Tx], JsonValue]:
    new = NewExperiment(
        account_id=call.member.account_id,
        name=text_in(values, NAME),
        description=text_in(values, DESCRIPTION),
        visibility="lab" if text_in(values, "visibility") == "lab" else "private",
    )
    return lambda tx: plain(known(actions.create(tx, new)))


def _becoming(call: Call, experiment: Known, seconds: int) -> Callable[[Tx], JsonValue]:
    def act(tx: Tx) -> JsonValue:
        current = actions.set_current(tx, call.member.account_id, experiment.id, seconds)
        return plain(BecameCurrent(id=experiment.id, name=experiment.name, until=current.until))

    return act


def _listing(call: Call) -> Do:
    def act(tx: Tx) -> JsonValue:
        mine = actions.own_experiments(tx, call.member.account_id, CHOICES_MAX)
        return plain([known(each) for each in mine])

    return Do(name="list the experiments", act=act)


def _finding(call: Call, named: str) -> Do:
    def act(tx: Tx) -> JsonValue:
        mine = actions.own(tx, call.member.account_id, named)
        return plain(known(mine)) if mine else None

    return Do(name="find the experiment", act=act)
