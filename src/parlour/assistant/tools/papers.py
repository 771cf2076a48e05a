"""Papers and uploaded files as tools (lab protocol 8.2, 9.5). Summaries never state what the paper does not.

A summary comes from a model if there is one (`Summarise`), otherwise from sentences of the paper itself.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Protocol

from parlour.assistant.entities import JsonValue, Language, TurnId
from parlour.assistant.experiments.entities import folded
from parlour.assistant.notes import actions as notes
from parlour.assistant.papers import actions
from parlour.assistant.papers.about import name_words
from parlour.assistant.papers.entities import Paper
from parlour.assistant.papers.store import Period
from parlour.assistant.papers.summary import summarise
from parlour.assistant.tools import arguments as given
from parlour.assistant.tools.ports import Call, Do, Flow, Operation, Outcome, Outside, Tool, Wish
from parlour.assistant.tools.searching import (
    Wanted,
    file_named,
    found,
    no_such,
    outcome,
    paper_reference,
    plain,
    references,
)
from parlour.files import actions as files
from parlour.files.entities import StoredFile
from parlour.files.handles import handle_of
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import convert
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx

SEARCH_DEFAULT = 5
LIST_DEFAULT = 20
SUMMARY_CHARS_MAX = 8_000
EXCERPT_CHARS_MAX = 24_000


class TextReader(Protocol):
    """Reads the text of a file now if that has not been done (`files.extraction`)."""

    async def ensure(self, file_id: str) -> StoredFile:
        """The file with its text read, or with the reason why it could not be."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ToSummarise:
    """What a model gets: the begin of the paper, and the language to write in; for whom and in which turn."""

    account_id: AccountId
    turn_id: TurnId
    title: str
    text: str
    language: Language


Summarise = Callable[[ToSummarise], Awaitable[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    """A file as a flow remembers it. `paper` is set if the member has its content as a paper."""

    id: str
    name: str
    size: int
    is_read: bool
    paper: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """The paper to summarise; `excerpt` is empty if its stored summary will do."""

    id: str
    title: str
    summary: str | None
    excerpt: str


class PaperTools:
    """The six tools of this file."""

    def __init__(self, reader: TextReader, summarise: Summarise | None) -> None:
        self._reader = reader
        self._summarise = summarise

    def tools(self) -> tuple[Tool, ...]:
        """All of them."""
        return (
            _file_search_tool(self._search_file),
            _SHARED_SEARCH,
            _recent_add_tool(self._add),
            _RECENT_SEARCH,
            _summarise_tool(self._sum_up),
            _RECENT_LIST,
        )

    def _search_file(self, call: Call) -> Flow:
        query, most = given.words(call, "query"), given.limit(call, SEARCH_DEFAULT)
        file = yield from self._read(call, given.words(call, "file"))
        wanted = Wanted(text=query, kinds=("file",), source_ids=(file.id,), limit=most)
        return outcome((yield Do(name="search the file", act=lambda tx: plain(found(tx, call, wanted)))))

    def _add(self, call: Call) -> Flow:
        """Flow 10: the question shows name and size, never a path."""
        file = yield from self._read(call, given.words(call, "file"), as_paper=True)
        if file.paper is None:
            refs = references(
                (
                    yield Do(
                        name="add the paper",
                        act=lambda tx: _adding(tx, call, file.id),
                        operation=_operation(call, "recent_paper_add", {"file": file.name, "size": file.size}),
                    )
                )
            )
            return Outcome(status="done", text=f"{refs[0].title} was added to the recent papers.", references=refs)
        paper_id = file.paper
        refs = references((yield Do(name="find the paper", act=lambda tx: _known(tx, paper_id))))
        text = f"{refs[0].title} is among the recent papers already; nothing was added."
        return Outcome(status="done", text=text, references=refs)

    def _sum_up(self, call: Call) -> Flow:
        named, refresh = given.words(call, "paper"), call.arguments.get("refresh") is True
        paper = convert(
            (yield Do(name="find the paper", act=lambda tx: _to_summarise(tx, call, named, refresh))), _Found
        )
        refs = references((yield Do(name="refer to the paper", act=lambda tx: _known(tx, paper.id))))
        if paper.summary and not refresh:
            return Outcome(status="done", text=paper.summary, references=refs)
        written: JsonValue = None
        if self._summarise is not None:
            written = yield Outside(name="summarise", call=_asking(self._summarise, call, paper), idempotent=True)
        summary = written[:SUMMARY_CHARS_MAX] if isinstance(written, str) else None
        kept = yield Do(
            name="store the summary",
            act=lambda tx: _storing(tx, call, paper.id, summary),
            operation=_operation(call, "recent_paper_summarise", {"paper": paper.title, "refresh": refresh}),
        )
        return Outcome(status="done", text=convert(kept, str), references=refs)

    def _read(self, call: Call, named: str, *, as_paper: bool = False) -> Generator[Wish, JsonValue, _File]:
        """The file of that name, its text read; raises `FailedError` with the reason if it cannot be."""
        first = convert((yield Do(name="find the file", act=lambda tx: _looking(tx, call, named))), _File)
        if not first.is_read:
            yield Outside(name="read the text", call=self._ensuring(first.id), idempotent=True)
        again = yield Do(name="check the file", act=lambda tx: _checking(tx, call, first.id, as_paper=as_paper))
        return convert(again, _File)

    def _ensuring(self, file_id: str) -> Callable[[str], Awaitable[JsonValue]]:
        async def ensure(_: str) -> JsonValue:
            return (await self._reader.ensure(file_id)).text_status

        return ensure


def _asking(summarise: Summarise, call: Call, paper: _Found) -> Callable[[str], Awaitable[JsonValue]]:
    wanted = ToSummarise(
        account_id=call.member.account_id,
        turn_id=call.turn_id,
        title=paper.title,
        text=paper.excerpt,
        language=call.member.language,
    )

    async def ask(_: str) -> JsonValue:
        return await summarise(wanted)

    return ask


def _search_recent(call: Call) -> Flow:
    since, until = given.since_until(call)
    query, named, most = given.words(call, "query"), given.words(call, "paper"), given.limit(call, SEARCH_DEFAULT)
    account_id = call.member.account_id

    def act(tx: Tx) -> JsonValue:
        if named:
            meant = actions.find_recent(tx, account_id, named)
            if not meant:
                raise no_such("paper")
        else:
            meant = actions.recent(tx, account_id, Period(since=since, until=until), actions.RECENT_MAX)
        return plain(found(tx, call, _among(tx, call, meant, query, most)))

    return outcome((yield Do(name="search the recent papers", act=act)))


def _search_shared(call: Call) -> Flow:
    query, named, most = given.words(call, "query"), given.words(call, "paper"), given.limit(call, SEARCH_DEFAULT)
    possessor = given.words(call, "possessor")

    def act(tx: Tx) -> JsonValue:
        if named or possessor:
            meant = actions.find_shared(tx, named) if named else actions.shared(tx)
            meant = [each for each in meant if not possessor or folded(each.possessor or "") == folded(possessor)]
            if not meant:
                raise no_such("paper" if named else "possessor")
            return plain(found(tx, call, _among(tx, call, meant, query, most)))
        ids = [*actions.shared_files(tx), *notes.on_shared_papers(tx)]
        return plain(found(tx, call, Wanted(text=query, kinds=("file", "note"), source_ids=ids, limit=most)))

    return outcome((yield Do(name="search the laboratory's papers", act=act)))


def _list_recent(call: Call) -> Flow:
    since, until = given.since_until(call)
    most = given.limit(call, LIST_DEFAULT)

    def act(tx: Tx) -> JsonValue:
        there = actions.recent(tx, call.member.account_id, Period(since=since, until=until), most)
        return plain([paper_reference(tx, each) for each in there])

    refs = references((yield Do(name="list the recent papers", act=act)))
    if not refs:
        return Outcome(status="nothing", text="There are no recent papers.")
    lines = (f"- {each.title}" + (f" ({each.year})" if each.year else "") for each in refs)
    return Outcome(status="done", text="\n".join(lines), references=refs)


def _among(tx: Tx, call: Call, papers: Sequence[Paper], query: str, most: int) -> Wanted:
    """These papers and the notes on them."""
    about = notes.of_papers(tx, call.member.account_id, [each.id for each in papers])
    ids = [*(each.file_id for each in papers), *about]
    return Wanted(text=query, kinds=("file", "note"), source_ids=ids, limit=most)


def _looking(tx: Tx, call: Call, named: str) -> JsonValue:
    file = file_named(tx, call, named)
    return plain(_File(id=file.id, name=file.name, size=file.size, is_read=file.text_status != "pending"))


def _checking(tx: Tx, call: Call, file_id: str, *, as_paper: bool) -> JsonValue:
    """The file if it can be searched (or kept as a paper)."""
    file = _still_readable(tx, call, file_id)
    known = actions.content_of(tx, call.member.account_id, file.sha256) if as_paper else None
    why = actions.unreadable(file) if as_paper or file.text_status != "ok" else None
    if why and known is None:
        raise Refusal("file_unreadable", f"{file.name} cannot be read: {why}")
    return plain(_File(id=file.id, name=file.name, size=file.size, is_read=True, paper=known.id if known else None))


def _still_readable(tx: Tx, call: Call, file_id: str) -> StoredFile:
    """The file, asked anew: days may pass between a question and its answer, and rights may go meanwhile."""
    file = files.by_id(tx, file_id)
    if file is None:
        raise no_such("file")
    return file_named(tx, call, handle_of(file))


def _adding(tx: Tx, call: Call, file_id: str) -> JsonValue:
    file = _still_readable(tx, call, file_id)
    return plain([paper_reference(tx, actions.add_recent(tx, call.member.account_id, file).paper)])


def _known(tx: Tx, paper_id: str) -> JsonValue:
    paper = actions.by_id(tx, paper_id)
    if paper is None:
        raise no_such("paper")
    return plain([paper_reference(tx, paper)])


def _to_summarise(tx: Tx, call: Call, named: str, refresh: bool) -> JsonValue:
    meant = actions.find_recent(tx, call.member.account_id, named) or _pointed_at(tx, call, named)
    if not meant:
        raise no_such("paper")
    paper = meant[0]
    excerpt = "" if paper.summary and not refresh else "\n".join(actions.pages_of(tx, paper))[:EXCERPT_CHARS_MAX]
    return plain(_Found(id=paper.id, title=paper.about.title, summary=paper.summary, excerpt=excerpt))


def _pointed_at(tx: Tx, call: Call, named: str) -> list[Paper]:
    """What "this paper" means: the file of the message, else the only recent paper."""
    if name_words(named):
        return []
    account_id = call.member.account_id
    sent = [file_named(tx, call, handle) for handle in call.files]
    kept = [paper for file in sent if (paper := actions.content_of(tx, account_id, file.sha256))]
    every = actions.recent(tx, account_id, Period(), 2)
    return kept or (every if len(every) == 1 else [])


def _storing(tx: Tx, call: Call, paper_id: str, written: str | None) -> JsonValue:
    paper = actions.by_id(tx, paper_id)
    if paper is None:
        raise no_such("paper")
    summary = written or summarise(actions.pages_of(tx, paper), paper.about.abstract)
    if not summary:
        raise Refusal("file_unreadable", "the paper has no sentence to summarise")
    actions.set_summary(tx, call.member.account_id, paper_id, summary)
    return summary


def _operation(call: Call, tool: str, arguments: Mapping[str, JsonValue]) -> Operation:
    return Operation(tool=tool, title=given.titles(tool)[call.member.language], arguments=arguments)


_QUERY = given.text_of("What to look for.")
_PAPER = given.text_of("One paper only: its title, DOI or handle.", longest=400)
_FILE = given.text_of("The handle of the file.", longest=400)


def _file_search_tool(run: Callable[[Call], Flow]) -> Tool:
    return Tool(
        name="file_search",
        description="Finds passages in one uploaded file.",
        parameters=given.schema(("file", "query"), file=_FILE, query=_QUERY, limit=given.limit_of(SEARCH_DEFAULT)),
        titles=given.titles("file_search"),
        run=run,
    )


def _recent_add_tool(run: Callable[[Call], Flow]) -> Tool:
    return Tool(
        name="recent_paper_add",
        description="Keeps an uploaded PDF, docx, txt or md file as one of the person's recent papers.",
        parameters=given.schema(("file",), file=_FILE),
        titles=given.titles("recent_paper_add"),
        run=run,
        policy="ask",
    )


def _summarise_tool(run: Callable[[Call], Flow]) -> Tool:
    return Tool(
        name="recent_paper_summarise",
        description="Gives a summary of one of the person's recent papers; a stored one is used again.",
        parameters=given.schema(
            ("paper",), paper=_PAPER, refresh={"type": "boolean", "default": False, "description": "Make a new one."}
        ),
        titles=given.titles("recent_paper_summarise"),
        run=run,
    )


_SHARED_SEARCH = Tool(
    name="shared_paper_search",
    description="Finds passages of the laboratory's papers and of notes on them; each names who holds the paper.",
    parameters=given.schema(
        ("query",),
        query=_QUERY,
        paper=_PAPER,
        possessor=given.text_of("Only papers that this person holds.", longest=200),
        limit=given.limit_of(SEARCH_DEFAULT),
    ),
    titles=given.titles("shared_paper_search"),
    run=_search_shared,
)
_RECENT_SEARCH = Tool(
    name="recent_paper_search",
    description="Finds passages of the person's own recent papers and of their notes on them.",
    parameters=given.schema(
        ("query",), query=_QUERY, paper=_PAPER, **given.period_of(), limit=given.limit_of(SEARCH_DEFAULT)
    ),
    titles=given.titles("recent_paper_search"),
    run=_search_recent,
)
_RECENT_LIST = Tool(
    name="recent_paper_list",
    description="Lists the person's recent papers, newest first.",
    parameters=given.schema((), **given.period_of(), limit=given.limit_of(LIST_DEFAULT)),
    titles=given.titles("recent_paper_list"),
    run=_list_recent,
)
