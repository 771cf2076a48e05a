"""The six message routes over HTTP (lab protocol 2.3, 2.4, 3): bodies in every form, headers, refusals."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from parlour.settings.lab import Lab, LabLimits
from tests.harness.site import Site
from tests.lab.house import LabHouse, Member, serving_here

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
WAV = (
    b"RIFF"
    + (36).to_bytes(4, "little")
    + b"WAVEfmt "
    + bytes([16, 0, 0, 0, 1, 0, 1, 0])
    + (16_000).to_bytes(4, "little")
    + (32_000).to_bytes(4, "little")
    + bytes([2, 0, 16, 0])
    + b"data"
    + bytes(4)
)
FLAGS = ("reply_in_speech", "enable_instruct", "enable_comment")
TEXT_ROUTES = ("chat_text", "inner_chat_text")
FILE_ROUTES = ("chat_with_file", "inner_chat_with_file")
SPEECH_ROUTES = ("chat_speech", "inner_chat_speech")
TRUE = (True, 1, "true", "TRUE", "1", "on", "Yes", "yes")
FALSE = (False, 0, "false", "False", "0", "off", "No", "no")


@pytest.fixture
def small(own_lab: Site) -> Iterator[LabHouse]:
    """A server with little room."""
    limits = LabLimits(upload_bytes_max=100_000, speech_bytes_max=50_000, quota_bytes=250_000)
    with serving_here(own_lab, lab=Lab(limits=limits)) as house:
        yield house


SLOW = """
turns:
  - match: slow
    repeat: true
    steps:
      - answer: At last.
        delay: 30
"""


def path(member: Member, route: str) -> str:
    return f"/users/{quote(member.user_id, safe='')}/{route}"


def flags_of(house: LabHouse, message_id: str) -> dict[str, Any]:
    columns = ", ".join(FLAGS)
    row = house.read(lambda tx: tx.one(f"SELECT {columns} FROM lab_messages WHERE id = :id", id=message_id))  # noqa: S608
    return {name: row[name] for name in FLAGS}


def count(house: LabHouse, member: Member) -> int:
    sql = "SELECT count(*) AS n FROM lab_messages WHERE account_id = :id AND role = 'person'"
    return house.read(lambda tx: tx.one(sql, id=member.account_id))["n"]


async def accepted(http: httpx.AsyncClient, member: Member, route: str, **body: Any) -> httpx.Response:
    answer = await http.post(path(member, route), **body)
    assert answer.status_code == 200, answer.text
    assert answer.content == b"null"
    assert answer.headers["x-message-effect"] in ("started", "queued")
    turn = await http.get(answer.headers["location"])
    assert turn.status_code == 200, turn.text
    assert turn.json()["started_by"] == answer.headers["x-message-id"]
    listed = (await http.get(path(member, "messages"))).json()["messages"]
    assert answer.headers["x-message-id"] in [message["message_id"] for message in listed]
    return answer


async def code(http: httpx.AsyncClient, member: Member, route: str, status: int, **body: Any) -> str:
    answer = await http.post(path(member, route), **body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["code"]


@pytest.mark.lab("B1")
@pytest.mark.parametrize("route", TEXT_ROUTES)
async def test_text_with_the_fields_of_the_page_and_with_all(lab: LabHouse, route: str) -> None:
    ada = lab.member("李 雷" if route == "chat_text" else None)
    async with lab.http(ada) as http:
        flags = dict.fromkeys(FLAGS, False)
        answer = await accepted(http, ada, route, json={"text": "hello", **flags})
        assert answer.headers["location"].startswith(f"/users/{quote(ada.user_id, safe='')}/turns/")
        await accepted(http, ada, route, json={"text": "again", **flags, "question_id": None, "other": {"x": [1]}})
        await accepted(http, ada, route, json={"text": "third"})


@pytest.mark.lab("B1")
@pytest.mark.parametrize("route", [*FILE_ROUTES, *SPEECH_ROUTES])
async def test_forms_with_the_fields_of_the_page_and_with_all(lab: LabHouse, route: str) -> None:
    ada = lab.member()
    content = WAV if "speech" in route else PDF
    page = {} if "speech" in route else {"file_name": "论文.pdf", "text": "look", "reply_in_speech": "false"}
    full = {**page, **dict.fromkeys(FLAGS, "true"), "file_suffix": ".mp3", "question_id": "", "other": "x"}
    async with lab.http(ada) as http:
        first = await accepted(http, ada, route, data=page, files={"file": ("part-name.bin", content)})
        second = await accepted(http, ada, route, data=full, files={"file": content})
        said = {each["message_id"]: each for each in (await http.get(path(ada, "messages"))).json()["messages"]}
        one, two = said[first.headers["x-message-id"]], said[second.headers["x-message-id"]]
        assert list(one["files"].values()) == [len(content)]
        assert one["kind"] == ("speech" if "speech" in route else "file")
        if "speech" in route:
            assert one["speech"].endswith("/speech.wav")
        else:
            assert next(iter(one["files"])).endswith("/论文.pdf")
            assert (one["text"], two["text"]) == ("look", "look")
        assert flags_of(lab, second.headers["x-message-id"]) == dict.fromkeys(FLAGS, 1)


@pytest.mark.lab("B9")
async def test_booleans_in_every_form(lab: LabHouse) -> None:
    ada = lab.member()
    async with lab.http(ada) as http:
        for given, stored in [*((each, 1) for each in TRUE), *((each, 0) for each in FALSE)]:
            body = {"text": "hello", **dict.fromkeys(FLAGS, given)}
            answer = await http.post(path(ada, "chat_text"), json=body)
            if answer.status_code == 429:
                await http.post(path(ada, "clear_history"))
                answer = await http.post(path(ada, "chat_text"), json=body)
            assert answer.status_code == 200, (given, answer.text)
            assert flags_of(lab, answer.headers["x-message-id"]) == dict.fromkeys(FLAGS, stored), given
            if not isinstance(given, str):
                continue
            answer = await http.post(
                path(ada, "chat_with_file"), data=dict.fromkeys(FLAGS, given), files={"file": b"words"}
            )
            assert answer.status_code == 200, (given, answer.text)
            assert flags_of(lab, answer.headers["x-message-id"]) == dict.fromkeys(FLAGS, stored), given
            await http.post(path(ada, "clear_history"))
        assert await code(http, ada, "chat_text", 422, json={"text": "x", "enable_comment": "perhaps"}) == "validation"


def form(*parts: tuple[str, bytes], boundary: str = "x-b") -> tuple[bytes, dict[str, str]]:
    """A body made by hand: header lines and bytes of each part."""
    lines = [b"--" + boundary.encode() + b"\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n" for head, body in parts]
    content = b"".join(lines) + b"--" + boundary.encode() + b"--\r\n"
    return content, {"content-type": f'multipart/form-data; boundary="{boundary}"'}


@pytest.mark.lab("B9")
async def test_parts_come_in_any_order_and_the_file_may_look_like_a_form(lab: LabHouse) -> None:
    ada = lab.member()
    nested, _ = form(('Content-Disposition: form-data; name="text"', b"inside"), boundary="inner")
    text = ('Content-Disposition: form-data; name="text"', "看这个".encode())
    labelled = 'Content-Disposition: form-data; name="file"\r\nContent-Type: multipart/form-data; boundary=inner'
    named = 'Content-Disposition: form-data; name="file"; filename="x"; filename*=utf-8\'\'%E8%AE%BA%E6%96%87.txt'
    plain = 'Content-Disposition: form-data; name="file"; filename="论文.txt"\r\nContent-Type: application/octet-stream'
    latin = ('Content-Disposition: form-data; name="file_name"\r\nContent-Type: text/plain', "naïve.txt".encode())
    for parts, name in (
        (((labelled, nested), text), "upload"),
        ((text, (labelled, nested)), "upload"),
        (((named, nested), text), "论文.txt"),
        (((plain, nested), text), "论文.txt"),
        ((text, (plain, nested), latin), "naïve.txt"),
    ):
        content, headers = form(*parts)
        async with lab.http(ada) as http:
            answer = await http.post(path(ada, "chat_with_file"), content=content, headers=headers)
            assert answer.status_code == 200, answer.text
            listed = (await http.get(path(ada, "messages"))).json()["messages"]
            said = next(each for each in listed if each["message_id"] == answer.headers["x-message-id"])
            assert said["text"] == "看这个"
            (handle,) = said["files"]
            assert said["files"][handle] == len(nested)
            assert handle.rpartition("/")[2] == name
            await http.post(path(ada, "clear_history"), json={"forget": True})


async def test_a_body_that_is_no_form_is_refused(lab: LabHouse) -> None:
    ada = lab.member()
    file = ('Content-Disposition: form-data; name="file"', b"x")
    good, headers = form(file)
    broken = 'Content-Disposition: form-data; name="text"'
    many, many_headers = form(*[('Content-Disposition: form-data; name="n"', b"1")] * 32, file)
    twice, twice_headers = form(file, file)
    latin, latin_headers = form((broken, b"\xff\xfe"), file)
    none, none_headers = form((broken, b"words"))
    async with lab.http(ada) as http:
        bare = {"content-type": "multipart/form-data"}
        cases: tuple[tuple[int, str, dict[str, Any]], ...] = (
            (400, "bad_request", {"content": good[:-10], "headers": headers}),
            (400, "bad_request", {"content": b"nothing", "headers": headers}),
            (400, "bad_request", {"content": good, "headers": bare}),
            (415, "type_unsupported", {"json": {"text": "x"}}),
            (413, "body_too_large", {"content": many, "headers": many_headers}),
            (413, "body_too_large", {"content": twice, "headers": twice_headers}),
            (422, "validation", {"content": latin, "headers": latin_headers}),
            (422, "file_missing", {"content": none, "headers": none_headers}),
        )
        for status, problem, body in cases:
            answer = await http.post(path(ada, "chat_with_file"), **body)
            assert (answer.status_code, answer.json()["code"]) == (status, problem)
        assert await code(http, ada, "chat_speech", 415, files={"file": b"no sound"}) == "type_unsupported"
        assert count(lab, ada) == 0


@pytest.mark.lab("B10")
async def test_texts_that_are_refused(lab: LabHouse) -> None:
    ada = lab.member()
    async with lab.http(ada) as http:
        for route in TEXT_ROUTES:
            assert await code(http, ada, route, 422, json={"text": " "}) == "text_empty"
            assert await code(http, ada, route, 422, json={"text": "x" * 32_001}) == "text_too_long"
            assert await code(http, ada, route, 422, json={}) == "validation"
            assert await code(http, ada, route, 422, json={"text": 5}) == "validation"
            assert await code(http, ada, route, 422, json=["text"]) == "validation"
            assert await code(http, ada, route, 422, json={"text": "a\0b"}) == "validation"
            assert await code(http, ada, route, 409, json={"text": "x", "question_id": "q"}) == "question_closed"
            json_type = {"content-type": "application/json"}
            assert await code(http, ada, route, 400, content=b"{", headers=json_type) == "bad_request"
            assert await code(http, ada, route, 400, content=b"[" * 33 + b"]" * 33, headers=json_type) == "bad_request"
            half = rb'{"text": "\ud800"}'
            assert await code(http, ada, route, 400, content=half, headers=json_type) == "bad_request"
            wrong = {"content-type": "application/json; charset=latin-1"}
            assert await code(http, ada, route, 415, content=b'{"text": "x"}', headers=wrong) == "type_unsupported"
            assert await code(http, ada, route, 415, data={"text": "x"}) == "type_unsupported"
        assert count(lab, ada) == 0
        utf8 = {"content-type": "application/json; charset=UTF-8"}
        answer = await http.post(path(ada, "chat_text"), content='{"text": "你好"}'.encode(), headers=utf8)
        assert answer.status_code == 200


@pytest.mark.lab("F4")
async def test_files_over_a_limit_are_refused_and_leave_nothing(small: LabHouse) -> None:
    ada = small.member()
    folder = small.site.folder / "data"

    async def trickle(size: int) -> Any:
        yield b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
        for _ in range(size // 10_000):
            yield b"x" * 10_000
        yield b"\r\n--b--\r\n"

    async with small.http(ada) as http:
        assert await code(http, ada, "chat_with_file", 413, files={"file": b"x" * 100_001}) == "file_too_large"
        headers = {"content-type": "multipart/form-data; boundary=b"}
        unknown = await code(http, ada, "chat_with_file", 413, content=trickle(200_000), headers=headers)
        assert unknown == "file_too_large"
        assert await code(http, ada, "chat_speech", 413, files={"file": WAV + b"x" * 50_000}) == "file_too_large"
        for n in range(2):
            answer = await http.post(path(ada, "chat_with_file"), files={"file": bytes([n]) * 100_000})
            assert answer.status_code == 200
        assert await code(http, ada, "chat_with_file", 413, files={"file": b"y" * 100_000}) == "quota_exceeded"
        assert count(small, ada) == 2
        assert list(folder.rglob("*.part")) == []


@pytest.mark.lab("B8")
async def test_a_key_makes_a_message_happen_once(lab: LabHouse) -> None:
    ada = lab.member()
    async with lab.http(ada) as http:
        key = {"idempotency-key": "k1"}
        first = await http.post(path(ada, "chat_text"), json={"text": "once"}, headers=key)
        again = await asyncio.gather(
            *(http.post(path(ada, "chat_text"), json={"text": "once", "x": n}, headers=key) for n in range(3))
        )
        for each in again:
            assert each.status_code == 200
            assert each.headers["idempotency-replayed"] == "true"
            for name in ("location", "x-message-id", "x-message-effect"):
                assert each.headers[name] == first.headers[name]
        assert "idempotency-replayed" not in first.headers
        assert await code(http, ada, "chat_text", 409, json={"text": "twice"}, headers=key) == "idempotency_conflict"
        other = await http.post(path(ada, "inner_chat_text"), json={"text": "once"}, headers=key)
        assert other.headers["x-message-id"] != first.headers["x-message-id"]
        files = [await http.post(path(ada, "chat_with_file"), files={"file": b"same"}, headers=key) for _ in range(2)]
        assert files[0].headers["x-message-id"] == files[1].headers["x-message-id"]
        changed = await code(http, ada, "chat_with_file", 409, files={"file": b"else"}, headers=key)
        assert changed == "idempotency_conflict"
        assert await code(http, ada, "chat_text", 422, json={"text": "x"}, headers={"idempotency-key": "a b"}) == (
            "validation"
        )
        assert count(lab, ada) == 3


@pytest.mark.lab("B11")
async def test_a_client_in_the_field_finds_its_refusal_in_the_mailbox(trusting: LabHouse) -> None:
    ada = trusting.member()
    async with trusting.http() as http:
        assert (await http.post(path(ada, "chat_text"), json={"text": ""})).status_code == 422
        assert (await http.post(path(ada, "chat_speech"), files={"file": b"noise"})).status_code == 415
        assert (await http.post(path(ada, "chat_text"), content=b"{")).status_code in (400, 415)
    async with trusting.http(ada) as http:
        listed = (await http.get(path(ada, "messages"))).json()["messages"]
        assert [each["error"].partition(":")[0] for each in listed] == [
            "text_empty",
            "type_unsupported",
            "type_unsupported",
        ]
        assert {each["kind"] for each in listed} == {"final"}
        assert (await http.post(path(ada, "chat_text"), json={"text": ""})).status_code == 422
        assert len((await http.get(path(ada, "messages"))).json()["messages"]) == 3


async def test_before_any_words_the_language_is_what_the_request_accepts(trusting: LabHouse) -> None:
    ada = trusting.member()
    async with trusting.http(headers={"accept-language": "zh-CN,zh;q=0.9"}) as http:
        refusal = await http.post(path(ada, "chat_text"), json={"text": ""})
        assert refusal.json()["title"] == "文字为空"
        listed = await http.get(path(ada, "messages"))
        assert "文字为空" in listed.json()["messages"][0]["text"]


async def test_a_message_of_an_admin_keeps_its_author(lab: LabHouse) -> None:
    ada, operator = lab.member(), lab.member(role="admin")
    async with lab.http(operator) as http:
        answer = await http.post(path(ada, "chat_text"), json={"text": "for ada"})
        assert answer.status_code == 200
        assert answer.headers["location"].startswith(path(ada, "turns/"))
        said = (await http.get(path(ada, "messages"))).json()["messages"][0]
        assert said["author_id"] == operator.user_id


@pytest.mark.lab("B2")
async def test_every_post_is_answered_at_once_while_the_model_is_slow(own_lab: Site, tmp_path: Path) -> None:
    script = tmp_path / "slow.yaml"
    script.write_text(SLOW, encoding="utf-8")
    bodies: dict[str, dict[str, Any]] = {
        **{route: {"json": {"text": "slow"}} for route in TEXT_ROUTES},
        **{route: {"data": {"text": "slow"}, "files": {"file": PDF}} for route in FILE_ROUTES},
        **{route: {"files": {"file": WAV}} for route in SPEECH_ROUTES},
    }
    with serving_here(own_lab, lab=Lab(script=script)) as house:
        ada = house.member()
        async with house.http(ada) as http:
            assert (await http.post(path(ada, "chat_text"), json={"text": "slow"})).status_code == 200
            for route, body in bodies.items():
                async with asyncio.timeout(60):
                    answer = await http.post(path(ada, route), **body)
                assert (answer.status_code, answer.headers["x-message-effect"]) == (200, "queued")
            async with asyncio.timeout(60):
                stopped = await http.post(path(ada, "cancel"), json={"queue": True})
            assert stopped.json()["state"] == "IDLE"
            assert len(stopped.json()["cancelled"]) == 7
