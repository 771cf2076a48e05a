"""Experiments and their logs as tools (lab protocol 8.2; flows 2-5 of section 17).

What is missing is collected, what was collected or chosen is verified, and the loop asks to authorise
exactly what will be stored. Without a current experiment, adding to the log first sets one, and
without any experiment that first creates one.
"""

from collections.abc import Mapping
from dataclasses import replace

from parlour.assistant.entities import JsonValue
from parlour.assistant.experiments import actions
from parlour.assistant.experiments.entities import ENTRY_CHARS_MAX, ExperimentId, LogEntryId, NewEntry
from parlour.assistant.questions.dialogue import collect, rules_of
from parlour.assistant.tools import arguments as given
from parlour.assistant.tools.ports import Call, Do, FailedError, Flow, Outcome, Policy, Tool
from parlour.assistant.tools.searching import (
    Wanted,
    entry_reference,
    file_named,
    found,
    no_such,
    outcome,
    plain,
    references,
)
from parlour.assistant.tools.setting_up import (
    CHOICES_MAX,
    DESCRIPTION,
    DURATION,
    EXPERIMENT,
    NAME,
    Known,
    Values,
    creating,
    field,
    known,
    operation,
    say,
    setting,
    text_in,
)
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import convert
from parlour.storage.tx import Tx

LIST_DEFAULT = 20
SHARED = "lab"
SEARCH_DEFAULT = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class _Attached:
    """The file to attach."""

    id: str
    name: str


def _create(call: Call) -> Flow:
    made = yield from creating(call, {key: given.words(call, key) for key in (NAME, DESCRIPTION)})
    return Outcome(status="done", text=f"The experiment {made.name} was created.")


def _set_current(call: Call) -> Flow:
    now = yield from setting(call, given.words(call, EXPERIMENT), given.words(call, DURATION))
    until = given.moment(call, now.until)
    return Outcome(status="done", text=f"{now.name} is the current experiment until {until}.")


def _log_add(call: Call) -> Flow:
    """Flow 5: with nothing set up, the questions of creating and of setting come first."""
    text, named, corrects = (given.words(call, key) for key in ("text", "file", "corrects"))
    file = yield Do(name="find the file", act=lambda tx: _attachment(tx, call, named))
    place = yield Do(name="find the current experiment", act=lambda tx: _place(tx, call, corrects))
    if not text:
        item = field(call.member, "text", "text")
        text = text_in((yield from collect(call.member, say(call, "ask_entry"), (item,), rules_of(call))), "text")
    if len(text) > ENTRY_CHARS_MAX:
        raise FailedError(f"an entry has at most {ENTRY_CHARS_MAX} characters")
    if place is None:
        current = yield from setting(call, "", "")
        where = Known(id=current.id, name=current.name)
    else:
        where = convert(place, Known)
    attached = convert(file, _Attached) if file is not None else None
    shown: Values = {EXPERIMENT: where.name, "text": text}
    if attached:
        shown["file"] = attached.name
        if (yield Do(name="see who reads the log", act=lambda tx: _readers(tx, call, where.id))) == SHARED:
            shown["visibility"] = SHARED
    if corrects:
        shown["corrects"] = corrects
    new = NewEntry(
        experiment_id=ExperimentId(where.id),
        author_id=call.member.account_id,
        text=text,
        file_ids=(attached.id,) if attached else (),
        corrects=LogEntryId(corrects) if corrects else None,
    )
    stored = yield Do(
        name="add to the log",
        act=lambda tx: plain([entry_reference(tx, actions.add_entry(tx, new))]),
        operation=operation(call, "experiment_log_add", shown),
    )
    text = f"The entry was added to the log of {where.name}."
    return Outcome(status="done", text=text, references=references(stored))


def _log_search(call: Call) -> Flow:
    since, until = given.since_until(call)
    query, named = given.words(call, "query"), given.words(call, EXPERIMENT)
    most = given.limit(call, SEARCH_DEFAULT)

    def act(tx: Tx) -> JsonValue:
        wanted = Wanted(text=query, kinds=("entry",), limit=most, since=since, until=until)
        if named:
            meant = actions.readable(tx, call.member.account_id, named)
            if not meant:
                raise no_such("experiment")
            entries = [entry.id for experiment in meant for entry in actions.log(tx, experiment.id)]
            wanted = replace(wanted, source_ids=entries)
        return plain(found(tx, call, wanted))

    return outcome((yield Do(name="search the logs", act=act)))


def _list(call: Call) -> Flow:
    most = given.limit(call, LIST_DEFAULT, CHOICES_MAX)

    def act(tx: Tx) -> JsonValue:
        current = actions.current_of(tx, call.member.account_id)
        lines: list[str] = []
        for each in actions.own_experiments(tx, call.member.account_id, most):
            is_current = current is not None and current.experiment.id == each.id
            mark = f" (current until {given.moment(call, current.until)})" if current and is_current else ""
            about = f": {each.description}" if each.description else ""
            lines.append(f"- {each.name}{mark}{about}")
        return lines

    lines = convert((yield Do(name="list the experiments", act=act)), list[str])
    if not lines:
        return Outcome(status="nothing", text="There are no experiments.")
    return Outcome(status="done", text="\n".join(lines))


def _attachment(tx: Tx, call: Call, named: str) -> JsonValue:
    if not named:
        return None
    file = file_named(tx, call, named)
    return plain(_Attached(id=file.id, name=file.name))


def _readers(tx: Tx, call: Call, experiment_id: str) -> JsonValue:
    (experiment,) = actions.readable(tx, call.member.account_id, experiment_id)
    return experiment.visibility


def _sharing(arguments: Mapping[str, JsonValue]) -> Policy:
    """An attachment of a log that every member reads is shared with them all: that is asked for (16.5)."""
    return "ask" if arguments.get("file") and arguments.get("visibility") == SHARED else "auto"


def _place(tx: Tx, call: Call, corrects: str) -> JsonValue:
    """Where the entry belongs: to the log of the entry that it corrects, else to the current experiment."""
    if corrects:
        old = actions.entry(tx, call.member.account_id, corrects)
        experiment = actions.experiment_of(tx, old) if old else None
        if experiment is None or experiment.account_id != call.member.account_id:
            raise no_such("entry")
        return plain(known(experiment))
    current = actions.current_of(tx, call.member.account_id)
    return plain(known(current.experiment)) if current else None


_EXPERIMENT = given.text_of("The name of an experiment.", longest=200)
_CREATE = Tool(
    name="experiment_create",
    description="Creates an experiment of the person. What is missing is asked for, and everything is confirmed first.",
    parameters=given.schema(
        experiment_name=given.text_of("Its name, if the person said one.", longest=200),
        experiment_description=given.text_of("What it is about, if the person said so.", longest=4_000),
    ),
    titles=given.titles("experiment_create"),
    run=_create,
    policy="ask",
)
_SET_CURRENT = Tool(
    name="experiment_set_current",
    description="Makes an experiment the current one for a time; log entries go to the current experiment.",
    parameters=given.schema(
        experiment=_EXPERIMENT,
        experiment_duration=given.text_of("For how long, if the person said so: 2h30m, 2:30:00, 90 min.", longest=60),
    ),
    titles=given.titles("experiment_set_current"),
    run=_set_current,
    policy="ask",
)
_LOG_ADD = Tool(
    name="experiment_log_add",
    description="Appends an entry to the log of the current experiment. Entries are never changed: to correct one,"
    " add another that names it in `corrects`.",
    parameters=given.schema(
        ("text",),
        text=given.text_of("The entry, in the person's words.", longest=ENTRY_CHARS_MAX),
        file=given.text_of("The handle of a file to attach.", longest=400),
        corrects=given.text_of("The id of an earlier entry that this one corrects.", longest=64),
    ),
    titles=given.titles("experiment_log_add"),
    run=_log_add,
    policy_of=_sharing,
)
_LOG_SEARCH = Tool(
    name="experiment_log_search",
    description="Finds entries of the person's experiment logs and of those open to the laboratory, with neighbours.",
    parameters=given.schema(
        ("query",),
        query=given.text_of("What to look for."),
        experiment=_EXPERIMENT,
        **given.period_of(),
        limit=given.limit_of(SEARCH_DEFAULT),
    ),
    titles=given.titles("experiment_log_search"),
    run=_log_search,
)
_LIST = Tool(
    name="experiment_list",
    description="Lists the person's experiments, the current one marked.",
    parameters=given.schema(limit=given.limit_of(LIST_DEFAULT)),
    titles=given.titles("experiment_list"),
    run=_list,
)
TOOLS = (_CREATE, _SET_CURRENT, _LOG_ADD, _LOG_SEARCH, _LIST)
