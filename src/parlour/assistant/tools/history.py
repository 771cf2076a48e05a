"""Searching what was said before (lab protocol 8.2): the member's own messages, of all their conversations."""

from parlour.assistant.entities import JsonValue
from parlour.assistant.tools import arguments as given
from parlour.assistant.tools.ports import Call, Do, Flow, Tool
from parlour.assistant.tools.searching import Wanted, found, outcome, plain
from parlour.storage.tx import Tx

SEARCH_DEFAULT = 5
OF_THIS_TURN_MAX = 10
"""How many hits may be of the turn itself, whose question has all the words that it asks for."""


def _search(call: Call) -> Flow:
    since, until = given.since_until(call)
    query, most = given.words(call, "query"), given.limit(call, SEARCH_DEFAULT)

    def act(tx: Tx) -> JsonValue:
        wanted = Wanted(text=query, kinds=("message",), limit=most + OF_THIS_TURN_MAX, since=since, until=until)
        return plain(found(tx, call, wanted)[:most])

    return outcome((yield Do(name="search earlier conversations", act=act)))


TOOL = Tool(
    name="chat_history_search",
    description="Finds what the person and the assistant said earlier, in this and in former conversations.",
    parameters=given.schema(
        ("query",),
        query=given.text_of("What to look for."),
        **given.period_of(),
        limit=given.limit_of(SEARCH_DEFAULT),
    ),
    titles=given.titles("chat_history_search"),
    run=_search,
)
