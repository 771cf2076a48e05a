"""Files over HTTP (lab protocol 9.6 to 9.9): the same bytes by every way, and nothing of others."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from parlour.files import actions
from parlour.files.handles import handle_of
from parlour.files.search import index
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from tests.lab.filing import keep, pdf, picture
from tests.lab.house import LabHouse, Member

DATA = pdf("Contacts to MoS2. The annealing took 573 K.", "Second page.")


@pytest.fixture(scope="module")
def ada(lab: LabHouse) -> Member:
    return lab.member()


@pytest.fixture(scope="module")
def eve(lab: LabHouse) -> Member:
    return lab.member()


@pytest.fixture
def http(lab: LabHouse, ada: Member) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{lab.url}/users/{ada.user_id}/", headers=ada.headers, timeout=60) as client:
        yield client


@pytest.fixture
def stranger(lab: LabHouse, eve: Member) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{lab.url}/users/{eve.user_id}/", headers=eve.headers, timeout=60) as client:
        yield client


@pytest.mark.lab("F1")
def test_the_bytes_are_the_same_by_every_way(lab: LabHouse, ada: Member, http: httpx.Client) -> None:
    file = keep(lab, ada, "论文 Contacts to MoS2.pdf", DATA)
    handle = handle_of(file)
    digest = hashlib.sha256(DATA).hexdigest()
    answers = [
        http.post("files/bytes", json={"filepath": handle, "more": 1}),
        http.get(f"files/{quote(handle, safe='')}"),
        http.get(f"files/{quote(handle)}"),
        http.get(f"files/{quote(handle.removeprefix('files/'))}"),
    ]
    for answer in answers:
        assert (answer.status_code, answer.content) == (200, DATA)
        headers = answer.headers
        assert headers["content-type"] == "application/pdf"
        assert headers["content-length"] == str(len(DATA))
        assert headers["etag"] == f'"{digest}"'
        assert headers["accept-ranges"] == "bytes"
        assert headers["cache-control"] == "private, no-cache"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["last-modified"].endswith("GMT")
        assert headers["content-disposition"].startswith("inline; ")
        assert quote("论文 Contacts to MoS2.pdf") in headers["content-disposition"]
        assert "content-security-policy" not in headers or "sandbox" not in headers["content-security-policy"]
    path = f"files/{quote(handle)}"
    head = http.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(DATA)))
    part = http.get(path, headers={"range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, b"%PDF-")
    assert part.headers["content-range"] == f"bytes 0-4/{len(DATA)}"
    assert http.post("files/bytes", json={"filepath": handle}, headers={"range": "bytes=-3"}).content == DATA[-3:]
    assert http.get(path, headers={"if-none-match": f'"{digest}"'}).status_code == 304
    beyond = http.get(path, headers={"range": f"bytes={len(DATA)}-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range")
    assert beyond.headers["content-range"] == f"bytes */{len(DATA)}"


@pytest.mark.lab("F3")
def test_foreign_missing_and_malformed_are_one_and_the_same(
    lab: LabHouse, ada: Member, eve: Member, http: httpx.Client, stranger: httpx.Client
) -> None:
    file = keep(lab, ada, "secret.txt", b"canary7fQx")
    handle = handle_of(file)
    wrong = [
        handle,
        f"files/{file.id}/other.txt",
        "files/k7q2/x",
        f"files/{'A' * 22}/secret.txt",
        "/etc/passwd",
        "",
        "bytes",
    ]
    answers = [stranger.post("files/bytes", json={"filepath": each}) for each in wrong]
    answers += [stranger.get(f"files/{quote(each, safe='')}") for each in wrong if each]
    answers += [stranger.get("files/bytes"), stranger.delete(f"files/{quote(handle)}")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert answers[0].json()["code"] == "not_found"
    assert len({tuple(key for key in answer.headers) for answer in answers}) == 1
    assert stranger.get("files").json()["files"] == []
    assert http.get(f"files/{quote(handle)}").content == b"canary7fQx"
    assert http.post("files/bytes", json={}).json()["code"] == "validation"
    assert http.post("files/bytes", json={"filepath": 7}).status_code == 422


@pytest.mark.lab("F3")
def test_shared_files_and_those_of_the_lab_are_everybodys_and_an_admin_reads_all(
    lab: LabHouse, ada: Member, eve: Member, stranger: httpx.Client
) -> None:
    paper = keep(lab, None, "shared.pdf", DATA, "paper", shared=True)
    own = keep(lab, ada, "private.txt", b"mine")
    assert stranger.get(f"files/{quote(handle_of(paper))}").content == DATA
    assert stranger.delete(f"files/{quote(handle_of(paper))}").status_code == 404
    assert stranger.get(f"files/{quote(handle_of(own))}").status_code == 404
    lab.write(lambda tx: actions.share(tx, own.id))
    assert stranger.get(f"files/{quote(handle_of(own))}").content == b"mine"
    other = keep(lab, ada, "other.txt", b"ours")
    assert stranger.get(f"files/{quote(handle_of(other))}").status_code == 404
    admin = lab.member(role="admin")
    with httpx.Client(base_url=lab.url, headers=admin.headers, timeout=60) as client:
        for user_id in (ada.user_id, admin.user_id, eve.user_id):
            assert client.get(f"/users/{user_id}/files/{quote(handle_of(other))}").content == b"ours"


@pytest.mark.lab("F7")
def test_different_files_with_one_name_get_distinct_names(lab: LabHouse, ada: Member, eve: Member) -> None:
    names = [keep(lab, ada, "数据.csv", data).name for data in (b"a,b", b"a,c", b"a,b", b"a,d")]
    assert names == ["数据.csv", "数据 (2).csv", "数据.csv", "数据 (3).csv"]
    assert keep(lab, eve, "数据.csv", b"x").name == "数据.csv"


@pytest.mark.lab("F8")
@pytest.mark.promise("P17")
def test_what_a_browser_would_run_comes_as_an_inert_attachment(
    lab: LabHouse, ada: Member, http: httpx.Client, figure
) -> None:
    script = b"<script>alert(1)</script>"
    active = {
        "page.html": b"<!doctype html>" + script,
        "page.txt": b" <html><body>" + script,
        "drawing.svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        "drawing.png": b"<svg onload='x()'/>",
        "code.js": b"alert(1)",
        "data.xml": b"<a/>",
        "bundle.zip": b"PK\x03\x04" + bytes(100),
        "notes.md": b"# [x](javascript:alert(1))",
        "noise.bin": bytes(range(256)),
    }
    for name, data in active.items():
        answer = http.get(f"files/{quote(handle_of(keep(lab, ada, name, data)))}")
        assert answer.content == data
        assert answer.headers["content-disposition"].startswith("attachment; "), name
    shown = {"a.png": picture("PNG"), "a.jpg": picture("JPEG"), "a.txt": b"plain", "a.wav": b"RIFF\0\0\0\0WAVEfmt "}
    for name, data in shown.items():
        answer = http.get(f"files/{quote(handle_of(keep(lab, ada, name, data)))}")
        assert answer.headers["content-disposition"].startswith("inline; "), name
    for name, data in (active | shown).items():
        answer = http.get(f"files/{quote(handle_of(keep(lab, ada, name, data)))}")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    figure("P17", f"{len(active)} active files in every disguise: all attachments, sandboxed, not sniffed")


@pytest.mark.lab("F9")
def test_the_list_pages_through_own_files_and_tells_the_quota(lab: LabHouse) -> None:
    member = lab.member()
    kept = [keep(lab, member, f"file {n}.txt", b"x" * n) for n in range(1, 6)]
    with httpx.Client(base_url=f"{lab.url}/users/{member.user_id}/", headers=member.headers, timeout=60) as client:
        found, after, page = [], None, {}
        for _ in range(10):
            page = client.get("files", params={"limit": 2} | ({"after": after} if after else {})).json()
            found += page["files"]
            after = page["next"]
            if after is None:
                break
        assert {file["handle"] for file in found} == {handle_of(file) for file in kept}
        assert len(found) == len(kept)
        assert page["quota"] == {"used": 15, "max": 2 * 1024**3}
        assert found[0].keys() == {"handle", "name", "size", "type", "sha256", "origin", "text_status", "created_at"}
        assert client.get("files", params={"after": "unknown"}).json()["files"] == []
        for wrong in ({"limit": 0}, {"limit": 201}, {"limit": "x"}):
            assert client.get("files", params=wrong).json()["code"] == "validation"


@pytest.mark.lab("F9")
def test_a_deleted_file_is_gone_with_its_text_and_one_in_use_stays(
    lab: LabHouse, ada: Member, http: httpx.Client
) -> None:
    file = keep(lab, ada, "gone.pdf", DATA)
    path = f"files/{quote(handle_of(file))}"

    def attach(tx: Tx) -> None:
        tx.run("INSERT INTO log_files (entry_id, upload_id) VALUES ('entry', :id)", id=file.id)

    lab.write(attach)
    refused = http.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "file_in_use")
    lab.write(lambda tx: tx.run("DELETE FROM log_files WHERE upload_id = :id", id=file.id))
    assert http.get(path).status_code == 200
    gone = http.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert http.get(path).status_code == 404
    assert http.delete(path).status_code == 404
    assert lab.read(lambda tx: index.texts(tx, "file", file.id)) == []
    assert file.id not in {listed["handle"].split("/")[1] for listed in http.get("files").json()["files"]}


def test_the_quota_counts_what_is_kept(lab: LabHouse) -> None:
    member = lab.member()
    keep(lab, member, "a.txt", b"x" * 60)
    account_id = AccountId(member.account_id)
    assert lab.read(lambda tx: actions.room_left(tx, account_id, 100)) == 40


def test_blobs_stand_under_names_of_the_server(lab: LabHouse, ada: Member) -> None:
    keep(lab, ada, "../../outside.txt", b"inside")
    data: Path = lab.parlour.settings.data
    assert not list(data.parent.rglob("*outside*"))
