"""P30: a story full of marked words. None of them, and no token, is in any log."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.accounts.passwords import hash_password
from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery

MARK = "canary7fQx"
PASSWORD = f"{MARK} password"
USER = f"{MARK.lower()}user"
PROVIDERS = json.dumps([{"name": "gone", "base_url": f"http://127.0.0.1:9/{MARK}", "api_key": f"{MARK}-key"}])


def enrol(site: Site) -> None:
    """Somebody whose name, user id and password are marked."""

    def fill(tx: Tx) -> None:
        hashed = hash_password(PASSWORD)
        made = NewAccount(user_id=USER, name=f"{MARK} Person", role="admin", password_hash=hashed)
        accounts.create_account(tx, made)

    site.write(fill)


async def sign_in_and_fail(url: str) -> str:
    """Right and wrong passwords, broken bodies, strange paths and tokens; the right one's token."""
    async with aiohttp.ClientSession() as http:
        sessions = f"{url}/api/v1/sessions"
        async with http.post(sessions, json={"user_id": USER, "password": PASSWORD}) as answer:
            token = (await answer.json())["token"]
        for body in ({"user_id": USER, "password": f"{MARK} wrong"}, {"user_id": MARK, "password": MARK}, {MARK: MARK}):
            async with http.post(sessions, json=body):
                pass
        async with http.post(sessions, data=f'{{"user_id": "{MARK}'):
            pass
        for path in (f"/{MARK}", f"/api/v1/{MARK}?token={MARK}", f"/socket.io/?EIO=4&transport=polling&sid={MARK}"):
            async with http.get(url + path, headers={"Authorization": f"Bearer {MARK}"}):
                pass
        async with http.delete(f"{sessions}/current", headers={"Authorization": f"Bearer {token}"}):
            pass
        async with http.post(sessions, json={"user_id": USER, "password": PASSWORD}) as answer:
            return (await answer.json())["token"]


async def story(url: str, site: Site) -> None:
    """A practice, with everything that can go wrong in it."""
    practice = next(iter(site.practices.values()))
    async with Client(url, site.tokens["learner"], pid=MARK, offset=MARK, dialect=MARK) as client:
        attempt, chat = await client.start_practice(practice)
        await client.say(attempt, chat, f"My secret is {MARK}.", client_request_id=f"{MARK} {chat}")
        for event, payload in (
            (f"attempt_{MARK}", {}),
            (MARK, {MARK: MARK}),
            ("attempt_message", {"attempt_id": MARK, "chat_id": chat, "message": MARK}),
            ("attempt_message", {"attempt_id": attempt, "chat_id": chat, "message": MARK * 5000}),
            ("attempt_start", {"practice_id": MARK}),
        ):
            await client.refused(event, payload)
        io: Any = client.io
        await io.eio.send(f'2["{MARK}')
        await asyncio.sleep(0.1)
    async with Client(url, site.tokens["learner"]) as client:
        await client.ok("attempt_join", {"chat_id": chat})
        await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        await client.wait_for("attempt_graded", chat_id=chat)


@pytest.mark.promise("P30")
@pytest.mark.parametrize("store", STORES)
async def test_no_message_name_password_or_token_is_in_any_log(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    enrol(site)
    with Nursery(site) as nursery:
        child = nursery.start()
        tokens = [await sign_in_and_fail(child.url), *site.tokens.values()]
        await story(child.url, site)
        child.kill()
        child = nursery.start(providers=PROVIDERS, model="gone:x", grader_model="scripted")
        await story(child.url, site)
        async with aiohttp.ClientSession() as http, http.get(f"{child.url}/metrics") as answer:
            metrics = await answer.text()
        child.kill(15)
        logs = nursery.logs()
    found = [word for word in (MARK, MARK.lower(), *tokens, PASSWORD) if word in logs + metrics]
    assert found == []
    assert any("malformed_traffic" in line or "job_failed" in line for line in logs.splitlines())
    figure(
        "P30",
        f"two stories with marked messages, names, ids, keys and passwords, {len(tokens)} tokens, a model that fails:"
        f" {len(logs.splitlines())} log lines and the metrics, 0 marked words",
    )
