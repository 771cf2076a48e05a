"""Embeddings order what words have found; when they fail, everything works without them (9.4)."""

from collections.abc import Sequence

import pytest

from parlour.assistant.tools.meaning import MeaningfulSearches
from parlour.assistant.tools.ports import Tool
from parlour.files.handles import handle_of
from parlour.files.search.embedding import Embeddings
from parlour.kernel.refusals import ProviderFault
from parlour.settings import load_settings
from tests.harness.site import Site
from tests.lab.tool_bench import bench_on

HOT, COLD = "The furnace was hot on Monday.", "The furnace was cold on Monday."


class Thermometer:
    """An embedder that knows warm from cold, until it breaks."""

    model = "thermometer"
    is_broken = False

    async def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        if self.is_broken:
            raise ProviderFault("The embedding service failed.", retryable=True)
        return [(1.0, 0.0) if "hot" in text or "warm" in text else (0.0, 1.0) for text in texts]


class Offered:
    """Some tools as a source."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = tools

    def tools(self) -> Sequence[Tool]:
        return self._tools


async def test_meaning_orders_what_words_have_found(lab_site: Site) -> None:
    thermometer = Thermometer()
    async with bench_on(lab_site) as bench:
        ada = await bench.person(lab_site)
        for name, text in (("hot.txt", HOT), ("cold.txt", COLD)):
            file = await bench.upload(ada, name, text.encode())
            assert (await bench.run(ada, "recent_paper_add", ["allow"], file=handle_of(file))).outcome.status == "done"
        embeddings = Embeddings(bench.database, thermometer)
        while await embeddings.embed_pending():
            continue
        bench.tools = {
            tool.name: tool for tool in MeaningfulSearches(Offered([*bench.tools.values()]), embeddings).tools()
        }

        async def first(query: str) -> str:
            return (await bench.run(ada, "recent_paper_search", query=query)).outcome.passages[0].text

        assert await first("furnace Monday warm") == HOT
        assert await first("furnace Monday icy") == COLD
        thermometer.is_broken = True
        assert await first("furnace Monday cold") == COLD
        assert (await bench.run(ada, "recent_paper_list")).outcome.status == "done"


@pytest.mark.parametrize("wrong", ["small", "house:", "elsewhere:small"])
def test_the_setting_names_a_configured_provider(wrong: str) -> None:
    providers = ({"name": "house", "base_url": "http://127.0.0.1:9/v1"},)
    assert load_settings(providers=providers, lab={"embeddings_model": "house:small"}).lab.embeddings_model
    with pytest.raises(ValueError, match="PROVIDER:MODEL"):
        load_settings(providers=providers, lab={"embeddings_model": wrong})
