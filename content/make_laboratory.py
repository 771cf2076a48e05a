"""Makes the PDFs of `laboratory/papers` from the texts in `laboratory/sources`; needs fpdf2.

Run `python content/make_laboratory.py` after changing a text. The same text gives the same bytes.
The papers are invented: people, measurements and DOIs (10.5555 is the prefix for examples).
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fpdf import FPDF

LABORATORY = Path(__file__).parent / "laboratory"
MADE = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
NOTICE = "Fictional sample paper for Parlour. None of its measurements was ever made."
TEXT_SIZE, LINE = 12, 7.4


@dataclass
class Text:
    """A source: its title, what is said about it, and its blocks."""

    title: str
    about: dict[str, str] = field(default_factory=dict[str, str])
    blocks: list[str] = field(default_factory=list[str])


class Paper(FPDF):
    """A page with the notice on top and its number below."""

    def header(self) -> None:
        """The notice."""
        self.set_font("Helvetica", "I", 9)
        self.cell(0, 6, NOTICE, align="C")
        self.ln(12)

    def footer(self) -> None:
        """The number of the page."""
        self.set_y(-15)
        self.set_font("Helvetica", "", 9)
        self.cell(0, 8, f"{self.page_no()}", align="C")


def read(path: Path) -> Text:
    """A title line, `key: value` lines, then blocks between empty lines."""
    head, *blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    title, *about = head.splitlines()
    said = dict(line.split(": ", 1) for line in about)
    return Text(title.removeprefix("# "), said, list(_blocks(blocks)))


def _blocks(blocks: list[str]) -> Iterator[str]:
    for block in blocks:
        heading, _, rest = block.partition("\n") if block.startswith("## ") else ("", "", block)
        yield from (each for each in (heading, rest) if each)


def make(text: Text) -> None:
    """Write the PDF that a source describes."""
    pdf = Paper(format="A4")
    pdf.set_margins(26, 20, 26)
    pdf.set_auto_page_break(auto=True, margin=24)
    pdf.set_creation_date(MADE)
    pdf.set_title(text.title)
    pdf.set_author(text.about["authors"])
    pdf.set_keywords(text.about["keywords"])
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 17)
    pdf.multi_cell(0, 9, text.title, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3)
    pdf.set_font("Helvetica", "", 11)
    journal = f"Journal of Imaginary Materials, {text.about['year']}. doi:{text.about['doi']}"
    for line in (text.about["authors"], journal, f"Keywords: {text.about['keywords']}"):
        pdf.multi_cell(0, 6, line, align="L", new_x="LMARGIN", new_y="NEXT")
    for block in text.blocks:
        _write(pdf, block)
    target = LABORATORY / "papers" / text.about["to"]
    target.parent.mkdir(parents=True, exist_ok=True)
    pdf.output(str(target))


def _write(pdf: FPDF, block: str) -> None:
    pdf.ln(4)
    if block.startswith("## "):
        pdf.set_font("Helvetica", "B", 13)
        pdf.multi_cell(0, 8, block.removeprefix("## "), align="L", new_x="LMARGIN", new_y="NEXT")
        return
    pdf.set_font("Helvetica", "", TEXT_SIZE)
    if block.startswith("|"):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        pdf.set_font("Helvetica", "", 10)
        with pdf.table(text_align="CENTER", line_height=6) as table:
            for row in rows:
                if not all(re.fullmatch(r"-+", cell) for cell in row):
                    table.row(row)
        return
    for line in block.splitlines():
        pdf.multi_cell(0, LINE, line, align="L", new_x="LMARGIN", new_y="NEXT")


if __name__ == "__main__":
    for source in sorted((LABORATORY / "sources").glob("*.md")):
        make(read(source))
