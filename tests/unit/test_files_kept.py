"""Keeping files: names, kinds, intake, text, and what is swept."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parlour.files import actions
from parlour.files.authored import actions as authored
from parlour.files.authored.entities import MediaQuota, MediaUser
from parlour.files.entities import NewFile, NewUpload, StoredFile
from parlour.files.extraction.entities import EndLine
from parlour.files.extraction.metadata import described
from parlour.files.extraction.work import ReaderNeed, TextReader
from parlour.files.handles import ID_CHARS, new_file_id, parse
from parlour.files.intake import Intake
from parlour.files.names import NAME_CHARS_MAX, clean_name, distinct
from parlour.files.search import index
from parlour.files.search.entities import Query
from parlour.files.search.finding import search
from parlour.files.sniffing import DOCX, UNKNOWN, Sniffer
from parlour.files.sweeping import SETTLING_MS, Sweeper, SweeperNeed
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.kernel.refusals import Refusal
from parlour.settings.lab import LabLimits
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.lab.filing import pdf, word

ADA, EVE = AccountId("ada"), AccountId("eve")
HOUR_MS = 3_600_000


class Late(SystemClock):
    """The clock of the machine, moved."""

    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


class Cabinet:
    """A database and a folder for files, with a reader and a sweeper."""

    def __init__(self, url: str, folder: Path) -> None:
        self.clock = Late()
        self.url = url
        self.folder = folder
        self.database = Database(url, self.clock, TimeOrderedIds(self.clock))
        self.database.migrate()
        self.database.start()
        self.blobs = FolderBlobs(folder / "files")
        self.intake = Intake(folder / "files" / "incoming", self.blobs, 1_000_000)
        self.reader = TextReader(ReaderNeed(database=self.database, blobs=self.blobs, limits=LabLimits()))
        need = SweeperNeed(
            database=self.database,
            blobs=self.blobs,
            intake=self.intake,
            clock=self.clock,
            unused_hours=24,
            unnamed_hours=24,
        )
        self.sweeper = Sweeper(need)

    async def keep(self, name: str, data: bytes, account_id: AccountId | None = ADA) -> StoredFile:
        received = await self.intake.keep_bytes(name, data)
        new = NewFile(account_id=account_id, name=name, origin="upload", received=received)
        return await self.database.write(lambda tx: actions.keep_file(tx, new))

    async def file(self, file_id: str) -> StoredFile | None:
        return await self.database.read(lambda tx: actions.by_id(tx, file_id))


@pytest.fixture
async def cabinet(store_url: str, tmp_path: Path) -> AsyncIterator[Cabinet]:
    made = Cabinet(store_url, tmp_path)
    yield made
    await made.database.stop()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("论文.pdf", "论文.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\work\\a b.txt", "a b.txt"),
        ("...hidden", "hidden"),
        ('a<b>:"|?*c.txt', "abc.txt"),
        ("evil\u202efdp.exe", "evilfdp.exe"),
        ("a\x00b\n.txt", "ab.txt"),
        ("cafe\u0301.txt", "café.txt"),
        ("", "file"),
        ("/", "file"),
        ("..", "file"),
        ("CON.txt", "_CON.txt"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("\ud800.txt", "txt"),
    ],
)
def test_a_name_leads_nowhere(given: str, name: str) -> None:
    assert clean_name(given) == name
    assert clean_name(name) == name
    assert len(name) <= NAME_CHARS_MAX


def test_names_are_made_distinct_before_their_suffix() -> None:
    taken = {"a.tar", "a (2).tar", "y" * 116 + ".pdf"}
    assert distinct("a.tar", taken.__contains__) == "a (3).tar"
    assert distinct("y" * 116 + ".pdf", taken.__contains__) == "y" * 112 + " (2).pdf"


def test_a_handle_is_read_strictly() -> None:
    ids = {new_file_id() for _ in range(1000)}
    assert len(ids) == 1000
    one = ids.pop()
    assert len(one) == ID_CHARS
    assert parse(f"files/{one}/a b.pdf") == (one, "a b.pdf")
    assert parse(f"files/{one}/cafe\u0301") == (one, "café")
    whole = f"files/{one}/a"
    wrong = ["", one, f"files/{one}", f"files/{one}/", f"/{whole}", f"{whole}/b", f"files/{one}x/a", f"files//{one}/a"]
    for text in (*wrong, whole.upper(), f"{whole}\0", f"{whole}\ud800", "files/../a"):
        assert parse(text) is None, text


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.txt", pdf("x"), "application/pdf"),
        ("a.pdf", word("x"), DOCX),
        ("a.pdf", b"plain text", "text/plain"),
        ("a.md", b"# Title", "text/markdown"),
        ("a.csv", b"a,b", "text/csv"),
        ("a.exe", b"plain", "text/plain"),
        ("a.txt", b"GIF89a...", "image/gif"),
        ("a.txt", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.bin", b"OggS\0", "audio/ogg"),
        ("a.bin", b"ID3\x04", "audio/mpeg"),
        ("a.bin", b"\x1aE\xdf\xa3....webm....A_OPUS", "audio/webm"),
        ("a.bin", b"\x1aE\xdf\xa3....webm....V_VP8", "video/webm"),
        ("a.bin", b"\0\0\0\x18ftypisom", "video/mp4"),
        ("a.txt", b"nul \0", UNKNOWN),
        ("a.txt", "文字".encode("gb18030"), "text/plain"),
        ("a.bin", "文字".encode("gb18030"), UNKNOWN),
        ("a.txt", "文字".encode("utf-16"), "text/plain"),
        ("a.txt", b"", "text/plain"),
        ("a.zip", b"PK\x03\x04....", "application/zip"),
    ],
)
def test_the_bytes_say_what_a_file_is(name: str, data: bytes, kind: str) -> None:
    for size in (1, 7, 100_000):
        sniffer = Sniffer(name)
        for at in range(0, len(data), size):
            sniffer.feed(data[at : at + size])
        assert sniffer.kind().type == kind


@pytest.mark.lab("F4")
async def test_what_breaks_off_or_is_too_large_leaves_nothing(cabinet: Cabinet) -> None:
    for room, size, code in ((None, 1_000_001, "file_too_large"), (500, 501, "quota_exceeded")):
        with pytest.raises(Refusal) as refusal:
            async with cabinet.intake.begin("a", room=room) as part:
                await part.write(b"x" * size)
        assert refusal.value.code == code

    async def break_off() -> None:
        async with cabinet.intake.begin("a") as part:
            await part.write(b"x" * 400_000)
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await break_off()
    assert [path for path in (cabinet.folder / "files").rglob("*") if path.is_file()] == []
    new = NewFile(account_id=ADA, name="a", origin="upload", received=await cabinet.intake.keep_bytes("a", b"12345"))
    with pytest.raises(Refusal, match="quota_exceeded"):
        await cabinet.database.write(lambda tx: actions.keep_file(tx, new, quota=4))


async def test_a_paper_is_read_by_the_job_and_found_by_its_owner_only(cabinet: Cabinet) -> None:
    worker = Worker(cabinet.database, SeededDice(1), "worker", WorkerLimits(poll_seconds=0.02))
    worker.add(cabinet.reader.kind())
    await worker.start()
    data = pdf("Contacts to MoS2\n\nAbstract\nWe anneal contacts. doi:10.1234/abc.5", "The oven reached 573 K.")
    kept = await cabinet.keep("paper.pdf", data)
    assert kept.text_status == "pending"
    file, again = await asyncio.gather(cabinet.reader.ensure(kept.id), cabinet.reader.ensure(kept.id))
    assert (file.text_status, file.pages) == ("ok", 2)
    assert file == again
    details = await cabinet.database.read(lambda tx: actions.details(tx, kept.id))
    assert details is not None
    assert (details.title, details.doi) == ("A paper", "10.1234/abc.5")
    for account, count in ((ADA, 1), (EVE, 0)):
        query = Query(text="How hot was the oven?", account_id=account)
        found = await cabinet.database.read(lambda tx, query=query: search(tx, query))
        assert len(found) == count
        assert [hit.page for hit in found] == [2] * count
    await worker.stop()
    with pytest.raises(Refusal, match="not_found"):
        await cabinet.reader.ensure("nothing")


@pytest.mark.lab("F10")
async def test_only_what_nothing_uses_is_swept(cabinet: Cabinet) -> None:
    orphan = await cabinet.keep("orphan.md", b"lonely walrus")
    used = await cabinet.keep("used.md", b"precious walrus")
    twin = await cabinet.keep("twin.md", b"lonely walrus", EVE)
    lone = await cabinet.keep("lone.md", b"nobody has this")
    for file in (orphan, used, twin, lone):
        await cabinet.reader.ensure(file.id)
    for file in (used, twin):
        await cabinet.database.write(lambda tx, file=file: actions.use(tx, file.id))
    remains = cabinet.folder / "files" / "incoming" / "killed.part"
    remains.write_bytes(b"x")
    assert await cabinet.sweeper.sweep() == 0
    cabinet.clock.ahead_ms = 25 * HOUR_MS
    assert await cabinet.sweeper.sweep() == 4  # two files, the blob that none has now, and what was left half-arrived
    assert [await cabinet.file(file.id) for file in (orphan, lone)] == [None, None]
    assert await cabinet.file(used.id)
    assert await cabinet.file(twin.id)
    assert not remains.exists()
    assert (cabinet.blobs.has(orphan.sha256), cabinet.blobs.has(lone.sha256)) == (True, False)
    assert await cabinet.database.read(lambda tx: index.texts(tx, "file", orphan.id)) == []
    assert await cabinet.sweeper.sweep() == 0


PLENTY = MediaQuota(bytes_max=1_000, files_max=100)
DRAFT, ARTIFACT = MediaUser(kind="draft", id="draft"), MediaUser(kind="content", id="artifact")


async def sent(cabinet: Cabinet, name: str, author: AccountId = ADA, quota: MediaQuota = PLENTY) -> str | None:
    """The id of a file of 8 bytes that an author has sent; None where there is no room for it."""
    received = await cabinet.intake.keep_bytes(name, name.ljust(8).encode())
    new = NewUpload(
        id=name, account_id=None, name=name, mime_type="image/png", bytes=received.size, digest=received.digest
    )
    try:
        await cabinet.database.write(lambda tx: authored.keep(tx, author, new, quota))
    except Refusal as refusal:
        if refusal.code != "quota_exceeded":
            raise
        return None
    return name


async def test_an_author_keeps_no_more_than_the_quota_however_many_files_come_at_once(cabinet: Cabinet) -> None:
    small = MediaQuota(bytes_max=23, files_max=100)
    kept = await asyncio.gather(*(sent(cabinet, f"file{n}", ADA, small) for n in range(5)))
    assert sorted(map(bool, kept)) == [False, False, False, True, True]
    few = MediaQuota(bytes_max=1_000, files_max=3)
    kept = await asyncio.gather(*(sent(cabinet, f"other{n}", EVE, few) for n in range(5)))
    assert sorted(map(bool, kept)) == [False, False, True, True, True]
    assert await cabinet.database.read(lambda tx: authored.room(tx, ADA, small)) == 7
    assert await cabinet.database.read(lambda tx: authored.room(tx, EVE, few)) == 0
    page = await cabinet.database.read(lambda tx: actions.own_files(tx, ADA, None, 10))
    assert (page.files, page.used) == ((), 0)  # they are none of the laboratory's


async def test_a_file_of_an_author_goes_when_nothing_names_it(cabinet: Cabinet) -> None:
    for name in ("never", "drafted", "published", "bundled"):
        await sent(cabinet, name)
    bundled = NewUpload(id="b", account_id=None, name="b", mime_type="image/png", bytes=1, digest="0" * 64)
    await cabinet.database.write(lambda tx: actions.record(tx, bundled))
    await cabinet.database.write(lambda tx: authored.name(tx, DRAFT, ["drafted", "published", "b", "nothing"]))
    await cabinet.database.write(lambda tx: authored.name(tx, ARTIFACT, ["published", "bundled"]))
    assert await cabinet.database.read(lambda tx: authored.names(tx, DRAFT)) == {"drafted", "published"}

    async def left() -> list[str]:
        rows = await cabinet.database.read(lambda tx: tx.all("SELECT id FROM uploads ORDER BY id"))
        return [row["id"] for row in rows]

    assert await cabinet.sweeper.sweep() == 0
    cabinet.clock.ahead_ms = 25 * HOUR_MS
    assert await cabinet.sweeper.sweep() == 2  # the file, and its bytes
    assert await left() == ["b", "bundled", "drafted", "published"]
    await cabinet.database.write(lambda tx: authored.forget(tx, DRAFT))
    assert await cabinet.sweeper.sweep() == 2
    assert await left() == ["b", "bundled", "published"]
    assert await cabinet.sweeper.sweep() == 0


async def test_a_file_that_is_being_named_is_not_swept(cabinet: Cabinet) -> None:
    other = Database(cabinet.url, cabinet.clock, TimeOrderedIds(cabinet.clock))
    other.start()
    await sent(cabinet, "wanted")
    await sent(cabinet, "unwanted")
    cabinet.clock.ahead_ms = 25 * HOUR_MS
    named, swept = threading.Event(), threading.Event()

    def use(tx: Tx) -> None:
        authored.name(tx, DRAFT, ["wanted"])
        named.set()
        swept.wait(0.3)  # long enough for the sweep to come upon the file; if it does not, it comes after this

    using = asyncio.create_task(other.write(use))
    assert await asyncio.to_thread(named.wait, 60)
    await cabinet.sweeper.sweep()
    await using
    rows = await cabinet.database.read(lambda tx: tx.all("SELECT id FROM uploads"))
    assert [row["id"] for row in rows] == ["wanted"]
    await other.stop()


async def test_a_blob_that_is_put_again_is_young_again(cabinet: Cabinet) -> None:
    received = await cabinet.intake.keep_bytes("a", b"bytes")
    path = cabinet.folder / "files" / received.digest[:2] / received.digest
    os.utime(path, (1, 1))
    await cabinet.intake.keep_bytes("a", b"bytes")
    assert list(cabinet.blobs.digests(cabinet.clock.now_ms() - SETTLING_MS)) == []
    assert not cabinet.blobs.remove(received.digest, cabinet.clock.now_ms() - SETTLING_MS)
    assert cabinet.blobs.remove(received.digest, cabinet.clock.now_ms() + SETTLING_MS)
    assert not cabinet.blobs.remove(received.digest, cabinet.clock.now_ms() + SETTLING_MS)


def test_what_a_paper_says_about_itself() -> None:
    page = "Ohmic contacts\nA. Author\n2019\nhttps://doi.org/10.1000/xyz(1).\nAbstract: We show it. It works."
    end = EndLine(end="ok", title="Microsoft Word - x.docx", author="A. Author; B. Other and C. Third")
    found = described(end, [page + "\n\n\n1 Introduction\nMore"])
    assert found.title == "Ohmic contacts"
    assert found.authors == ("A. Author", "B. Other", "C. Third")
    assert (found.doi, found.year) == ("10.1000/xyz(1)", 2019)
    assert found.abstract == "We show it. It works."
    chinese = described(EndLine(end="ok"), ["二硫化钼的接触研究进展\n摘要：我们研究退火。\n关键词：退火\n引言"])
    assert (chinese.title, chinese.abstract) == ("二硫化钼的接触研究进展", "我们研究退火。")
    nothing = described(EndLine(end="ok"), ["1 2 3"])
    assert (nothing.title, nothing.doi, nothing.year, nothing.abstract) == (None, None, None, None)
