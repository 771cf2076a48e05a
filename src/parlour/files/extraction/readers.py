"""Reading formats. Runs in the child only: what is read here may be made to harm."""

import codecs
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO

import docx
import pypdfium2
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.table import Table

from parlour.files.extraction.entities import ReaderLimits, Reason
from parlour.files.search.chunking import sections_of
from parlour.kernel.dataclass import dataclass

FACT_CHARS_MAX = 1_000
RATIO_MAX = 500
RATIO_FROM_BYTES = 10 * 1024 * 1024
TABLES_DEEP_MAX = 8
_HYPHENS = re.compile("[\x02\ufffe\u00ad](?:\r?\n)?")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_YEAR = re.compile(r"D:(\d{4})")
CHARSETS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "cp437", "latin-1", "ascii")
"""Every way of writing that reading may need: looked up while files can still be opened."""


class UnreadableError(Exception):
    """The file cannot be read, and why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the file's own properties say; empty strings are None."""

    title: str | None = None
    author: str | None = None
    year: int | None = None


def read_pdf(data: bytes, limits: ReaderLimits) -> tuple[Iterator[str], Facts]:
    """The pages of a PDF, one after the other."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise UnreadableError("encrypted" if "password" in str(error).lower() else "broken") from error
    if len(document) > limits.pages:
        raise UnreadableError("pages")
    about = document.get_metadata_dict()
    year = _YEAR.match(about.get("CreationDate", ""))
    facts = Facts(
        title=_fact(about.get("Title")), author=_fact(about.get("Author")), year=int(year[1]) if year else None
    )
    return _pdf_pages(document, limits), facts


def read_docx(data: bytes, limits: ReaderLimits) -> tuple[Iterator[str], Facts]:
    """The sections of a Word document, after a look at what it would inflate to."""
    try:
        _check_archive(data, limits)
        document = docx.Document(BytesIO(data))
        text = "\n\n".join(_blocks(document))
        about = document.core_properties
        year = about.created.year if about.created else None
        facts = Facts(title=_fact(about.title), author=_fact(about.author), year=year)
    except (OpcError, SyntaxError, zipfile.BadZipFile, KeyError, ValueError, AttributeError, EOFError) as error:
        raise UnreadableError("broken") from error
    return iter(sections_of(_cleaned(text))), facts


def read_text(data: bytes, charset: str) -> tuple[Iterator[str], Facts]:
    """The sections of a plain text."""
    try:
        text = codecs.decode(data, "utf-8-sig" if charset == "utf-8" else charset)
    except (UnicodeDecodeError, LookupError) as error:
        raise UnreadableError("broken") from error
    return iter(sections_of(_cleaned(text))), Facts()


def _pdf_pages(document: pypdfium2.PdfDocument, limits: ReaderLimits) -> Iterator[str]:
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage()
            if text.count_chars() > limits.text_bytes:
                raise UnreadableError("text")
            found = text.get_text_bounded()
            text.close()
            page.close()
        except pypdfium2.PdfiumError:
            found = ""  # one broken page leaves the others readable
        yield _cleaned(_HYPHENS.sub("", found))


def _check_archive(data: bytes, limits: ReaderLimits) -> None:
    """Refuse what would inflate to too much. What an entry says of its size is all that is ever inflated of it."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = archive.infolist()
    if len(entries) > limits.entries:
        raise UnreadableError("entries")
    if sum(entry.file_size for entry in entries) > limits.inflated_bytes:
        raise UnreadableError("inflated")
    for entry in entries:
        if entry.file_size > RATIO_FROM_BYTES and entry.file_size > RATIO_MAX * max(1, entry.compress_size):
            raise UnreadableError("inflated")


def _blocks(document: Document) -> Iterator[str]:
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            yield "\n".join(_rows(block, 0))
        elif block.text.strip():
            yield block.text


def _rows(table: Table, depth: int) -> Iterator[str]:
    for row in table.rows:
        yield " | ".join(cell.text.strip() for cell in row.cells)
        for cell in row.cells if depth < TABLES_DEEP_MAX else ():
            for inner in cell.tables:
                yield from _rows(inner, depth + 1)


def _cleaned(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", plain).encode("utf-8", "ignore").decode()


def _fact(text: str | None) -> str | None:
    return _cleaned(text or "").strip()[:FACT_CHARS_MAX] or None
