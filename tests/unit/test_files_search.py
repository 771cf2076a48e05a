"""Search: the same passages on both stores, in the same order, word for word, and nobody else's."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest

from parlour.files.search import index
from parlour.files.search.chunking import CHUNK_CHARS_MAX, OVERLAP_CHARS, pieces_of, sections_of
from parlour.files.search.embedding import Embeddings, encoded, nearness
from parlour.files.search.entities import NewChunk, Query, Source, Vector
from parlour.files.search.finding import Hit, search
from parlour.files.search.quoting import quote_of
from parlour.files.search.tokens import ascii_form, query_terms, terms_of
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.kernel.refusals import ProviderFault
from parlour.settings import sqlite_url
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.conftest import STORES, new_database, new_store

T = TypeVar("T")
ADA, EVE = AccountId("ada"), AccountId("eve")
PAGES = (
    "Contact resistance\n\nAnnealing at 573 K in forming gas lowers the contact resistance of MoS2 transistors to"
    " 0.7 kΩ·µm. Without annealing it stays above 5 kΩ·µm.",
    "Growth\n\nMonolayer flakes were grown by CVD at 750 °C. The growth time was 12 minutes.",
    "结果\n\n二硫化钼的接触电阻在573 K退火后降到0.7 kΩ·µm。没有退火的样品仍然高于5 kΩ·µm。",
    "触媒の温度は摂氏350度である。反応は一時間で終わる。",
    "Tokens of measurement: the spectrometer was calibrated with 2.5 mV steps, not 25 mV steps.",
    "Acknowledgements: we thank everybody for a lovely time.",
)


class Library:
    """A database with a paper of everybody's and a secret of Ada's."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def do(self, action: Callable[[Tx], T]) -> T:
        return self.database.write_here(action)

    def find(self, text: str, account: AccountId | None = EVE, **rest: object) -> list[Hit]:
        query = Query(text=text, account_id=account, **rest)  # type: ignore[arg-type]
        return self.database.read_here(lambda tx: search(tx, query))

    def put(self, source: Source, *pages: str) -> None:
        chunks = [NewChunk(page=n, position=n, text=page) for n, page in enumerate(pages, start=1)]
        self.do(lambda tx: index.put(tx, source, chunks))


def opened(url: str) -> Library:
    clock = SystemClock()
    database = Database(url, clock, TimeOrderedIds(clock))
    database.migrate()
    made = Library(database)
    made.put(Source(kind="file", id="paper", account_id=None), *PAGES)
    made.put(Source(kind="file", id="secret", account_id=ADA), "The canary7fQx annealing was done at 999 K by Ada.")
    return made


@pytest.fixture(scope="module", params=STORES)
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    made = opened(new_store(request.param, tmp_path_factory.mktemp("library"), request))
    yield made
    asyncio.run(made.database.stop())


@pytest.mark.parametrize(
    ("asked", "page", "quoted"),
    [
        ("What is the contact resistance after annealing?", 1, "0.7 kΩ·µm"),
        ("annealed contacts", 1, "Annealing at 573 K"),
        ("At which temperature were the flakes grown?", 2, "750 °C"),
        ("退火后的接触电阻是多少？", 3, "二硫化钼的接触电阻在573 K退火后降到0.7 kΩ·µm。"),
        ("触媒の温度", 4, "350度"),
        ("钼", 3, "二硫化钼"),
        ("度", 4, "350度"),
        ("2.5 mV", 5, "2.5 mV steps"),
        ("２．５ｍＶ", 5, "2.5 mV steps"),
        ("SPECTROMETERS", 5, "calibrated"),
    ],
)
def test_a_question_finds_its_page_and_a_verbatim_quote(library: Library, asked: str, page: int, quoted: str) -> None:
    best = library.find(asked)[0]
    assert (best.source_id, best.page) == ("paper", page)
    assert quoted in best.quote
    assert best.quote in best.text
    assert len(best.quote) <= 500
    assert 0 < best.score <= 1


@pytest.mark.parametrize("asked", ["", " ", "?!…", "quantum teleportation of zebras", "量子隐形传态", "''' OR 1=1 --"])
def test_what_is_nowhere_is_not_found(library: Library, asked: str) -> None:
    assert library.find(asked) == []


@pytest.mark.parametrize(
    "asked",
    ['"', "a*", "NEAR(a b)", "terms:contact", "contact AND NOT growth", "-contact", "{contact}", "x' | 'y", "\0"],
)
def test_the_languages_of_stores_mean_nothing_in_a_question(library: Library, asked: str) -> None:
    assert all(hit.quote in hit.text for hit in library.find(asked))


def test_what_is_somebody_elses_is_never_found_nor_counted(library: Library) -> None:
    assert library.find("canary7fQx") == []
    assert [hit.source_id for hit in library.find("canary7fQx", ADA)] == ["secret"]
    assert library.find("canary7fQx", None) == []
    before = library.find("annealing temperature")
    library.put(Source(kind="note", id="more", account_id=ADA), *("annealing " * 20,) * 30)
    assert library.find("annealing temperature") == before
    library.do(lambda tx: index.remove(tx, "note", "more"))


def test_sharing_and_removing_take_effect_at_once(library: Library) -> None:
    source = Source(kind="entry", id="log", account_id=ADA)
    library.put(source, "The walrus experiment leaked helium.")
    assert library.find("walrus helium") == []
    library.do(lambda tx: index.share(tx, "entry", "log"))
    assert [hit.source_kind for hit in library.find("walrus helium")] == ["entry"]
    assert library.find("walrus helium", kinds=("file", "note")) == []
    assert library.find("walrus helium", source_ids=("paper",)) == []
    assert len(library.find("walrus helium", kinds=("entry",), source_ids=("log", "x"))) == 1
    library.put(source, "Nothing of the kind.")
    assert library.find("walrus helium") == []
    library.do(lambda tx: index.remove(tx, "entry", "log"))
    assert library.do(lambda tx: index.texts(tx, "entry", "log")) == []


def test_instants_bound_what_is_found(library: Library) -> None:
    now = library.do(lambda tx: tx.now_ms)
    assert library.find("contact resistance", created_from=now + 1) == []
    assert library.find("contact resistance", created_until=0) == []
    assert library.find("contact resistance", created_from=0, created_until=now + 1)


def test_putting_the_same_again_keeps_ids_and_a_long_page_is_split(library: Library) -> None:
    source = Source(kind="file", id="long", account_id=None)
    page = "\n\n".join(f"Paragraph {n} is about osmium and number {n}. " * 10 for n in range(30))
    library.put(source, page, "Second page.")
    first = library.do(lambda tx: index.texts(tx, "file", "long"))
    library.put(source, page, "Second page.")
    assert library.do(lambda tx: index.texts(tx, "file", "long")) == first
    assert {chunk.page for chunk in first} == {1, 2}
    assert all(len(chunk.text) <= CHUNK_CHARS_MAX for chunk in first)
    assert [chunk.position for chunk in first] == list(range(len(first)))
    library.do(lambda tx: index.remove(tx, "file", "long"))


def test_both_stores_give_the_same_hits_in_the_same_order(tmp_path: Path, postgresql: str) -> None:
    stores = [opened(sqlite_url(tmp_path)), opened(new_database(postgresql))]
    asked = (
        "annealing",
        "contact resistance growth time",
        "退火 温度",
        "mV steps 2.5",
        "lovely growth of contacts",
        "度",
    )
    for text in asked:
        one, other = (store.find(text, ADA, limit=10) for store in stores)
        assert one == other
        assert one
    for store in stores:
        asyncio.run(store.database.stop())


def test_words() -> None:
    assert terms_of("MoS2 contacts, 2.5nm ＡＢＣ") == ["mos2", "contact", "2p5", "nm", "abc"]
    assert terms_of("半导体ABC") == ["半导", "导体", "体", "abc"]
    assert terms_of("光") == ["光"]
    assert terms_of("studies measuring measured measures running classes") == [
        "study", "measur", "measur", "measur", "run", "class",
    ]  # fmt: skip
    assert query_terms("What is the temperature of the oven?") == ["temperatur", "oven"]
    assert query_terms("退火温度是多少？") == ["退火", "火温", "温度"]
    assert query_terms("what is it") == ["what", "is", "it"]
    assert ascii_form("半导") == "u534a5bfc"
    assert ascii_form("café").isalnum()
    assert ascii_form("café").isascii()


def test_pieces_end_at_paragraphs_and_overlap() -> None:
    text = "\n\n".join(f"{n} " + "word " * 150 for n in range(20))
    pieces = pieces_of(text)
    assert len(pieces) > 1
    for one, other in pairwise(pieces):
        assert len(one) <= CHUNK_CHARS_MAX
        assert any(other.startswith(one[-n:]) for n in range(1, OVERLAP_CHARS + 1))
    assert pieces_of("") == []
    assert [len(piece) for piece in pieces_of("x" * 9000)] == [4000, 4000, 1400]
    assert "".join(sections_of("字" * 9000)) == "字" * 9000


def test_a_quote_is_the_best_sentence_also_of_text_without_any() -> None:
    text = "Nothing here. " * 30 + "The oven reached 573 K. " + "More nothing. " * 30
    assert "573 K" in quote_of(text, {"oven": 1.0})
    long = "nothing " * 400 + "oven at 573 K " + "nothing " * 400
    assert "oven at 573" in quote_of(long, {"oven": 1.0})
    assert len(quote_of(long, {"oven": 1.0})) <= 500
    assert quote_of(long, {"oven": 1.0}) in long
    han = "无" * 3000 + "退火温度" + "无" * 3000
    assert "退火温度" in quote_of(han, {"退火": 1.0, "温度": 1.0})
    assert quote_of("", {"a": 1.0}) == ""


class Colours:
    """Embeddings of two numbers: how often red and blue are said."""

    model = "colours"

    async def embed(self, texts: list[str]) -> list[tuple[float, ...]]:
        if any("fault" in text for text in texts):
            raise ProviderFault("gone", retryable=True)
        return [(float(text.count("red")), float(text.count("blue")) + 0.1) for text in texts]


async def test_embeddings_only_change_the_order(tmp_path: Path) -> None:
    library = opened(sqlite_url(tmp_path))
    for name, text in (("one", "A cat that is blue."), ("two", "A cat that is red.")):
        library.put(Source(kind="note", id=name, account_id=None), text)
    library.database.start()
    embeddings = Embeddings(library.database, Colours())  # type: ignore[arg-type]
    while await embeddings.embed_pending():
        pass
    for colour, expected in (("red", "two"), ("blue", "one")):
        vector = await embeddings.vector_of(colour)
        assert library.find("cat", vector=vector)[0].source_id == expected
    assert {hit.source_id for hit in library.find("cat", vector=vector)} == {"one", "two"}
    assert await embeddings.vector_of("fault") is None
    await library.database.stop()


def test_vectors_that_cannot_be_compared_say_nothing() -> None:
    one = Vector(model="a", values=(1.0, 0.0))
    assert nearness(one, encoded(one)) == 1.0
    assert nearness(one, encoded(Vector(model="b", values=(1.0, 0.0)))) is None
    assert nearness(one, encoded(Vector(model="a", values=(1.0, 0.0, 2.0)))) is None
    assert nearness(one, encoded(Vector(model="a", values=(0.0, 0.0)))) is None
    assert nearness(one, "a\nno base64!") is None


HANDBOOK = """# Probe station

## Substrate heating
Set the substrate heating as the table says

| step | temperature |
|---|---|
| heating of the substrate | 110 C |

Heat the substrate to 110 C before the tape is pressed on. Wait two minutes.

## Steps
- Vent the chamber.
- Lift the probes.
"""
PRINTED = (
    "Contact resistance of nickel after annealing\nMei Lin\nWe took the contact resistance of nickel before and after"
    " annealing at low\ntemperature, and found 740 ohm um.\nAnnealing\nContact resistance\n120 8 1650 340\n"
    "180 8 740 95\n[3] Lin M (2024) Contact resistance of nickel after annealing.\n"
)


@pytest.mark.lab("E13")
@pytest.mark.parametrize(
    ("text", "asked", "quote"),
    [
        (HANDBOOK, ("substrate", "heating"), "| heating of the substrate | 110 C |"),
        (
            HANDBOOK,
            ("substrate", "tape"),
            "Heat the substrate to 110 C before the tape is pressed on. Wait two minutes.",
        ),
        (HANDBOOK, ("steps",), "## Steps"),
        (HANDBOOK, ("vent", "chamber"), "- Vent the chamber."),
        (
            PRINTED,
            ("contact", "resistance", "nickel", "annealing"),
            "We took the contact resistance of nickel before and after annealing at low\n"
            "temperature, and found 740 ohm um.",
        ),
    ],
)
def test_a_quote_does_not_cross_a_heading_a_row_or_a_blank_line(text: str, asked: tuple[str, ...], quote: str) -> None:
    assert quote_of(text, dict.fromkeys(asked, 1.0)) == quote
