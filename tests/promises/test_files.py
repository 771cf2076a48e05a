"""P14, P15, P16: hostile names, bodies and files. What reads them ends; nothing else notices."""

import random
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from parlour.files import actions
from parlour.files.entities import StoredFile
from parlour.files.extraction.work import ReaderNeed, TextReader
from parlour.files.handles import handle_of
from parlour.kernel.ids import AccountId
from parlour.settings.lab import Lab, LabLimits
from parlour.storage.blobs.folder import FolderBlobs
from tests.conftest import STORES, make_site
from tests.lab import filing
from tests.lab.filing import keep, pdf, word
from tests.lab.house import LabHouse, Member, serving_here
from tests.promises.figures import Figure

SMALL = LabLimits(
    upload_bytes_max=200_000, quota_bytes=400_000, requests_per_second_max=10_000, requests_burst_max=10_000
)
STEPS = ("..", "...", "%2e%2e", "%252e%252e", "..%00", "\u2024\u2024", "．．", "..;", ".", "~", "")
SLASHES = ("/", "\\", "%2f", "%5c", "\u2215", "／", "//", "%c0%af", "/./")
GOALS = (
    "etc/passwd",
    "parlour.sqlite3",
    "proc/self/environ",
    "windows/win.ini",
    "files/incoming",
    "\0",
    "con",
    "x" * 300,
)
opened: list[str] = []


def hear(event: str, arguments: tuple[object, ...]) -> None:
    """Note every file that this process opens."""
    if event == "open" and isinstance(arguments[0], str | bytes) and watching:
        path = arguments[0]
        opened.append(path if isinstance(path, str) else path.decode(errors="replace"))


watching: list[bool] = []


def hostile() -> list[str]:
    """Strings that lead out of a folder wherever they are taken for a path."""
    found = [f"{slash}{goal}" for slash in SLASHES for goal in GOALS]
    found += [
        f"{step}{slash}" * deep + goal for step in STEPS for slash in SLASHES for goal in GOALS[:3] for deep in (1, 6)
    ]
    found += [
        "file:///etc/passwd",
        "C:\\boot.ini",
        "\\\\host\\share",
        "/dev/zero",
        "|id",
        "$(id)",
        "`id`",
        "-rf",
        "a\nb",
        "\ud800",
    ]
    return list(dict.fromkeys(found))


@pytest.fixture(params=STORES)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LabHouse]:
    site = make_site(request.param, tmp_path, request)
    with serving_here(site, lab=Lab(limits=SMALL)) as made:
        yield made
    site.close()


def foreign(house: LabHouse) -> list[str]:
    """Opened files that are neither in the data folder nor the program's own."""
    data = house.parlour.settings.data.resolve()
    own = (str(house.site.folder.resolve()), str(data), sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]))
    harmless = ("/dev/null", "/etc/localtime", "/usr/share/zoneinfo", "/etc/mime.types", "/dev/urandom")
    return [
        path for path in opened if not path.startswith((*own, *harmless)) and path.startswith(("/", "..", "C:", "\\"))
    ]


@pytest.mark.lab("F2")
@pytest.mark.promise("P14")
def test_no_name_and_no_handle_leaves_the_data_folder(house: LabHouse, figure: Figure) -> None:
    member = house.member()
    file = keep(house, member, "real.txt", b"real")
    strings = hostile()
    assert len(strings) >= 500
    outside = {path for path in house.site.folder.rglob("*") if house.parlour.settings.data not in path.parents}
    sys.addaudithook(hear)
    opened.clear()
    watching.append(True)
    statuses: set[int] = set()
    with httpx.Client(base_url=f"{house.url}/users/{member.user_id}/", headers=member.headers, timeout=60) as http:
        for number, text in enumerate(strings):
            for given in (text, f"files/{text}", f"files/{file.id}/{text}"):
                body = b'{"filepath": "%b"}' % given.encode("unicode_escape").replace(b"\\", b"\\\\").replace(
                    b'"', b"'"
                )
                statuses.add(
                    http.post("files/bytes", content=body, headers={"content-type": "application/json"}).status_code
                )
            if number % 4 == 0:
                whole = quote(text.encode("utf-8", "replace"), safe="")
                statuses.add(http.get(f"files/files%2F{file.id}%2F{whole}").status_code)
    stored = [keep(house, member, text, b"named") for text in strings[::6]]
    watching.clear()
    assert statuses == {404}
    assert foreign(house) == []
    now = {path for path in house.site.folder.rglob("*") if house.parlour.settings.data not in path.parents}
    assert {path for path in now - outside if "sqlite" not in path.name} == set()
    for kept in stored:
        assert "/" not in kept.name
        assert "\\" not in kept.name
        assert not kept.name.startswith(".")
        assert 0 < len(kept.name) <= 120
    figure("P14", f"{len(strings)} hostile strings as name and as handle: {len(opened)} files opened, 0 outside")


@pytest.mark.lab("F4", "F9")
@pytest.mark.promise("P15")
def test_what_is_too_large_is_refused_while_it_arrives_and_leaves_nothing(house: LabHouse, figure: Figure) -> None:
    member = house.member()
    files = house.parlour.settings.files
    taken = 0

    def body(size: int) -> bytes:
        head = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n\r\n'
        head += b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
        return head + random.randbytes(size) + b"\r\n--b--\r\n"

    def trickled(whole: bytes) -> Iterator[bytes]:
        nonlocal taken
        taken = 0
        for at in range(0, len(whole), 10_000):
            taken += 10_000
            yield whole[at : at + 10_000]

    kind = {"content-type": "multipart/form-data; boundary=b"}
    with httpx.Client(
        base_url=f"{house.url}/users/{member.user_id}/", headers=member.headers | kind, timeout=60
    ) as http:
        large = body(SMALL.upload_bytes_max + 1)
        for given in (large, trickled(large), trickled(body(5_000_000))):
            answer = http.post("chat_with_file", content=given)
            assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
        fits = body(SMALL.upload_bytes_max - 10)
        codes = [http.post("chat_with_file", content=fits if n == 0 else body(199_000)) for n in range(4)]
        assert [answer.status_code for answer in codes] == [200, 200, 413, 413]
        assert codes[-1].json()["code"] == "quota_exceeded"
    assert list((files / "incoming").iterdir()) == []
    used = house.read(lambda tx: actions.own_files(tx, AccountId(member.account_id), None, 50))
    assert (len(used.files), used.used <= SMALL.quota_bytes) == (2, True)
    figure(
        "P15",
        f"files over {SMALL.upload_bytes_max} bytes with and without a length, and over the quota: 413, 0 remains",
    )


def reader(house: LabHouse, **limits: int) -> TextReader:
    """A reader of texts beside the server's own."""
    settings = house.parlour.settings
    need = ReaderNeed(
        database=house.parlour.database, blobs=FolderBlobs(settings.files), limits=LabLimits.model_validate(limits)
    )
    return TextReader(need)


def read(house: LabHouse, member: Member, name: str, data: bytes, **limits: int) -> StoredFile:
    """Keep a file and read its text."""
    file = keep(house, member, name, data)
    return house.here.run(reader(house, **limits).ensure(file.id))


@pytest.mark.timeout(240)
@pytest.mark.lab("F5", "F6")
@pytest.mark.promise("P16")
@pytest.mark.parametrize("store", ["sqlite"])
def test_bombs_fail_alone_and_good_files_are_read(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    limits = {"extraction_pages_max": 10, "extraction_text_bytes_max": 500_000, "extraction_cpu_seconds_max": 8}
    with serving_here(site, lab=Lab(limits=LabLimits.model_validate(limits))) as house:  # whichever reader is first
        member = house.member()
        failed = {
            "inflates.docx": (filing.docx_bomb(), {"inflated"}),
            "entries.docx": (filing.entries_bomb(), {"entries"}),
            "lies.docx": (filing.lying_bomb(), {"broken"}),
            "inflates.pdf": (filing.pdf_bomb(), {"memory", "died", "time", "text"}),
            "broken.pdf": (b"%PDF-1.7 and nothing", {"broken"}),
            "pages.pdf": (pdf(*["x"] * 12), {"pages"}),
            "long.txt": ("字".encode() * 200_000, {"text"}),
        }
        for name, (data, reasons) in failed.items():
            file = read(house, member, name, data, **limits)
            assert file.text_status == "failed", name
            assert file.text_reason in reasons, (name, file.text_reason)
        inert = {
            "huge.png": filing.png_bomb(),
            "huge.wav": filing.wav_bomb(),
            "none.pdf": b"MZ\x90\0 program",
            "a.zip": filing.archive(a=b"0" * 9_000_000),
        }
        for name, data in inert.items():
            assert read(house, member, name, data).text_status == "none", name
        assert read(house, member, "scan.pdf", pdf("")).text_status == "no_text"
        good = [(f"paper {n}.pdf", pdf(f"Page of paper {n}", "More")) for n in range(10)]
        good += [(f"report {n}.docx", word(f"Report {n}", "退火温度是573 K")) for n in range(10)]
        good += [(f"notes {n}.md", f"# Notes {n}".encode()) for n in range(5)]
        good += [(f"table {n}.csv", f"a,b\n{n},2\n".encode()) for n in range(5)]
        for charset in ("utf-8", "utf-8-sig", "utf-16", "gb18030", "ascii"):
            text = "plain" if charset == "ascii" else "退火温度"
            good += [(f"text {charset} {n}.txt", f"{text} {n}".encode(charset)) for n in range(2)]
        for name, data in good:
            file = read(house, member, name, data)
            assert (file.text_status, file.text_reason) == ("ok", None), name
            with httpx.Client(base_url=house.url, headers=member.headers, timeout=60) as http:
                if name.endswith("0.pdf"):
                    assert http.get(f"/users/{member.user_id}/files/{quote(handle_of(file))}").content == data
    site.close()
    peak = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
    forked = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # a child begins as large as this process
    assert peak < max(600, forked, before / 1024 + 1)
    figure(
        "P16",
        f"{len(failed)} bombs failed, {len(inert)} kept inert, {len(good)} good files read;"
        f" largest child {peak:.0f} MiB",
    )
