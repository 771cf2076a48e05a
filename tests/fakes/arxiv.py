"""An arXiv on loopback: a real Atom feed, real PDFs, and the ways in which they go wrong (lab protocol E11)."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Literal
from xml.sax.saxutils import escape

from aiohttp import web
from fpdf import FPDF

Fault = Literal["none", "html", "away", "loop", "huge", "hang", "doctype", "status", "cut", "same"]

PAPERS = {
    "2401.00001v1": ("Contacts to MoS2 & their resistance", "Gold contacts reach 2 kΩ µm after annealing."),
    "2401.00002v2": ("Annealing of gold contacts", "Annealing at 350 °C lowers the resistance."),
    "cond-mat/0301001": ("Spin valves", "A spin valve is described."),
}


@dataclass(kw_only=True)
class FakeArxiv:
    """A running fake. `feed` and `pdf` are what it does wrong; `asked` the paths and times of requests."""

    url: str = ""
    feed: Fault = "none"
    pdf: Fault = "none"
    away: str = "http://localhost:9/elsewhere"
    asked: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])


@cache  # a PDF says when it was made: the same paper must stay the same bytes
def pdf_of(arxiv_id: str) -> bytes:
    title, abstract = PAPERS[arxiv_id]
    document = FPDF()
    document.add_page()
    document.set_font("Helvetica", size=12)
    document.multi_cell(0, 8, f"{title}\n\n{abstract}".encode("latin-1", "replace").decode("latin-1"))
    return bytes(document.output())


def feed_of(ids: list[str]) -> str:
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{each}</id><published>2024-01-0{n}T00:00:00Z</published>"
        f"<title>{escape(PAPERS[each][0])}</title><summary> {escape(PAPERS[each][1])}\n</summary>"
        "<author><name>Ada Byron</name></author><author><name>Lin Li</name></author>"
        '<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.1000/x</arxiv:doi></entry>'
        for n, each in enumerate(ids, start=1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>results</title>{entries}</feed>"
    )


@asynccontextmanager
async def fake_arxiv() -> AsyncGenerator[FakeArxiv, None]:
    """Serve until the context is left."""
    fake = FakeArxiv()

    async def query(request: web.Request) -> web.StreamResponse:
        _note(fake, request)
        wrong = await _wrong(fake, fake.feed, request)
        if wrong is not None:
            return wrong
        ids = [each for each in request.query.get("id_list", "").split(",") if each in PAPERS]
        if "id_list" not in request.query:
            terms = re.findall(r"all:([\w-]+)", request.query["search_query"])
            most = int(request.query["max_results"])
            ids = [
                each
                for each, (title, abstract) in PAPERS.items()
                if all(term.casefold() in f"{title} {abstract}".casefold() for term in terms)
            ][:most]
        return web.Response(text=feed_of(ids), content_type="application/atom+xml")

    async def pdf(request: web.Request) -> web.StreamResponse:
        _note(fake, request)
        wrong = await _wrong(fake, fake.pdf, request)
        if wrong is not None:
            return wrong
        found = request.match_info["id"]
        if found not in PAPERS:
            raise web.HTTPNotFound
        return web.Response(body=pdf_of(found), content_type="application/pdf")

    app = web.Application()
    app.router.add_get("/api/query", query)
    app.router.add_get("/pdf/{id:.+}", pdf)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    fake.url = f"http://{host}:{port}"
    try:
        yield fake
    finally:
        await runner.cleanup()


def _note(fake: FakeArxiv, request: web.Request) -> None:
    fake.asked.append((request.path, asyncio.get_running_loop().time()))


async def _wrong(fake: FakeArxiv, fault: Fault, request: web.Request) -> web.StreamResponse | None:
    match fault:
        case "html":
            return web.Response(
                text="<html><body>Please prove that you are human</body></html>", content_type="text/html"
            )
        case "away":
            raise web.HTTPFound(fake.away)
        case "loop":
            raise web.HTTPFound(str(request.rel_url))
        case "same" if not request.query.get("again"):
            raise web.HTTPFound(str(request.rel_url.update_query(again="1")))
        case "status":
            raise web.HTTPServiceUnavailable
        case "doctype":
            bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><feed xmlns="http://www.w3.org/2005/Atom">&a;</feed>'
            return web.Response(text=bomb, content_type="application/atom+xml")
        case "hang":
            await asyncio.sleep(30)
            return web.Response()
        case "huge" | "cut":
            response = web.StreamResponse(headers={"Content-Type": "application/pdf"})
            if fault == "cut":
                response.content_length = 900_000
            await response.prepare(request)
            await response.write(b"%PDF-1.7\n")
            for _ in range(3 if fault == "cut" else 200):
                await response.write(b"x" * 65_536)
            if fault == "cut" and request.transport is not None:
                request.transport.abort()
            return response
        case _:
            return None
