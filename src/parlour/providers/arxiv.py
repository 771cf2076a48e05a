"""arXiv over HTTP (lab protocol 8.2): its Atom search and its PDFs, politely and within bounds.

At most one request per `request_seconds_between`; redirects only to the same origin or a listed host;
no link-local address; an answer is Atom or PDF, or it is refused. What is refused leaves nothing behind.
The HTTP client costs 10 MiB, so it is loaded when arXiv's host takes a connection for the first time.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from parlour.assistant.tools.arxiv import ID_PATTERN, Record
from parlour.files.entities import Received
from parlour.files.intake import Intake
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.providers.addresses import check_address, check_host
from parlour.settings.lab import Arxiv

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    import aiohttp
    from yarl import URL

FEED_BYTES_MAX = 2 * 1024 * 1024
REDIRECTS_MAX = 5
PROBE_SECONDS = 600.0
TERMS_MAX = 12
_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_PDF = b"%PDF-"
_ID = re.compile(ID_PATTERN)
_UNREACHABLE = "arXiv could not be reached."
_NO_FEED = "arXiv's answer is no Atom feed."

Kind = Literal["feed", "pdf"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ArxivWaits:
    """How long arXiv may take."""

    connect_seconds_max: float = 10.0
    silence_seconds_max: float = 20.0
    feed_seconds_max: float = 40.0
    pdf_seconds_max: float = 90.0


class ArxivClient:
    """arXiv (`assistant.tools.arxiv.Arxiv`). With `enabled = "auto"` it is tried in the background."""

    def __init__(self, config: Arxiv, intake: Intake, clock: Clock, waits: ArxivWaits | None = None) -> None:
        self._config = config
        self._intake = intake
        self._clock = clock
        self._waits = waits or ArxivWaits()
        self._hosts = frozenset(host.casefold() for host in config.hosts)
        self._session: aiohttp.ClientSession | None = None
        self._turn = asyncio.Lock()
        self._asked_at: float | None = None
        self._answers = config.enabled == "on"
        self._probing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to try whether arXiv answers; returns at once."""
        if self._config.enabled == "auto" and self._probing is None:
            self._probing = asyncio.create_task(self._probe(), name="arxiv-probe")

    async def stop(self) -> None:
        """Stop trying, close connections."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.gather(self._probing, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def reachable(self) -> bool:
        """See `Arxiv.reachable`."""
        return self._answers

    async def search(self, query: str, most: int) -> list[Record]:
        """See `Arxiv.search`."""
        ids = [word for word in re.findall(r"[\w./-]+", query) if _ID.match(word)]
        if ids:
            return await self.records(ids[:most])
        terms = re.findall(r"[^\W_]+(?:-[^\W_]+)*", query)[:TERMS_MAX]
        if not terms:
            return []
        wanted = " AND ".join(f"all:{term}" for term in terms)
        return await self._feed({"search_query": wanted, "start": "0", "max_results": str(most)})

    async def records(self, arxiv_ids: Sequence[str]) -> list[Record]:
        """See `Arxiv.records`."""
        wanted = [each for each in arxiv_ids if _ID.match(each)]
        if not wanted:
            return []
        return await self._feed({"id_list": ",".join(wanted), "max_results": str(len(wanted))})

    async def fetch(self, arxiv_id: str) -> Received:
        """See `Arxiv.fetch`."""
        if not _ID.match(arxiv_id):
            raise ProviderFault("That is no arXiv id.", retryable=False)
        most = self._config.bytes_max
        try:
            async with (
                asyncio.timeout(self._waits.pdf_seconds_max),
                self._answer(f"pdf/{arxiv_id}", {}, "pdf") as answer,
                self._intake.begin(f"{arxiv_id.replace('/', '-')}.pdf", bytes_max=most) as part,
            ):
                begin = b""
                async for piece in answer.content.iter_any():
                    if len(begin) < len(_PDF):
                        begin += piece[: len(_PDF)]
                        if not _PDF.startswith(begin[: len(_PDF)]):
                            raise ProviderFault("arXiv's answer is no PDF; nothing was kept.", retryable=False)
                    await part.write(piece)
                if not begin.startswith(_PDF):
                    raise ProviderFault("arXiv's answer is no PDF; nothing was kept.", retryable=False)
                return await part.finish()
        except Refusal:
            raise ProviderFault("The PDF is larger than is allowed here; nothing was kept.", retryable=False) from None
        except OSError:
            raise ProviderFault("arXiv broke off or took too long; nothing was kept.", retryable=True) from None

    async def _feed(self, query: Mapping[str, str]) -> list[Record]:
        body = b""
        try:
            async with (
                asyncio.timeout(self._waits.feed_seconds_max),
                self._answer("api/query", query, "feed") as answer,
            ):
                async for piece in answer.content.iter_any():
                    body += piece
                    if len(body) > FEED_BYTES_MAX:
                        raise ProviderFault("arXiv's answer is too large.", retryable=False)
        except OSError:
            raise ProviderFault(_UNREACHABLE, retryable=True) from None
        return await asyncio.to_thread(read_feed, body)

    @asynccontextmanager
    async def _answer(
        self, path: str, query: Mapping[str, str], kind: Kind
    ) -> AsyncGenerator["aiohttp.ClientResponse", None]:
        """A successful answer, after redirects that stay where they may go; what breaks it is an `OSError`."""
        from aiohttp import ClientError

        if self._config.enabled == "off":
            raise ProviderFault("arXiv is switched off here.", retryable=False)
        try:
            async with self._followed(path, query) as answer:
                if answer.status != 200:
                    retryable = answer.status == 429 or answer.status >= 500
                    raise ProviderFault(f"arXiv answered with status {answer.status}.", retryable=retryable)
                if kind == "pdf" and (answer.content_length or 0) > self._config.bytes_max:
                    raise ProviderFault("The PDF is larger than is allowed here; nothing was kept.", retryable=False)
                yield answer
        except ClientError as error:
            raise ConnectionError(_UNREACHABLE) from error

    @asynccontextmanager
    async def _followed(self, path: str, query: Mapping[str, str]) -> AsyncGenerator["aiohttp.ClientResponse", None]:
        from yarl import URL

        base = URL(self._config.base_url)
        url = base.joinpath(*path.split("/")).with_query(query)
        for _ in range(REDIRECTS_MAX + 1):
            await self._wait_for_turn()
            if url.host:
                check_address(url.host)
            async with self._open().get(url, allow_redirects=False) as answer:
                if answer.status not in (301, 302, 303, 307, 308):
                    yield answer
                    return
                url = self._allowed(base, url.join(URL(answer.headers.get("Location", ""))))
        raise ProviderFault("arXiv redirects without end.", retryable=False)

    def _allowed(self, base: "URL", url: "URL") -> "URL":
        same = url.origin() == base.origin() if url.is_absolute() and url.host else False
        listed = (
            url.scheme == "https" and url.port == 443 and (url.host or "").casefold() in self._hosts and not url.user
        )
        if not same and not listed:
            raise ProviderFault("arXiv redirects to another host, which is refused.", retryable=False)
        return url

    async def _wait_for_turn(self) -> None:
        async with self._turn:
            if self._asked_at is not None:
                since = self._clock.monotonic() - self._asked_at
                await asyncio.sleep(max(0.0, self._config.request_seconds_between - since))
            self._asked_at = self._clock.monotonic()

    def _open(self) -> "aiohttp.ClientSession":
        import aiohttp

        from parlour.providers.resolving import CarefulResolver

        if self._session is None:
            waits = self._waits
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=4, resolver=CarefulResolver()),
                timeout=aiohttp.ClientTimeout(
                    total=None, connect=waits.connect_seconds_max, sock_read=waits.silence_seconds_max
                ),
                headers={"User-Agent": "parlour", "Accept": "application/atom+xml, application/pdf"},
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def _probe(self) -> None:
        while True:
            self._answers = await self._is_there()
            await asyncio.sleep(PROBE_SECONDS)

    async def _is_there(self) -> bool:
        try:
            await self._connect()
            await self._feed({"search_query": "all:electron", "start": "0", "max_results": "1"})
        except (ProviderFault, OSError):
            return False
        return True

    async def _connect(self) -> None:
        """Raise `OSError` unless arXiv's host takes a connection."""
        where = urlsplit(self._config.base_url)
        host, port = where.hostname or "", where.port or (443 if where.scheme == "https" else 80)
        async with asyncio.timeout(self._waits.connect_seconds_max):
            await check_host(host)
            _, writer = await asyncio.open_connection(host, port)
        writer.close()


def read_feed(body: bytes) -> list[Record]:
    """The records of an Atom feed. Raises `ProviderFault` for anything else; document types are refused unread."""
    from xml.etree import ElementTree

    try:
        text = body.decode("utf-8-sig")
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise ProviderFault(_NO_FEED, retryable=False)
        root = ElementTree.fromstring(text)  # noqa: S314 (bounded, and without a document type there are no entities)
    except (UnicodeDecodeError, ValueError, ElementTree.ParseError):
        raise ProviderFault(_NO_FEED, retryable=False) from None
    if root.tag != f"{_ATOM}feed":
        raise ProviderFault(_NO_FEED, retryable=False)
    return [record for entry in root.findall(f"{_ATOM}entry") if (record := _record(entry)) is not None]


def _record(entry: "Element") -> Record | None:
    """An entry as a record; None for what is no paper (arXiv tells errors as entries)."""
    url = _text(entry, f"{_ATOM}id")
    arxiv_id = url.partition("/abs/")[2]
    title = _text(entry, f"{_ATOM}title")[:500]
    if not _ID.match(arxiv_id) or not title:
        return None
    year = _text(entry, f"{_ATOM}published")[:4]
    authors = [_text(author, f"{_ATOM}name")[:200] for author in entry.findall(f"{_ATOM}author")[:100]]
    return Record(
        arxiv_id=arxiv_id,
        title=title,
        abstract=_text(entry, f"{_ATOM}summary")[:5_000],
        authors=tuple(author for author in authors if author),
        year=int(year) if year.isascii() and year.isdigit() else None,
        doi=_text(entry, f"{_ARXIV}doi")[:200] or None,
        url=f"https://arxiv.org/abs/{arxiv_id}",
    )


def _text(element: "Element", tag: str) -> str:
    found = element.find(tag)
    return " ".join((found.text or "").split()).replace("\0", "") if found is not None else ""
