"""Searching the laboratory's instruments (lab protocol 8.2): their documents, and who their experts are."""

from collections.abc import Sequence
from dataclasses import replace

from parlour.assistant.entities import JsonValue, Reference
from parlour.assistant.instruments import actions
from parlour.assistant.instruments.entities import Instrument
from parlour.assistant.tools import arguments as given
from parlour.assistant.tools.ports import Call, Do, Flow, Outcome, Passage, Tool
from parlour.assistant.tools.searching import Wanted, found, instrument_reference, no_such, outcome, plain
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import convert
from parlour.storage.tx import Tx

SEARCH_DEFAULT = 5
NAMED_MAX = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """What was found, the instruments that were named, and those of them that no passage is about."""

    passages: tuple[Passage, ...]
    meant: tuple[Reference, ...]
    references: tuple[Reference, ...]


def _search(call: Call) -> Flow:
    query, named = given.words(call, "query"), given.words(call, "instrument")
    wanted = Wanted(text=query, kinds=("instrument", "file"), limit=given.limit(call, SEARCH_DEFAULT))

    def act(tx: Tx) -> JsonValue:
        meant = actions.named(tx, named) if named else actions.mentioned(tx, query)
        if named and not meant:
            raise no_such("instrument")
        passages = _among(tx, call, meant, wanted)
        if not passages and not named:
            passages = _among(tx, call, actions.instruments(tx), wanted)
        told = {each.reference.title for each in passages if each.reference.ref_type == "instrument"}
        refs = [instrument_reference(each) for each in meant[:NAMED_MAX] if each.name not in told]
        experts = [instrument_reference(each) for each in meant[:NAMED_MAX]]
        return plain(_Answer(passages=tuple(passages), references=tuple(refs), meant=tuple(experts)))

    answer = convert((yield Do(name="search the instruments", act=act)), _Answer)
    there, ended = answer.meant, outcome(plain(answer.passages))
    experts = "\n".join(f"Experts of {each.title}: {', '.join(each.experts)}." for each in there if each.experts)
    if ended.status == "nothing" and not there:
        return ended
    text = "\n".join(filter(None, (ended.text, experts)))
    return Outcome(status="done", text=text, passages=ended.passages, references=answer.references)


def _among(tx: Tx, call: Call, among: Sequence[Instrument], wanted: Wanted) -> list[Passage]:
    """The passages about these instruments."""
    ids = [each for one in among for each in (one.id, *one.file_ids)]
    return found(tx, call, replace(wanted, source_ids=ids))


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
