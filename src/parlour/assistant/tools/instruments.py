"""Searching the laboratory's instruments (lab protocol 8.2): their documents, and who their experts are."""

from dataclasses import dataclass

from parlour.assistant.entities import JsonValue, Reference
from parlour.assistant.instruments import actions
from parlour.assistant.tools import arguments as given
from parlour.assistant.tools.ports import Call, Do, Flow, Outcome, Passage, Tool
from parlour.assistant.tools.searching import Wanted, found, instrument_reference, no_such, outcome, plain
from parlour.kernel.decoding import convert
from parlour.storage.tx import Tx

SEARCH_DEFAULT = 5
NAMED_MAX = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """What was found, and the instruments that were named."""

    passages: tuple[Passage, ...]
    references: tuple[Reference, ...]


def _search(call: Call) -> Flow:
    query, named, most = given.words(call, "query"), given.words(call, "instrument"), given.limit(call, SEARCH_DEFAULT)

    def act(tx: Tx) -> JsonValue:
        among = actions.named(tx, named) if named else actions.instruments(tx)
        if named and not among:
            raise no_such("instrument")
        ids = [each for one in among for each in (one.id, *one.file_ids)]
        passages = found(tx, call, Wanted(text=query, kinds=("instrument", "file"), source_ids=ids, limit=most))
        meant = among if named else actions.mentioned(tx, query)
        refs = [instrument_reference(each) for each in meant[:NAMED_MAX]]
        return plain(_Answer(passages=tuple(passages), references=tuple(refs)))

    answer = convert((yield Do(name="search the instruments", act=act)), _Answer)
    there, ended = answer.references, outcome(plain(answer.passages))
    experts = "\n".join(f"Experts of {each.title}: {', '.join(each.experts)}." for each in there if each.experts)
    if ended.status == "nothing" and not there:
        return ended
    text = "\n".join(filter(None, (ended.text, experts)))
    return Outcome(status="done", text=text, passages=ended.passages, references=there)


TOOL = Tool(
    name="instrument_search",
    description="Finds how the laboratory's instruments are used, in their documents, and who their experts are.",
    parameters=given.schema(
        ("query",),
        query=given.text_of("What to look for."),
        instrument=given.text_of("One instrument only: its name.", longest=200),
        limit=given.limit_of(SEARCH_DEFAULT),
    ),
    titles=given.titles("instrument_search"),
    run=_search,
)
