"""P15, P16, P17: bodies without end, bombs, and files that would like to be pages. The server stays small and inert."""

import asyncio
import os
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from parlour.files.handles import handle_of
from parlour.settings.lab import Arxiv, Lab, LabLimits
from parlour.settings.limits import Limits
from tests.conftest import STORES, make_site
from tests.lab import filing
from tests.lab.filing import keep
from tests.lab.house import LabHouse, Member, new_member, serving_here
from tests.promises.figures import Figure

FILE_BYTES = 300_000
LIMITS = LabLimits(
    upload_bytes_max=FILE_BYTES,
    speech_bytes_max=100_000,
    quota_bytes=2_000_000,
    json_body_bytes_max=100_000,
    text_chars_max=1_000,
    requests_per_second_max=1000,
    requests_burst_max=1000,
)
FORM = {"content-type": "multipart/form-data; boundary=b"}
TEXT = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nhello\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
END = b"\r\n--b--\r\n"
PAGE = b"<script>parent.alert(document.cookie)</script>"


@pytest.fixture(scope="module", params=STORES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHouse]:
    site = make_site(request.param, tmp_path_factory.mktemp("bodies"), request)
    lab = Lab(limits=LIMITS, arxiv=Arxiv(enabled="off"))
    with serving_here(site, lab=lab, limits=Limits(request_seconds_max=5.0)) as made:
        yield made
    site.close()


async def sent(house: LabHouse, member: Member, route: str, body: bytes, **how: Any) -> tuple[int, bytes]:
    """Send a raw request; its status and body, status 0 if the connection was cut without an answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.here.port)
    length, chunked, pause = how.get("length", len(body)), how.get("chunked", False), how.get("pause", 0.002)
    lines = [f"POST /users/{member.user_id}/{route} HTTP/1.1", "host: x", f"authorization: Bearer {member.token}"]
    lines += [f"content-type: {how.get('kind', FORM['content-type'])}", "connection: close"]
    lines.append("transfer-encoding: chunked" if chunked else f"content-length: {length}")
    writer.write("\r\n".join([*lines, "", ""]).encode())
    answer = asyncio.create_task(reader.read())
    try:
        for at in range(0, len(body), 20_000):
            piece = body[at : at + 20_000]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            async with asyncio.timeout(60):
                await writer.drain()
            await asyncio.sleep(pause)
            if answer.done():
                break
        if how.get("ends", True):
            writer.write(b"0\r\n\r\n" if chunked else b"")
        else:
            writer.write_eof()
        async with asyncio.timeout(60):
            whole = await answer
    except (ConnectionError, TimeoutError):
        whole = answer.result() if answer.done() and not answer.exception() else b""
    answer.cancel()
    writer.close()
    head, _, rest = whole.partition(b"\r\n\r\n")
    return (int(head.split()[1]) if head else 0), rest


def parts(count: int) -> bytes:
    return b"".join(b'--b\r\nContent-Disposition: form-data; name="n%d"\r\n\r\nx\r\n' % n for n in range(count))


def remains(house: LabHouse, member: Member) -> tuple[int, int, int]:
    """Half-arrived files, files and messages of a member."""
    incoming = house.parlour.settings.files / "incoming"
    queries = (
        "SELECT count(*) AS n FROM uploads WHERE account_id = :a",
        "SELECT count(*) AS n FROM lab_messages WHERE account_id = :a AND role = 'person'",
    )
    counts = [house.read(lambda tx, sql=sql: tx.all(sql, a=member.account_id)[0]["n"]) for sql in queries]
    growing = [*house.parlour.settings.files.rglob("*.part")]
    return len(growing) + (len([*incoming.iterdir()]) if incoming.exists() else 0), counts[0], counts[1]


def hostile() -> Iterator[tuple[str, str, bytes, dict[str, Any], tuple[int, ...]]]:
    """Name, route, body, how it is sent, and which statuses are right; 0: the connection was cut."""
    huge = os.urandom(5_000_000)
    whole = TEXT + FILE + huge + END
    json = {"kind": "application/json"}
    yield "true length", "chat_with_file", whole, {}, (413,)
    yield "no length", "chat_with_file", whole, {"chunked": True}, (413, 0)
    yield "too long a length", "chat_with_file", TEXT + FILE + huge[:1000] + END, {"length": 10**9}, (413, 0)
    yield "a length not reached", "chat_with_file", TEXT + FILE, {"length": 5000, "ends": False}, (0, 400, 408)
    yield "a length that lies", "chat_with_file", whole, {"length": 2_000}, (400, 413, 0)
    yield "no end", "chat_with_file", TEXT + FILE + b"x" * 1000, {}, (400,)
    yield "no file", "chat_with_file", TEXT[:-2] + END, {}, (422,)
    yield "two files", "chat_with_file", FILE + b"x\r\n" + FILE + b"y" + END, {}, (413,)
    yield "33 parts", "chat_with_file", parts(32) + FILE + b"x" + END, {}, (413,)
    yield "10,000 parts", "chat_with_file", parts(10_000) + FILE + b"x" + END, {}, (413, 0)
    field = TEXT[:-7] + b"x" * 200_000 + b"\r\n"
    yield "a huge field", "chat_with_file", field + FILE + b"x" + END, {}, (413, 422)
    yield "a huge unknown field", "chat_with_file", parts(1)[:-3] + huge + END, {}, (413,)
    yield "a huge header", "chat_with_file", b"--b\r\nX-A: " + b"y" * 200_000 + b"\r\n\r\n" + END, {}, (400, 0)
    yield "many headers", "chat_with_file", b"--b\r\n" + b"X-A: y\r\n" * 20_000 + b"\r\n" + END, {}, (400, 0)
    yield "no boundary", "chat_with_file", b"x" * 100_000, {}, (400, 0)
    yield "line ends", "chat_with_file", b"\r\n" * 50_000, {}, (400, 0)
    yield "after the end", "chat_with_file", FILE + b"x" + END + b"\r\n--b" * 60_000, {}, (200, 400, 413)
    yield "speech", "chat_speech", FILE + huge + END, {"chunked": True}, (413, 0)
    yield "JSON, true length", "chat_text", b'{"text": "' + b"x" * 5_000_000, json, (413,)
    yield "JSON, no length", "chat_text", b'{"text": "' + huge, json | {"chunked": True}, (413, 0)
    yield "form as JSON", "chat_text", TEXT + FILE + b"x" + END, {}, (415,)
    nested = (b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + FILE) * 20
    yield "nested", "chat_with_file", nested, {}, (400, 413)
    yield "slow, no end", "chat_speech", FILE + b"x" * 40_000, {"length": 60_000, "pause": 0.01}, (0, 400, 408)


@pytest.mark.lab("F4")
@pytest.mark.promise("P15")
async def test_bodies_are_bounded_while_they_are_read(house: LabHouse, figure: Figure) -> None:
    ada = house.member()
    tried: list[str] = []
    for name, route, body, how, wanted in hostile():
        before = remains(house, ada)
        status, answer = await sent(house, ada, route, body, **how)
        assert status in wanted, (name, status, answer)
        assert status in (0, 200) or b'"code"' in answer, (name, answer)
        now = remains(house, ada)
        for _ in range(40):
            if now[0] == 0:
                break
            await asyncio.sleep(0.05)
            now = remains(house, ada)
        assert now == ((0, before[1] + 1, before[2] + 1) if status == 200 else (0, *before[1:])), (name, before, now)
        tried.append(name)
    figure("P15", f"{len(tried)} over-long, lying, slow and many-parted bodies: refused while read, 0 remains of any")


def wanted_headers(answer: httpx.Response) -> dict[str, str]:
    names = ("content-type", "content-disposition", "x-content-type-options", "content-security-policy")
    return {name: answer.headers.get(name, "") for name in names}


@pytest.mark.lab("F8", "F6")
@pytest.mark.promise("P17")
async def test_downloads_do_nothing_in_a_browser(house: LabHouse, figure: Figure) -> None:
    ada = house.member()
    pdf = filing.pdf("hello")
    files: dict[str, bytes] = {
        "page.html": b"<!doctype html>" + PAGE,
        "page.htm": b"\n\n  <HTML>" + PAGE,
        "page.xhtml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">' + PAGE + b"</html>",
        "data.xml": b'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><a/>',
        "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "drawing.svgz": zlib.compress(b"<svg/>"),
        "script.js": b"alert(1)",
        "module.mjs": b"alert(1)",
        "style.css": b"@import url(//x)",
        "page.mht": b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n" + PAGE,
        "feed.rss": b"<rss/>",
        "flash.swf": b"CWS\x09" + bytes(50),
        "picture.png": PAGE,
        "picture.jpg": b"\xff\xd8\xff\xe0" + PAGE,
        "real.png": filing.picture("PNG") + PAGE,
        "animation.gif": b"GIF89a" + PAGE,
        "sound.wav": b"RIFF\x24\0\0\0WAVE" + PAGE,
        "paper.pdf": PAGE + pdf,
        "good.pdf": pdf,
        "good.html": pdf,
        "notes.txt": PAGE,
        "wide.txt": "<script>".encode("utf-16") + PAGE,
        "seven.txt": b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "notes.md": b"# x\n" + PAGE,
        "table.csv": b"=cmd|' /C calc'!A0," + PAGE,
        "none": PAGE,
        'a"; filename="b.html': b"x",
        "a\r\nset-cookie: a=b\r\n.txt": b"x",
        "a\u202elmth.txt": b"x",
        "论文.html": PAGE,
    }
    shown = 0
    async with house.http(ada) as http:
        for name, data in files.items():
            file = await asyncio.to_thread(keep, house, ada, name, data)
            url = f"/users/{ada.user_id}/files/{quote(handle_of(file), safe='')}"
            body = {"filepath": handle_of(file)}
            answers = [
                await http.get(url),
                await http.head(url),
                await http.get(url, headers={"range": "bytes=0-3", "accept": "text/html"}),
                await http.post(f"/users/{ada.user_id}/files/bytes", json=body),
            ]
            assert answers[0].content == answers[3].content == data
            for answer in answers:
                assert answer.status_code in (200, 206), (name, answer)
                told = wanted_headers(answer)
                kind = told["content-type"].partition(";")[0]
                assert told["x-content-type-options"] == "nosniff", (name, told)
                assert "set-cookie" not in answer.headers
                assert "\r" not in told["content-disposition"]
                inline = told["content-disposition"].startswith("inline")
                harmless = kind in ("application/pdf", "image/png", "image/jpeg", "text/plain")
                assert inline <= (harmless or kind.startswith("audio/")), (name, told)
                assert not inline or kind != "application/pdf" or data.startswith(b"%PDF-"), (name, told)
                sandboxed = "sandbox" in told["content-security-policy"]
                assert sandboxed or kind == "application/pdf", (name, told)
                if not inline:
                    assert told["content-disposition"].startswith("attachment"), (name, told)
                shown += inline
            wrong = [
                await http.get(url, headers={"if-none-match": answers[0].headers["etag"]}),
                await http.get(url, headers={"range": f"bytes={len(data) + 9}-"}),
            ]
            assert [answer.status_code for answer in wrong] == [304, 416], name
    assert shown
    figure("P17", f"{len(files)} files with pages, scripts and drawings in {4 * len(files)} downloads: all inert")


async def bomb(house_url: str, member: Member, data: bytes, name: str) -> int:
    async with httpx.AsyncClient(base_url=house_url, headers=member.headers, timeout=60) as http:

        async def pieces() -> AsyncIterator[bytes]:
            yield FILE.replace(b"a.txt", name.encode())
            for at in range(0, len(data), 65_536):
                yield data[at : at + 65_536]
            yield END

        path = f"/users/{member.user_id}/chat_with_file"
        return (await http.post(path, content=pieces(), headers=FORM)).status_code


def resident(process: int) -> float:
    """The most memory that a process has had, in MiB."""
    line = next(line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@pytest.mark.lab("F5")
@pytest.mark.promise("P16")
@pytest.mark.parametrize("store", ["sqlite"])
async def test_a_server_stays_small_when_it_is_sent_bombs(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    process = site.start(lab__arxiv__enabled="off", lab__limits__extraction_cpu_seconds_max=3)
    members = [new_member(site) for _ in range(4)]
    await bomb(process.url, members[0], b"warm", "warm.txt")
    await asyncio.sleep(0.5)
    before = resident(process.popen.pid)
    bombs = {
        "entries.docx": filing.entries_bomb(),
        "lies.docx": filing.lying_bomb(),
        "pixels.png": filing.png_bomb(),
        "long.wav": filing.wav_bomb(),
        "zeros.bin": bytes(40_000_000),
        "deep.json": b"[" * 5_000_000,
        "inflates.docx": filing.archive(word__document_xml=b" " * 120_000_000),
    }
    statuses = await asyncio.gather(
        *(bomb(process.url, members[n % 4], data, name) for n, (name, data) in enumerate(bombs.items()))
    )
    assert statuses == [200] * len(bombs)
    async with asyncio.timeout(60):
        for member in members:
            async with httpx.AsyncClient(base_url=process.url, headers=member.headers, timeout=60) as http:
                while True:
                    listed = (await http.get(f"/users/{member.user_id}/files")).json()["files"]
                    if not [each for each in listed if each["text_status"] == "pending"]:
                        break
                    await asyncio.sleep(0.1)
    grown = resident(process.popen.pid) - before
    assert grown < 150, grown
    site.close()
    size = sum(map(len, bombs.values())) / 1e6
    figure("P16", f"{len(bombs)} bombs of {size:.0f} MB at once over HTTP: the server's memory grew by {grown:.0f} MiB")
