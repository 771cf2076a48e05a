"""arXiv against a local one: searched, chosen, downloaded; every fault clear and nothing kept (lab protocol E11)."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest

from parlour.files.intake import Intake
from parlour.kernel.clock import Clock, SystemClock
from parlour.kernel.refusals import ProviderFault
from parlour.providers.addresses import AddressRefusedError, check_address, check_host
from parlour.providers.arxiv import ArxivClient, ArxivWaits, read_feed
from parlour.settings.lab import Arxiv
from parlour.storage.blobs.folder import FolderBlobs
from tests.fakes.arxiv import FakeArxiv, Fault, fake_arxiv, feed_of, pdf_of

WAITS = ArxivWaits(connect_seconds_max=1, silence_seconds_max=0.5, feed_seconds_max=2, pdf_seconds_max=2)


@pytest.fixture
def folder(tmp_path: Path) -> Generator[Path, None, None]:
    yield tmp_path / "files"
    left = [path for path in tmp_path.rglob("*.part")]
    assert not left, "nothing half-arrived may remain"


@asynccontextmanager
async def _client(
    folder: Path,
    url: str,
    enabled: Literal["auto", "on", "off"] = "on",
    clock: Clock | None = None,
    **members: object,
) -> AsyncGenerator[ArxivClient, None]:
    given = {"enabled": enabled, "base_url": url, "request_seconds_between": 0, "bytes_max": 1_000_000, **members}
    intake = Intake(folder / "growing", FolderBlobs(folder / "blobs"), 50_000_000)
    client = ArxivClient(Arxiv.model_validate(given), intake, clock or SystemClock(), WAITS)
    client.start()
    try:
        yield client
    finally:
        await client.stop()


def _stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.lab("E11")
async def test_search_and_download(folder: Path) -> None:
    async with fake_arxiv() as fake, _client(folder, fake.url) as client:
        found = await client.search("gold contacts", 3)
        assert [record.arxiv_id for record in found] == ["2401.00001v1", "2401.00002v2"]
        assert found[0].title == "Contacts to MoS2 & their resistance"
        assert (found[0].authors, found[0].year, found[0].doi) == (("Ada Byron", "Lin Li"), 2024, "10.1000/x")
        assert [record.arxiv_id for record in await client.search("2401.00002v2", 3)] == ["2401.00002v2"]
        assert await client.search("unheard-of", 3) == []
        assert await client.search("?!", 3) == []
        received = await client.fetch("2401.00001v1")
        assert received.type == "application/pdf"
        assert received.size == len(pdf_of("2401.00001v1"))
        assert (await client.fetch("cond-mat/0301001")).size > 500
        assert len(_stored(folder)) == 2


@pytest.mark.lab("E11")
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("html", "no PDF"),
        ("away", "another host"),
        ("loop", "without end"),
        ("huge", "larger than"),
        ("hang", "took too long"),
        ("status", "status 503"),
        ("cut", "broke off"),
    ],
)
async def test_a_pdf_that_goes_wrong_is_refused_and_nothing_is_kept(folder: Path, fault: Fault, why: str) -> None:
    async with fake_arxiv() as fake, _client(folder, fake.url) as client:
        fake.pdf = fault
        with pytest.raises(ProviderFault, match=why):
            await client.fetch("2401.00001v1")
        assert _stored(folder) == []


@pytest.mark.lab("E11")
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("html", "no Atom"),
        ("doctype", "no Atom"),
        ("away", "another host"),
        ("huge", "too large"),
        ("hang", "could not be reached"),
        ("status", "status 503"),
    ],
)
async def test_a_feed_that_goes_wrong_is_refused(folder: Path, fault: Fault, why: str) -> None:
    async with fake_arxiv() as fake, _client(folder, fake.url) as client:
        fake.feed = fault
        with pytest.raises(ProviderFault, match=why):
            await client.search("gold", 3)


async def test_a_redirect_to_the_same_place_is_followed_a_link_local_one_never(folder: Path) -> None:
    async with fake_arxiv() as fake, _client(folder, fake.url) as client:
        fake.pdf = "same"
        assert (await client.fetch("2401.00001v1")).type == "application/pdf"
        fake.pdf, fake.away = "away", "http://169.254.169.254/latest/meta-data"
        with pytest.raises(ProviderFault):
            await client.fetch("2401.00001v1")
    async with _client(folder, "http://169.254.169.254") as client:
        with pytest.raises(ProviderFault, match="could not be reached"):
            await client.search("gold", 1)


class NotedClock(SystemClock):
    """The machine's clock, and when it was last looked at."""

    looked_at = 0.0

    def monotonic(self) -> float:
        self.looked_at = super().monotonic()
        return self.looked_at


async def test_requests_are_spaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, sent = NotedClock(), list[float]()
    get = aiohttp.ClientSession.get

    def noted(session: aiohttp.ClientSession, *url: Any, **how: Any) -> Any:
        sent.append(clock.looked_at)  # by the client's clock: what the machine does meanwhile does not count
        return get(session, *url, **how)

    monkeypatch.setattr(aiohttp.ClientSession, "get", noted)
    async with fake_arxiv() as fake, _client(folder, fake.url, clock=clock, request_seconds_between=0.2) as client:
        await asyncio.gather(*(client.search("gold", 1) for _ in range(3)))
        assert len(fake.asked) == len(sent) == 3
    assert all(later - earlier >= 0.19 for earlier, later in itertools.pairwise(sent)), sent


async def test_it_is_offered_only_while_it_answers(folder: Path) -> None:
    async with fake_arxiv() as fake:
        async with _client(folder, fake.url, "auto") as client:
            assert not client.reachable()
            await _until_reachable(client, fake)
        async with _client(folder, fake.url, "off") as client:
            assert not client.reachable()
            assert len(fake.asked) == 1
    async with _client(folder, "http://127.0.0.1:9", "auto") as client:
        await asyncio.sleep(0.2)
        assert not client.reachable()


async def _until_reachable(client: ArxivClient, fake: FakeArxiv) -> None:
    async with asyncio.timeout(60):
        while not client.reachable():  # noqa: ASYNC110 (what is waited for is another task's attribute)
            await asyncio.sleep(0.02)
    assert [path for path, _ in fake.asked] == ["/api/query"]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"<feed/>", b"<a>", b"<html></html>", feed_of([]).encode("utf-16")])
def test_what_is_no_feed_is_refused(body: bytes) -> None:
    with pytest.raises(ProviderFault):
        read_feed(body)


def test_entries_that_are_no_papers_are_left_out() -> None:
    error = "<entry><id>http://arxiv.org/api/errors#x</id><title>Error</title></entry>"
    assert read_feed(feed_of([]).replace("</feed>", f"{error}</feed>").encode()) == []


@pytest.mark.parametrize("address", ["169.254.1.1", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254"])
async def test_link_local_addresses_are_refused(address: str) -> None:
    with pytest.raises(AddressRefusedError):
        check_address(address)
    await check_host("127.0.0.1")
