"""Section A of the conformance cases through the public edge: registering, signing in and out."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from parlour.accounts import actions as accounts
from parlour.kernel.ids import digest_of
from parlour.settings.lab import Lab
from parlour.storage.tx import Tx
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.lab.house import PASSWORD, LabHouse, serving_here, sign_up

NOBODY = {"user_id": None}


@pytest.fixture
def client(lab: LabHouse) -> Iterator[httpx.Client]:
    """A client that keeps no cookies of others, and is not braked by their failures."""
    lab.parlour.throttle._names._tries.clear()
    lab.parlour.throttle._networks._tries.clear()
    with httpx.Client(base_url=lab.url, timeout=60) as made:
        yield made


def enter(client: httpx.Client, way: str, user_id: object, password: object = PASSWORD) -> httpx.Response:
    client.cookies.clear()
    return client.post(f"/accounts/{way}", json={"user_id": user_id, "password": password})


def assert_signed_in(answer: httpx.Response, user_id: str, *, created: bool) -> str:
    """The credential in all three ways; the token."""
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told == {"user_id": user_id, "token": told["token"], "created": created}
    assert re.fullmatch(r"pl_[A-Za-z0-9_-]{43}", told["token"])
    assert answer.headers["authorization"] == f"Bearer {told['token']}"
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert cookie == f"parlour_session={told['token']}"
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(attributes)
    assert "Secure" not in attributes
    return told["token"]


def assert_nobody(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()) == (200, NOBODY)
    assert "set-cookie" not in answer.headers
    assert "authorization" not in answer.headers


@pytest.mark.lab("A1", "A2")
def test_log_up_registers_and_signs_in(client: httpx.Client) -> None:
    first = assert_signed_in(enter(client, "log-up", "ada"), "ada", created=True)
    again = assert_signed_in(enter(client, "log-up", "ada"), "ada", created=False)
    assert first != again
    assert_nobody(enter(client, "log-up", "ada", "wrong one"))
    for token in (first, again):
        assert client.get("/api/v1/attempts", headers={"authorization": f"Bearer {token}"}).status_code == 200
    answer = enter(client, "log-up", "ada")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]


@pytest.mark.lab("A3")
def test_every_failed_sign_in_looks_the_same(lab: LabHouse, client: httpx.Client) -> None:
    gone, here = lab.member("gone"), lab.member("here")
    assert_signed_in(enter(client, "log-in", "gone"), "gone", created=False)
    lab.write(lambda tx: accounts.deactivate(tx, gone.account_id))
    failures = [
        enter(client, "log-in", "nobody"),
        enter(client, "log-in", here.user_id, "wrong one"),
        enter(client, "log-in", "gone"),
        enter(client, "log-in", ".."),
        enter(client, "log-in", "a\0b"),
        enter(client, "log-in", here.user_id, ""),
        enter(client, "log-up", "gone"),
    ]
    for answer in failures:
        assert_nobody(answer)
    assert len({answer.content for answer in failures}) == 1
    assert lab.read(lambda tx: accounts.account_by_user_id(tx, "nobody")) is None


@pytest.mark.lab("A4")
def test_sign_up_never_changes_an_account(lab: LabHouse, client: httpx.Client) -> None:
    assert_signed_in(enter(client, "sign-up", "Grace"), "Grace", created=True)
    for user_id, password in (("Grace", "another one"), ("GRACE", PASSWORD), ("ｇｒａｃｅ", "third time")):
        answer = enter(client, "sign-up", user_id, password)
        assert answer.status_code == 409, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert (told["code"], told["type"], told["title"]) == (
            "account_taken",
            "urn:parlour:problem:account_taken",
            "This name is taken",
        )
        assert "set-cookie" not in answer.headers
    assert_nobody(enter(client, "log-in", "Grace", "another one"))
    assert_signed_in(enter(client, "log-in", "ＧＲＡＣＥ"), "Grace", created=False)
    assert enter(client, "sign-up", "../x").json()["code"] == "id_invalid"
    assert enter(client, "sign-up", "linda", "").json()["code"] == "password_invalid"
    assert enter(client, "sign-up", "linda", "x" * 257).json()["code"] == "password_invalid"
    assert_signed_in(enter(client, "sign-up", "linda", "x"), "linda", created=True)


@pytest.mark.lab("A5")
@pytest.mark.parametrize("user_id", ["", ".", "..", "a/b", "a?b", "x" * 65, " ada", "ada ", "a\tb", "a\u200bb"])
def test_an_id_that_cannot_be_is_refused(client: httpx.Client, user_id: str) -> None:
    assert_nobody(enter(client, "log-up", user_id))
    answer = enter(client, "sign-up", user_id)
    assert (answer.status_code, answer.json()["code"]) == (422, "id_invalid")


@pytest.mark.lab("A5")
@pytest.mark.parametrize("user_id", ["李雷", "ada lovelace", "Zoë", "नेहा", "o.b-c_d@lab", "x" * 64])
def test_ids_of_any_script_are_taken_and_used_in_paths(trusting: LabHouse, user_id: str) -> None:
    asyncio.run(sign_up(trusting.url, user_id))
    for form in (user_id, user_id.upper()):
        found = trusting.read(lambda tx, form=form: accounts.account_by_user_id(tx, form))
        assert found.user_id == user_id, quote(form)


def test_an_id_is_kept_composed_and_found_however_it_is_written(client: httpx.Client) -> None:
    assert_signed_in(enter(client, "log-up", "Ame\u0301lie"), "Am\u00e9lie", created=True)
    assert_signed_in(enter(client, "log-in", "AM\u00c9LIE"), "Am\u00e9lie", created=False)
    assert enter(client, "sign-up", "Ame\u0301lie\ufe0f").json()["code"] == "account_taken"


@pytest.mark.lab("A6")
async def test_guesses_are_braked_and_then_not_evaluated(own_lab: Site) -> None:
    with serving_here(own_lab) as house:
        house.member("ada")
        passwords, evaluated = house.parlour.passwords, 0
        verify = passwords.verify

        async def count(password_hash: str | None, password: str) -> bool:
            nonlocal evaluated
            evaluated += 1
            return await verify(password_hash, password)

        passwords.verify = count  # type: ignore[method-assign]
        async with house.http() as http:
            codes: list[int] = []
            for start in range(0, 1000, 50):
                guesses = (
                    http.post("/accounts/log-in", json={"user_id": "ADA", "password": f"guess {start + n}"})
                    for n in range(50)
                )
                codes += [answer.status_code for answer in await asyncio.gather(*guesses)]
            right = await http.post("/accounts/log-in", json={"user_id": "ada", "password": PASSWORD})
            up = await http.post("/accounts/log-up", json={"user_id": "ada", "password": PASSWORD})
        assert evaluated == 10
        assert sorted(codes) == [200] * 10 + [429] * 990
        for braked in (right, up):
            assert (braked.status_code, braked.json()["code"]) == (429, "too_many_attempts")
            assert 1 <= int(braked.headers["retry-after"]) <= 61


def all_bytes(folder: Path) -> bytes:
    """What the files below a folder hold."""
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


@pytest.mark.lab("A7")
async def test_passwords_and_tokens_are_nowhere_in_plain_text(own_lab: Site) -> None:
    secret = "a very plain secret"
    server = own_lab.start()
    made = await sign_up(server.url, "ada", secret)
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        await http.post("/accounts/log-in", json={"user_id": "ada", "password": "a very wrong secret"})
        await http.post("/accounts/sign-up", json={"user_id": "ada", "password": "a very other secret"})
        await http.post("/accounts/log-out", headers=made.headers)
    server.stop()

    def stored(tx: Tx) -> list[str]:
        rows = tx.all("SELECT password_hash FROM accounts WHERE password_hash IS NOT NULL")
        sessions = tx.all("SELECT digest FROM sessions")
        return [row["password_hash"] for row in rows] + [row["digest"] for row in sessions]

    found = own_lab.database().read_here(stored)
    hashes = [each for each in found if each.startswith("$")]
    assert hashes
    assert all(re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", each) for each in hashes)
    assert digest_of(made.token) in found
    everything = all_bytes(own_lab.folder)
    for plain in (secret, "a very wrong secret", "a very other secret", made.token):
        assert plain.encode() not in everything


async def test_of_two_registrations_at_once_one_makes_the_account(lab: LabHouse) -> None:
    async def register(user_id: str, password: str) -> httpx.Response:
        async with lab.http() as http:
            return await http.post("/accounts/log-up", json={"user_id": user_id, "password": password})

    same = [answer.json() for answer in await asyncio.gather(*(register("twin", PASSWORD) for _ in range(4)))]
    assert sorted(each["created"] for each in same) == [False, False, False, True]
    other = [each.json() for each in await asyncio.gather(*(register("rival", f"password {n}") for n in range(4)))]
    assert sorted(each["user_id"] or "" for each in other) == ["", "", "", "rival"]


async def test_a_closed_laboratory_lets_only_its_members_in(own_lab: Site) -> None:
    with (
        serving_here(own_lab, lab=Lab(sign_up="closed")) as house,
        httpx.Client(base_url=house.url, timeout=60) as client,
    ):
        house.member("ada")
        assert_signed_in(enter(client, "log-up", "ada"), "ada", created=False)
        assert_nobody(enter(client, "log-up", "lin"))
        answer = enter(client, "sign-up", "lin")
        assert (answer.status_code, answer.json()["code"]) == (403, "sign_up_closed")


async def test_registrations_from_one_address_are_braked(own_lab: Site) -> None:
    with serving_here(own_lab) as house:
        async with house.http() as http:
            codes = [
                (await http.post("/accounts/sign-up", json={"user_id": "a/b", "password": PASSWORD})).status_code
                for _ in range(61)
            ]
            braked = await http.post("/accounts/log-up", json={"user_id": "new", "password": PASSWORD})
        assert codes == [422] * 60 + [429]
        assert (braked.status_code, braked.json()["code"]) == (429, "too_many_attempts")


def test_passwords_are_longer_where_others_reach_the_server(own_lab: Site) -> None:
    with (
        serving_here(own_lab, public_url="https://lab.example") as house,
        httpx.Client(base_url=house.url, timeout=60) as client,
    ):
        assert enter(client, "sign-up", "ada", "short").json()["code"] == "password_invalid"
        assert_nobody(enter(client, "log-up", "ada", "short"))
        answer = enter(client, "log-up", "ada", "long enough")
        assert "Secure" in answer.headers["set-cookie"].split("; ")


def test_log_out_ends_the_session_and_clears_the_cookie(lab: LabHouse, client: httpx.Client) -> None:
    token = assert_signed_in(enter(client, "log-up", "leaver"), "leaver", created=True)
    assert client.cookies.get("parlour_session") == token
    answer = client.post("/accounts/log-out")
    assert (answer.status_code, answer.json()) == (200, None)
    assert 'parlour_session=""' in answer.headers["set-cookie"]
    assert client.cookies.get("parlour_session") is None
    gone = client.post("/accounts/log-out", headers={"authorization": f"Bearer {token}"})
    assert (gone.status_code, gone.json()["code"]) == (401, "unauthenticated")
    assert client.post("/accounts/log-out").status_code == 401


@pytest.mark.lab("A11")
@pytest.mark.parametrize("how", ["log-out", "password", "deactivation"])
async def test_what_ends_a_session_ends_its_sockets(lab: LabHouse, how: str) -> None:
    made = lab.member()
    async with Client(lab.url, made.token) as socket, lab.http(made) as http:
        if how == "log-out":
            assert (await http.post("/accounts/log-out")).status_code == 200
        elif how == "password":
            lab.write(lambda tx: accounts.set_password(tx, made.account_id, "$argon2id$other"))
        else:
            lab.write(lambda tx: accounts.deactivate(tx, made.account_id))
        async with asyncio.timeout(20):  # before a heartbeat is missed; a command beside a server is read every second
            await socket.io.eio.wait()
        assert (await http.get("/api/v1/attempts")).status_code in (401, 403)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"{", "application/json", (400, "bad_request")),
        (b"[" * 100, "application/json", (400, "bad_request")),
        (b'{"user_id": 5, "password": "x"}', "application/json", (422, "validation")),
        (b'{"user_id": "ada"}', "application/json", (422, "validation")),
        (b"null", "application/json", (422, "validation")),
        (b"user_id=ada&password=x", "application/x-www-form-urlencoded", (415, "type_unsupported")),
        (b'{"user_id": "' + b"x" * 1_100_000 + b'"}', "application/json", (413, "body_too_large")),
    ],
)
def test_a_body_of_another_shape_is_a_problem(
    client: httpx.Client, body: bytes, content_type: str, expected: tuple[int, str]
) -> None:
    for way in ("log-up", "log-in", "sign-up"):
        answer = client.post(f"/accounts/{way}", content=body, headers={"content-type": content_type})
        assert (answer.status_code, answer.json()["code"]) == expected, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def test_unknown_fields_are_ignored_and_wrong_methods_are_problems(client: httpx.Client) -> None:
    answer = client.post("/accounts/log-up", json={"user_id": "extra", "password": PASSWORD, "role": "superadmin"})
    assert_signed_in(answer, "extra", created=True)
    wrong = client.get("/accounts/log-up", headers={"accept-language": "zh-CN,en;q=0.5"})
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method_not_allowed", "POST")
    assert wrong.json()["title"] == "不支持该方法"
    for path in ("/accounts/nothing", "/accounts/log-up/", "/accounts/"):
        answer = client.post(path, json={"user_id": "ada", "password": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        assert answer.headers["x-request-id"]


def test_the_role_is_always_member(lab: LabHouse, client: httpx.Client) -> None:
    enter(client, "sign-up", "plain")
    found = lab.read(lambda tx: accounts.account_by_user_id(tx, "plain"))
    assert (found.role, found.name) == ("member", "plain")


def test_a_session_slides_with_its_use(lab: LabHouse, client: httpx.Client) -> None:
    token = assert_signed_in(enter(client, "log-up", "slider"), "slider", created=True)
    day = 86_400_000

    def ends(tx: Tx) -> int:
        row = tx.one(
            "SELECT expires_at - :now AS left_ms FROM sessions WHERE digest = :d", d=digest_of(token), now=tx.now_ms
        )
        assert row is not None
        return row["left_ms"]

    def shorten(tx: Tx) -> None:
        tx.run("UPDATE sessions SET expires_at = :at WHERE digest = :d", at=tx.now_ms + day, d=digest_of(token))

    headers = {"authorization": f"Bearer {token}"}
    assert 29.9 * day < lab.read(ends) <= 30 * day
    lab.write(shorten)
    assert client.get("/api/v1/attempts", headers=headers).status_code == 200
    assert 29.9 * day < lab.read(ends) <= 30 * day
    lab.write(lambda tx: tx.run("UPDATE sessions SET expires_at = 1 WHERE digest = :d", d=digest_of(token)))
    assert client.get("/api/v1/attempts", headers=headers).status_code == 401
