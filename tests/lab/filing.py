"""Files for tests: kept as an upload would be, and good and bad ones made on the spot."""

import asyncio
import struct
import zipfile
import zlib
from io import BytesIO

import docx
from fpdf import FPDF
from PIL import Image

from parlour.files import actions
from parlour.files.entities import NewFile, Origin, StoredFile
from parlour.files.intake import Intake
from parlour.kernel.ids import AccountId
from parlour.storage.blobs.folder import FolderBlobs
from tests.lab.house import LabHouse, Member

BYTES_MAX = 50 * 1024 * 1024


def intake_of(house: LabHouse) -> Intake:
    """Where bytes come in on this site."""
    files = house.parlour.settings.files
    return Intake(files / "incoming", FolderBlobs(files), BYTES_MAX)


def keep(
    house: LabHouse, member: Member | None, name: str, data: bytes, origin: Origin = "upload", *, shared: bool = False
) -> StoredFile:
    """Keep a file for a member, or for the lab."""
    received = asyncio.run(intake_of(house).keep_bytes(name, data))
    owner = AccountId(member.account_id) if member else None
    new = NewFile(account_id=owner, name=name, origin=origin, received=received, shared=shared)
    return house.write(lambda tx: actions.keep_file(tx, new))


def pdf(*pages: str, title: str = "A paper") -> bytes:
    """A PDF of these pages."""
    document = FPDF()
    document.set_title(title)
    document.set_font("helvetica", size=11)
    for page in pages:
        document.add_page()
        document.multi_cell(0, 6, page)
    return bytes(document.output())


def word(*paragraphs: str) -> bytes:
    """A Word document of these paragraphs."""
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def archive(**entries: bytes) -> bytes:
    """A ZIP with these entries; `__` in a name stands for `/`."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            made.writestr(name.replace("__", "/"), data)
    return file.getvalue()


def docx_bomb() -> bytes:
    """A Word document of 300 MB in less than one."""
    return archive(**{"[Content_Types].xml": b"<x/>", "word__document.xml": b"<a>" + b" " * 300_000_000 + b"</a>"})


def entries_bomb() -> bytes:
    """A Word document of very many entries."""
    return archive(**{f"word__{n}.xml": b"x" for n in range(5_000)})


def lying_bomb() -> bytes:
    """A Word document whose entry says that it is small."""
    whole = bytearray(archive(word__document_xml=b"a" * 50_000_000))
    at = whole.rfind(b"PK\x01\x02")
    whole[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(whole)


def pdf_bomb() -> bytes:
    """A PDF whose page inflates to 2 GB."""
    packer = zlib.compressobj(9)
    stream = b"".join(packer.compress(b"(a) Tj " * 1_000_000) for _ in range(300)) + packer.flush()
    length = len(stream)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (length, stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body = b"%PDF-1.4\n"
    for number, each in enumerate(objects, start=1):
        body += b"%d 0 obj%b endobj\n" % (number, each)
    return body + b"trailer<</Root 1 0 R>>\n%%EOF"


def png_bomb() -> bytes:
    """A PNG that says it is 60,000 by 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 10_000_000, 9)
    chunks = ((b"IHDR", head), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(each)) + kind + each + struct.pack(">I", zlib.crc32(kind + each)) for kind, each in chunks
    )


def wav_bomb() -> bytes:
    """A WAV that says it is 4 GB long."""
    return (
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x80>\0\0\0}\0\0\x02\0\x10\0data\xff\xff\xff\xff"
        + b"\0" * 1000
    )


def picture(kind: str) -> bytes:
    """A small picture."""
    file = BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, kind)
    return file.getvalue()
