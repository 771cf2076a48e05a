"""Searching arXiv and fetching its papers, as tools (lab protocol 8.2, 17.9).

Offered only while arXiv can be reached. Nothing is downloaded that the person has not allowed by title.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from parlour.assistant.entities import JsonValue, Reference
from parlour.assistant.papers import actions as papers
from parlour.assistant.papers.entities import About
from parlour.assistant.questions.dialogue import select
from parlour.assistant.questions.entities import Choice, Prompt
from parlour.assistant.sentences import sentence
from parlour.assistant.tools import arguments as given
from parlour.assistant.tools.papers import TextReader
from parlour.assistant.tools.ports import (
    AbandonedError,
    Call,
    Do,
    Flow,
    Operation,
    Outcome,
    Outside,
    Passage,
    Tool,
)
from parlour.assistant.tools.searching import paper_reference, plain, references
from parlour.files import actions as files
from parlour.files.entities import NewFile, Received
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import convert
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.storage.tx import Tx

RESULTS_DEFAULT = 3
RESULTS_MAX = 10
DOWNLOADS_MAX = 5
ABSTRACT_CHARS_MAX = 700
ID_PATTERN = r"^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})(v\d{1,3})?$"


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A paper as arXiv describes it: text of others."""

    arxiv_id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    year: int | None
    doi: str | None
    url: str


class Arxiv(Protocol):
    """arXiv, or what stands for it. All but `reachable` raise `ProviderFault`."""

    def reachable(self) -> bool:
        """Whether it is switched on and answered when it was last tried."""
        ...

    async def search(self, query: str, most: int) -> list[Record]:
        """The records that fit best; an arXiv id in the query means that record."""
        ...

    async def records(self, arxiv_ids: Sequence[str]) -> list[Record]:
        """The records of these ids; unknown ones are left out."""
        ...

    async def fetch(self, arxiv_id: str) -> Received:
        """The PDF, stored."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ArxivNeed:
    """What these tools need. `quota` bounds the bytes of an account's files."""

    arxiv: Arxiv
    reader: TextReader
    quota: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fetched:
    """How one download ended: received, or why not."""

    arxiv_id: str
    received: Received | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    """A downloaded file, or the paper of the same content that was there already."""

    arxiv_id: str
    file_id: str = ""
    paper_id: str = ""


class ArxivTools:
    """A `ToolSource`: both tools while arXiv can be reached, else none."""

    def __init__(self, need: ArxivNeed) -> None:
        self._need = need
        self._tools = (_search_tool(self._search), _download_tool(self._download))

    def tools(self) -> Sequence[Tool]:
        """What can be offered now."""
        return self._tools if self._need.arxiv.reachable() else ()

    def resumed(self, name: str) -> Tool | None:
        """See `Resuming`: also before arXiv was tried after a restart."""
        return next((tool for tool in self._tools if tool.name == name), None)

    def _search(self, call: Call) -> Flow:
        query = given.words(call, "query")
        most = call.arguments.get("max_results", RESULTS_DEFAULT)
        most = most if isinstance(most, int) else RESULTS_DEFAULT

        async def ask(_: str) -> JsonValue:
            return plain(await self._need.arxiv.search(query, most))

        found = convert((yield Outside(name="search arXiv", call=ask, idempotent=True)), tuple[Record, ...])[:most]
        if not found:
            return Outcome(status="nothing", text="arXiv has nothing for this.")
        if call.arguments.get("offer_download", True) is not False:
            try:
                chosen = yield from select(call.member, _choice(call, found))
            except AbandonedError:
                chosen = ()
            if chosen:
                wanted = [record for record in found if record.arxiv_id in chosen]
                return (yield from self._fetch(call, wanted[:DOWNLOADS_MAX]))
        listed = "\n".join(f"{n}. {_line(record)}" for n, record in enumerate(found, start=1))
        passages = tuple(Passage(reference=_web(record), text=record.abstract) for record in found)
        return Outcome(
            status="done",
            text=f"Found on arXiv, nothing was downloaded:\n{listed}",
            passages=passages,
            references=tuple(each.reference for each in passages),
        )

    def _download(self, call: Call) -> Flow:
        ids = convert(call.arguments.get("arxiv_ids"), tuple[str, ...])[:DOWNLOADS_MAX]

        async def ask(_: str) -> JsonValue:
            return plain(await self._need.arxiv.records(ids))

        found = convert((yield Outside(name="look up the papers", call=ask, idempotent=True)), tuple[Record, ...])
        if not found:
            return Outcome(status="nothing", text="arXiv has no papers of these ids.")
        return (yield from self._fetch(call, found))

    def _fetch(self, call: Call, records: Sequence[Record]) -> Flow:
        """Download, keep, read, and add to the recent papers; each step is kept by the loop."""
        fetched = convert(
            (
                yield Outside(
                    name="download the papers",
                    call=self._fetching(records),
                    idempotent=True,
                    operation=_operation(call, records),
                )
            ),
            tuple[_Fetched, ...],
        )
        kept = convert(
            (yield Do(name="keep the files", act=lambda tx: self._keep(tx, call, records, fetched))),
            tuple[_Kept, ...],
        )
        for each in kept:
            if each.file_id:
                yield Outside(name="read the text", call=self._reading(each.file_id), idempotent=True)
        added = yield Do(name="add the papers", act=lambda tx: _add(tx, call, records, kept))
        refs = references(added)
        lines = [f"Added to the recent papers: {each.title}" for each in refs]
        named = {record.arxiv_id: record.title for record in records}
        lines += [f"Not downloaded: {named[each.arxiv_id]} ({each.why})" for each in fetched if each.why]
        if len(refs) < len(kept):
            lines.append("A downloaded file could not be read; it is among the files, not among the papers.")
        return Outcome(status="done" if refs else "failed", text="\n".join(lines), references=refs)

    def _fetching(self, records: Sequence[Record]) -> Callable[[str], Awaitable[JsonValue]]:
        async def fetch(_: str) -> JsonValue:
            done: list[_Fetched] = []
            for record in records:
                try:
                    received = await self._need.arxiv.fetch(record.arxiv_id)
                except ProviderFault as fault:
                    done.append(_Fetched(arxiv_id=record.arxiv_id, why=fault.text))
                else:
                    done.append(_Fetched(arxiv_id=record.arxiv_id, received=received))
            if not any(each.received for each in done):
                raise ProviderFault(done[0].why, retryable=False)
            return plain(done)

        return fetch

    def _reading(self, file_id: str) -> Callable[[str], Awaitable[JsonValue]]:
        async def read(_: str) -> JsonValue:
            return (await self._need.reader.ensure(file_id)).text_status

        return read

    def _keep(self, tx: Tx, call: Call, records: Sequence[Record], fetched: Sequence[_Fetched]) -> JsonValue:
        titles = {record.arxiv_id: record.title for record in records}
        kept: list[_Kept] = []
        for each in fetched:
            if each.received is None:
                continue
            known = papers.content_of(tx, call.member.account_id, each.received.digest)
            if known is not None:
                kept.append(_Kept(arxiv_id=each.arxiv_id, paper_id=known.id))
                continue
            name = f"{titles[each.arxiv_id][:110]}.pdf"
            new = NewFile(account_id=call.member.account_id, name=name, origin="paper", received=each.received)
            kept.append(_Kept(arxiv_id=each.arxiv_id, file_id=files.keep_file(tx, new, quota=self._need.quota).id))
        return plain(kept)


def _add(tx: Tx, call: Call, records: Sequence[Record], kept: Sequence[_Kept]) -> JsonValue:
    """References of the papers; what could not be read is left out."""
    described = {record.arxiv_id: _about(record) for record in records}
    added: list[Reference] = []
    for each in kept:
        if each.paper_id:
            paper = papers.by_id(tx, each.paper_id)
            if paper is not None:
                added.append(paper_reference(tx, paper))
            continue
        file = files.by_id(tx, each.file_id)
        if file is None:
            continue
        try:
            new = papers.add_recent(tx, call.member.account_id, file, described[each.arxiv_id])
        except Refusal:
            files.use(tx, file.id)
            continue
        added.append(paper_reference(tx, new.paper))
    return plain(added)


def _about(record: Record) -> About:
    return About(
        title=record.title,
        doi=record.doi,
        arxiv_id=record.arxiv_id,
        authors=record.authors,
        year=record.year,
        abstract=record.abstract,
    )


def _choice(call: Call, records: Sequence[Record]) -> Prompt:
    language = call.member.language
    candidates = [
        sentence(
            language,
            "arxiv.candidate",
            number=number,
            title=record.title,
            authors=_authors(record),
            year=f" ({record.year})" if record.year else "",
            abstract=record.abstract[:ABSTRACT_CHARS_MAX],
        )
        for number, record in enumerate(records, start=1)
    ]
    return Prompt(
        kind="select",
        text=sentence(language, "arxiv.choose", count=len(records)),
        options=tuple(Choice(id=record.arxiv_id, title=record.title) for record in records),
        min=0,
        max=min(len(records), DOWNLOADS_MAX),
        extra_info="\n\n".join(candidates),
    )


def _operation(call: Call, records: Sequence[Record]) -> Operation:
    arguments: Mapping[str, JsonValue] = {
        "arxiv_ids": [record.arxiv_id for record in records],
        "titles": [record.title for record in records],
    }
    return Operation(tool="arxiv_download", title=sentence(call.member.language, "arxiv.download"), arguments=arguments)


def _web(record: Record) -> Reference:
    return Reference(
        ref_type="web",
        title=record.title,
        doi=record.doi,
        authors=record.authors,
        year=record.year,
        url=record.url,
    )


def _line(record: Record) -> str:
    year = f", {record.year}" if record.year else ""
    return f"{record.title} ({_authors(record)}{year}; arXiv:{record.arxiv_id})"


def _authors(record: Record) -> str:
    return ", ".join(record.authors[:3]) + (" et al." if len(record.authors) > 3 else "")


def _titles(key: str) -> Mapping[str, str]:
    return {"en": sentence("en", key), "zh": sentence("zh", key)}


def _search_tool(run: Callable[[Call], Flow]) -> Tool:
    return Tool(
        name="arxiv_search",
        description="Searches arXiv. Unless offer_download is false, the person is asked which papers to download.",
        parameters=given.schema(
            ("query",),
            query=given.text_of("What to look for: words, or an arXiv id.", longest=300),
            max_results={"type": "integer", "minimum": 1, "maximum": RESULTS_MAX, "default": RESULTS_DEFAULT},
            offer_download={"type": "boolean", "default": True},
        ),
        titles=_titles("arxiv.search"),
        run=run,
    )


def _download_tool(run: Callable[[Call], Flow]) -> Tool:
    ids = {"type": "string", "pattern": ID_PATTERN}
    return Tool(
        name="arxiv_download",
        description="Downloads papers from arXiv by id and adds them to the person's recent papers.",
        parameters=given.schema(
            ("arxiv_ids",),
            arxiv_ids={"type": "array", "items": ids, "minItems": 1, "maxItems": DOWNLOADS_MAX, "uniqueItems": True},
        ),
        titles=_titles("arxiv.download"),
        run=run,
        policy="ask",
    )
