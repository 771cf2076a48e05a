"""P30 for the laboratory: a story full of marked words. None of them, and no token, is in any log or metric."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import STORES, make_site
from tests.harness.socket import Client
from tests.lab import filing
from tests.lab.field import FieldClient
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery

MARK = "canary7fQx"
USER = f"{MARK.lower()}user"
PASSWORD = f"{MARK} password"
FAKE = Path(__file__).parents[1] / "fakes" / "mcp_server.py"
MCP = {
    "good": {"command": [sys.executable, str(FAKE), "huge"], "policy": "auto"},
    "lying": {"command": [sys.executable, str(FAKE), "lying"]},
    "bad": {"command": [sys.executable, str(FAKE), "garbage"], "policy": "auto"},
    "dead": {"command": [f"/nowhere/{MARK}"]},
}
PROVIDERS = json.dumps([{"name": "gone", "base_url": f"http://127.0.0.1:9/{MARK}", "api_key": f"{MARK}-key"}])
SAID = (
    f"record that {MARK} is hot",
    f"create experiment named {MARK}",
    f"what did I say about {MARK}",
    f"how to use the {MARK}",
    f"search {MARK} on arxiv",
    "run bad do",
    "run good do",
    f"run bad do {MARK}={MARK}",
    f"summarise {MARK}",
    f"{MARK}😀",
)


async def sign_up(url: str) -> tuple[str, list[str]]:
    """Right and wrong ways to come in; the right token and all others."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        made = (await http.post("/accounts/log-up", json={"user_id": USER, "password": PASSWORD})).json()
        again = (await http.post("/accounts/log-in", json={"user_id": USER, "password": PASSWORD})).json()
        for route in ("log-in", "log-up", "sign-up"):
            for body in (
                {"user_id": USER, "password": f"{MARK} wrong"},
                {"user_id": f"{MARK}/", "password": MARK},
                MARK,
            ):
                await http.post(f"/accounts/{route}", json=body)
            await http.post(f"/accounts/{route}", content=f'{{"user_id": "{MARK}')
        out = {"authorization": f"Bearer {again['token']}"}
        await http.post("/accounts/log-out", headers=out)
        await http.get(f"/users/{USER}/conversation", headers=out)
        await http.get(f"/users/{MARK}/conversation", headers={"authorization": f"Bearer pl_{MARK}"})
        return made["token"], [made["token"], again["token"]]


async def wrong(http: httpx.AsyncClient) -> None:
    """Whatever can be wrong with a request, with marked words in it."""
    at = f"/users/{USER}"
    form = {"content-type": f"multipart/form-data; boundary={MARK}"}
    requests: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("POST", "chat_text", {"json": {"text": MARK * 5_000}}),
        ("POST", "chat_text", {"content": f'{{"text": "{MARK}', "headers": {"content-type": "application/json"}}),
        ("POST", "chat_text", {"json": {"text": MARK, "question_id": MARK}, "headers": {"idempotency-key": MARK}}),
        ("POST", "chat_with_file", {"content": f"--{MARK}\r\n{MARK}: \0{MARK}\r\n".encode(), "headers": form}),
        ("POST", "chat_with_file", {"data": {MARK: MARK}}),
        ("POST", "chat_speech", {"files": {"file": (f"{MARK}.wav", MARK.encode())}}),
        ("GET", f"turns/{MARK}", {}),
        ("GET", f"files/{MARK}/{MARK}", {}),
        ("POST", "files/bytes", {"json": {"filepath": f"files/../{MARK}"}}),
        ("POST", f"questions/{MARK}/assign", {"json": {"to": MARK}}),
        ("POST", "paper_notes/add_note", {"json": {"doi": MARK, "page_label": 1, "chunk_info": MARK, "note": MARK}}),
        ("GET", f"events?since={MARK}:x", {"headers": {"accept": MARK}}),
        ("GET", f"response?after={MARK}&wait={MARK}", {}),
        ("POST", MARK, {"json": {MARK: MARK}}),
    )
    for method, path, given in requests:
        try:
            async with asyncio.timeout(2), http.stream(method, f"{at}/{path}", **given) as answer:
                assert answer.status_code < 500, (path, answer.status_code)
        except TimeoutError:
            continue  # a stream


async def story(url: str, token: str) -> None:
    """Messages, files, questions and answers; tools that fail."""
    headers = {"authorization": f"Bearer {token}"}
    async with (
        FieldClient(url, USER, headers=headers) as client,
        httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as http,
    ):
        files = [
            (f"{MARK}.pdf", filing.pdf(f"The {MARK} was 7 K.")),
            (f"{MARK}.docx", filing.lying_bomb()[:5_000]),
            (f"{MARK}.pdf", b"%PDF-1.4 " + MARK.encode()),
            (f"{MARK}.md", f"# {MARK}".encode()),
        ]
        for name, content in files:
            client.send_file(name, content, f"add this file to my papers {MARK}")
            await through(client)
        for text in SAID:
            client.say(text, enable_comment=text.startswith("run"))
            await through(client)
        await wrong(http)
        async with Client(url, token) as socket:
            await socket.ok("person_join")
            await socket.refused("person_say", {"text": MARK, MARK: MARK, "question_id": MARK})
            await socket.refused("question_answer", {"question_id": MARK, "text": MARK})
            await socket.refused(f"person_{MARK}", {})
        listed = (await http.get(f"/users/{USER}/files")).json()["files"]
        assert len(listed) >= 4
        assert (await http.post(f"/users/{USER}/clear_history", json={"forget": True})).status_code == 200


async def through(client: FieldClient) -> None:
    """Answer what is asked until the turn has ended."""
    reply: dict[str, Any] = await client.next_reply(30)
    for _ in range(12):
        if not reply["inner_chat"]:
            return
        client.say(f"{MARK} name" if reply["question"]["kind"] == "collect" else "yes")
        await asyncio.sleep(0.05)
        reply = await client.next_reply(30)


@pytest.mark.promise("P30")
@pytest.mark.parametrize("store", STORES)
async def test_nothing_that_a_member_says_or_owns_is_in_a_log(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    lab = {"arxiv": {"enabled": "on", "base_url": f"http://127.0.0.1:9/{MARK}"}, "mcp": MCP}
    quick = {"response_hold_ms": 1, "requests_per_second_max": 1000, "requests_burst_max": 1000}
    with Nursery(site) as nursery:
        child = nursery.start(lab=json.dumps({**lab, "limits": quick}))
        token, tokens = await sign_up(child.url)
        await story(child.url, token)
        child.kill()
        child = nursery.start(lab=json.dumps({**lab, "limits": quick, "model": "gone:x"}), providers=PROVIDERS)
        async with FieldClient(child.url, USER, headers={"authorization": f"Bearer {token}"}) as client:
            assert (await client.ask(MARK, 40))["error"].startswith("model_unavailable")
        async with httpx.AsyncClient(timeout=60) as http:
            metrics = (await http.get(f"{child.url}/metrics")).text
        child.kill(15)
        logs = nursery.logs()
    secret = (MARK, MARK.lower(), *tokens, PASSWORD)
    found = [line for line in (logs + metrics).splitlines() if any(word in line for word in secret)]
    assert found == []
    figure(
        "P30",
        f"laboratory: two stories with marked messages, names, files, notes, keys and passwords, tools and a model that"
        f" fail: {len(logs.splitlines())} log lines and the metrics, 0 marked words",
    )
