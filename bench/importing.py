"""A paper of 20 pages from the first byte until its text is found: how long a person waits for it."""

import asyncio
import tempfile
from pathlib import Path

from fpdf import FPDF

from bench.client import quantile_ms
from bench.clock import now_ns
from bench.report import PARLOUR, Column, Outcome, Reach, Row, Shape
from bench.search import texts
from bench.systems import Plan
from parlour.files import actions
from parlour.files.entities import NewFile
from parlour.files.extraction.work import ReaderNeed, TextReader
from parlour.files.intake import Intake
from parlour.files.search.entities import Query
from parlour.files.search.finding import search
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.settings import sqlite_url
from parlour.settings.lab import LabLimits
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database

PAGES = 20
PAPERS, PAPERS_QUICK = 20, 5
SECONDS = 2.0
OWNER = AccountId("owner")
COLUMNS = (
    Column(key="papers", label="papers", digits=0),
    Column(key="p50_ms", label="p50 ms", digits=0),
    Column(key="max_ms", label="max ms", digits=0),
    Column(key="together_ms", label="all at once, each ms", digits=0),
)


async def run(plan: Plan) -> Outcome:
    """One paper after the other, then as many at once, on SQLite."""
    papers = [paper(n) for n in range(PAPERS_QUICK if plan.quick else PAPERS)]
    with tempfile.TemporaryDirectory(prefix="parlour-bench-") as folder:
        figures = await imported(Path(folder), papers)
    title = f"papers of {PAGES} pages: taken in, read by a child, indexed, found"
    shape = Shape(bench="import", title=title, columns=COLUMNS, rows=[Row(system=PARLOUR, figures=figures)])
    seconds = shape.figure(PARLOUR, "max_ms")
    got = seconds / 1000 if seconds is not None else None
    return Outcome(
        shapes=[shape],
        reaches=[Reach(text=f"import of {PAGES} pages: most seconds", got=got, wanted=SECONDS, sense="at most")],
    )


def paper(number: int) -> bytes:
    """A PDF that is unlike the others."""
    document = FPDF()
    document.set_title(f"Paper {number}")
    document.set_font("helvetica", size=9)
    latin = [text for text in texts(PAGES * 3) if text.isascii()][:PAGES]
    for n, text in enumerate(latin):
        document.add_page()
        document.multi_cell(0, 4, f"Paper{number}x page{n}x. {text}")
    return bytes(document.output())


async def imported(folder: Path, papers: list[bytes]) -> dict[str, float]:
    """Milliseconds for each paper."""
    clock = SystemClock()
    database = Database(sqlite_url(folder), clock, TimeOrderedIds(clock))
    database.migrate()
    database.start()
    blobs = FolderBlobs(folder / "files")
    limits = LabLimits()
    intake = Intake(folder / "files" / "incoming", blobs, limits.upload_bytes_max)
    reader = TextReader(ReaderNeed(database=database, blobs=blobs, limits=limits))

    async def take(number: int, name: str) -> int:
        began = now_ns()
        received = await intake.keep_bytes(name, papers[number])
        new = NewFile(account_id=OWNER, name=name, origin="paper", received=received)
        kept = await database.write(lambda tx: actions.keep_file(tx, new))
        file = await reader.ensure(kept.id)
        query = Query(text=f"Paper{number}x page{PAGES - 1}x", account_id=OWNER, source_ids=(kept.id,))
        found = await database.read(lambda tx: search(tx, query))
        if file.pages != PAGES or not found or found[0].page != PAGES:
            raise RuntimeError("the paper was not read")
        return now_ns() - began

    took = [await take(number, f"paper {number}.pdf") for number in range(len(papers))]
    began = now_ns()
    await asyncio.gather(*(take(number, f"again {number}.pdf") for number in range(len(papers))))
    together = (now_ns() - began) / len(papers)
    await database.stop()
    return {
        "papers": len(papers),
        "p50_ms": quantile_ms(took, 0.5),
        "max_ms": quantile_ms(took, 1.0),
        "together_ms": together / 1e6,
    }
