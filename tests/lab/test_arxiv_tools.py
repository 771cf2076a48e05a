"""Flow 9: arXiv searched, chosen from, downloaded after a yes (lab protocol 17.9, E11). Both stores."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from parlour.assistant.entities import Member
from parlour.assistant.tools.arxiv import ArxivNeed, ArxivTools
from parlour.assistant.tools.ports import FailedError, Outside, Wish
from parlour.files import actions as files
from parlour.kernel.clock import SystemClock
from parlour.kernel.refusals import ProviderFault
from parlour.providers.arxiv import ArxivClient, ArxivWaits
from parlour.settings.lab import Arxiv
from tests.fakes.arxiv import FakeArxiv, fake_arxiv, pdf_of
from tests.harness.site import Site
from tests.lab.tool_bench import Bench, bench_on

WAITS = ArxivWaits(connect_seconds_max=1, silence_seconds_max=0.5, feed_seconds_max=2, pdf_seconds_max=2)


@dataclass
class Desk:
    """A bench that has arXiv's tools too."""

    bench: Bench
    fake: FakeArxiv
    member: Member

    async def owned(self) -> list[str]:
        page = await self.bench.database.read(lambda tx: files.own_files(tx, self.member.account_id, None, 50))
        return sorted(each.name for each in page.files)


@pytest.fixture
async def desk(own_lab: Site) -> AsyncIterator[Desk]:
    async with _desk(own_lab) as made:
        yield made


@asynccontextmanager
async def _desk(site: Site) -> AsyncGenerator[Desk]:
    async with fake_arxiv() as fake, bench_on(site) as bench:
        config = Arxiv(enabled="on", base_url=fake.url, request_seconds_between=0, bytes_max=1_000_000)
        client = ArxivClient(config, bench.intake, SystemClock(), WAITS)
        need = ArxivNeed(arxiv=client, reader=bench.reader, quota=10_000_000)
        bench.tools |= {tool.name: tool for tool in ArxivTools(need).tools()}
        granted = bench._grant

        async def grant(tool: Any, wish: Wish, answers: list[Any], played: Any) -> Any:
            try:
                return await granted(tool, wish, answers, played)
            except ProviderFault as fault:
                assert isinstance(wish, Outside)
                return FailedError(fault.text)

        bench._grant = grant
        yield Desk(bench, fake, await bench.person(site))
        await client.stop()


@pytest.mark.lab("E11")
async def test_what_is_chosen_and_allowed_is_downloaded_and_can_be_found(desk: Desk) -> None:
    played = await desk.bench.run(desk.member, "arxiv_search", [{"choices": [2]}, "allow"], query="gold contacts")
    assert played.asked == ["select", "authorize arxiv_download"]
    (prompt,) = played.prompts
    assert (prompt.min, prompt.max) == (0, 2)
    assert "1. Contacts to MoS2 & their resistance" in prompt.extra_info
    assert "Annealing at 350 °C lowers the resistance." in prompt.extra_info
    assert played.operations[0].arguments == {
        "arxiv_ids": ["2401.00002v2"],
        "titles": ["Annealing of gold contacts"],
    }
    assert played.outcome.status == "done"
    (reference,) = played.outcome.references
    assert (reference.title, reference.size) == ("Annealing of gold contacts", len(pdf_of("2401.00002v2")))
    assert await desk.owned() == ["Annealing of gold contacts.pdf"]
    found = await desk.bench.run(desk.member, "recent_paper_search", query="annealing")
    assert "Annealing" in found.quotes[0]
    again = await desk.bench.run(desk.member, "arxiv_download", ["allow"], arxiv_ids=["2401.00002v2"])
    assert again.outcome.references == (reference,)
    assert len(await desk.owned()) == 1


@pytest.mark.lab("E11")
@pytest.mark.parametrize("answer", [{"choices": []}, {"abandon": True}])
async def test_without_a_choice_nothing_is_downloaded(desk: Desk, answer: object) -> None:
    played = await desk.bench.run(desk.member, "arxiv_search", [answer], query="gold")
    assert played.outcome.status == "done"
    assert played.outcome.text.startswith("Found on arXiv, nothing was downloaded:")
    assert [each.ref_type for each in played.outcome.references] == ["web", "web"]
    assert [path for path, _ in desk.fake.asked] == ["/api/query"]


@pytest.mark.lab("E11", "D3")
async def test_refused_means_not_downloaded(desk: Desk) -> None:
    played = await desk.bench.run(desk.member, "arxiv_search", [{"choices": [1]}, "deny"], query="gold")
    assert played.outcome.status == "refused"
    assert [path for path, _ in desk.fake.asked] == ["/api/query"]
    assert await desk.owned() == []


async def test_searching_can_be_all(desk: Desk) -> None:
    played = await desk.bench.run(desk.member, "arxiv_search", query="gold", offer_download=False)
    assert played.asked == []
    assert played.outcome.passages[0].reference.url == "https://arxiv.org/abs/2401.00001v1"
    nothing = await desk.bench.run(desk.member, "arxiv_search", query="unheard-of")
    assert nothing.outcome.status == "nothing"


@pytest.mark.lab("E11")
@pytest.mark.parametrize("fault", ["html", "away", "huge", "hang", "cut", "status"])
async def test_every_fault_is_clear_and_stores_nothing(desk: Desk, fault: Any) -> None:
    desk.fake.pdf = fault
    played = await desk.bench.run(desk.member, "arxiv_download", ["allow"], arxiv_ids=["2401.00001v1"])
    assert played.outcome.status == "failed"
    assert "arXiv" in played.outcome.text or "PDF" in played.outcome.text
    assert await desk.owned() == []
    desk.fake.feed = fault
    unreachable = await desk.bench.run(desk.member, "arxiv_search", query="gold")
    assert unreachable.outcome.status == "failed"


async def test_a_file_that_another_member_downloads_is_theirs(desk: Desk, own_lab: Site) -> None:
    other = await desk.bench.person(own_lab)
    await desk.bench.run(desk.member, "arxiv_download", ["allow"], arxiv_ids=["2401.00001v1"])
    found = await desk.bench.run(other, "recent_paper_search", query="gold contacts")
    assert found.outcome.status == "nothing"
