"""Who is let in on lab routes, and in whose place (1.2, 1.3); what all their answers have (13)."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pydantic import ValidationError

from parlour.accounts import actions as accounts
from parlour.audit import actions as audit
from parlour.audit.entities import Wanted
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import digest_of
from parlour.settings import load_settings
from parlour.settings.lab import Lab
from tests.conftest import STORES, make_site
from tests.lab.house import LabHouse, Member, serving_here
from tests.lab.probe import add_probe

SMALL = Lab.model_validate(
    {"limits": {"requests_per_second_max": 20, "upload_bytes_max": 3_000_000, "speech_bytes_max": 1}}
)
TRUSTING = Lab(trust_path_user_id=True)


def house_on(request: pytest.FixtureRequest, factory: pytest.TempPathFactory, lab: Lab) -> Iterator[LabHouse]:
    site = make_site(request.param, factory.mktemp("callers"), request)
    with serving_here(site, add_probe, lab=lab) as house:
        yield house
    site.close()


@pytest.fixture(scope="module", params=STORES)
def probed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHouse]:
    """A server with the probe, on each store."""
    yield from house_on(request, tmp_path_factory, SMALL)


@pytest.fixture(scope="module", params=STORES)
def trusted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHouse]:
    """The same with `trust_path_user_id`."""
    yield from house_on(request, tmp_path_factory, TRUSTING)


def ask(house: LabHouse, user_id: str, method: str = "GET", **given: object) -> httpx.Response:
    return httpx.request(method, f"{house.url}/users/{quote(user_id, safe='')}/probe", **given, timeout=60)  # type: ignore[arg-type]


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]
    told = answer.json()
    assert told["status"] == answer.status_code
    return answer.status_code, told["code"]


@pytest.mark.lab("A8")
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_path_is_no_credential(probed: LabHouse, method: str) -> None:
    ada, lin = probed.member(), probed.member()
    assert problem(ask(probed, ada.user_id, method)) == (401, "unauthenticated")
    assert ask(probed, ada.user_id, method, headers=ada.headers).json()["account_id"] == ada.account_id
    assert ask(probed, ada.user_id.upper(), method, headers=ada.headers).json()["user_id"] == ada.user_id
    foreign = ask(probed, ada.user_id, method, headers=lin.headers)
    unknown = [ask(probed, name, method, headers=lin.headers) for name in ("nobody", "x" * 65, "a?b", " ")]
    assert problem(foreign) == (404, "not_found")
    assert {answer.content for answer in unknown} == {foreign.content}
    told = [
        {k: v for k, v in each.headers.items() if k not in ("x-request-id", "date")} for each in (foreign, *unknown)
    ]
    assert all(each == told[0] for each in told)


@pytest.mark.lab("A8")
def test_credentials_that_do_not_hold_are_401(probed: LabHouse) -> None:
    expired, gone, out = probed.member(), probed.member(), probed.member()
    probed.write(lambda tx: tx.run("UPDATE sessions SET expires_at = 1 WHERE digest = :d", d=digest_of(expired.token)))
    probed.write(lambda tx: accounts.deactivate(tx, gone.account_id))
    probed.write(lambda tx: accounts.revoke_session(tx, digest_of(out.token)))
    for member in (expired, gone, out):
        assert problem(ask(probed, member.user_id, headers=member.headers)) == (401, "unauthenticated")
        assert problem(ask(probed, member.user_id, cookies={"parlour_session": member.token}))[0] == 401
    for value in ("Basic abc", "Bearer", "Bearer pl_unknown", "pl_x"):
        assert problem(ask(probed, out.user_id, headers={"authorization": value}))[0] == 401


@pytest.mark.lab("A8")
def test_an_admin_acts_in_the_place_of_another_and_is_recorded(probed: LabHouse) -> None:
    ada, boss = probed.member(), probed.member(role="admin")
    before = probed.read(audit.head).n
    own = ask(probed, boss.user_id, headers=boss.headers).json()
    assert (own["account_id"], own["operator"]) == (boss.account_id, True)
    assert probed.read(audit.head).n == before
    for method in ("GET", "POST"):
        told = ask(probed, ada.user_id, method, headers=boss.headers).json()
        assert (told["account_id"], told["author_id"]) == (ada.account_id, boss.account_id)
    rows = probed.read(lambda tx: audit.list_rows(tx, Wanted(actor=boss.account_id)))
    assert [(each.action, each.acted_for, each.subject, each.route) for each in rows] == [
        ("acted_for", ada.account_id, ada.account_id, f"{method} /users/{{id}}/probe") for method in ("GET", "POST")
    ]
    assert probed.read(audit.verify) is None
    assert problem(ask(probed, "nobody", headers=boss.headers)) == (404, "not_found")
    probed.write(lambda tx: accounts.deactivate(tx, ada.account_id))
    assert ask(probed, ada.user_id, headers=boss.headers).status_code == 200
    assert problem(ask(probed, ada.user_id, "POST", headers=boss.headers)) == (404, "not_found")


@pytest.mark.lab("A10")
def test_the_header_counts_and_nothing_falls_back(probed: LabHouse, trusted: LabHouse) -> None:
    ada, lin = probed.member(), probed.member()
    both: dict[str, Any] = {"headers": lin.headers, "cookies": {"parlour_session": ada.token}}
    assert ask(probed, lin.user_id, **both).status_code == 200
    assert ask(probed, ada.user_id, **both).status_code == 404
    wrong: dict[str, Any] = {"headers": {"authorization": "Bearer pl_wrong"}, "cookies": {"parlour_session": ada.token}}
    assert problem(ask(probed, ada.user_id, **wrong)) == (401, "unauthenticated")
    eve = trusted.member()
    requests: tuple[dict[str, Any], ...] = (
        {"headers": {"authorization": "Bearer pl_wrong"}},
        {"headers": {"x-api-key": "plk_wrong"}},
        {"cookies": {"parlour_session": "pl_wrong"}},
    )
    for given in requests:
        assert problem(ask(trusted, eve.user_id, **given)) == (401, "unauthenticated")


@pytest.mark.lab("A12")
def test_a_cookie_from_a_foreign_page_is_refused(probed: LabHouse) -> None:
    ada = probed.member()
    cookies = {"parlour_session": ada.token}
    for origin in ("https://evil.example", "null", "http://127.0.0.1", f"{probed.url}.evil.example"):
        answer = ask(probed, ada.user_id, "POST", cookies=cookies, headers={"origin": origin})
        assert problem(answer) == (403, "origin_refused"), origin
        assert ask(probed, ada.user_id, "GET", cookies=cookies, headers={"origin": origin}).status_code == 200
        bearer = ask(probed, ada.user_id, "POST", headers={**ada.headers, "origin": origin})
        assert bearer.status_code == 200
    for headers in ({}, {"origin": probed.url}):
        assert ask(probed, ada.user_id, "POST", cookies=cookies, headers=headers).status_code == 200
    out = httpx.post(
        f"{probed.url}/accounts/log-out", cookies=cookies, headers={"origin": "https://evil.example"}, timeout=60
    )
    assert problem(out) == (403, "origin_refused")


@pytest.mark.lab("A9")
def test_a_trusting_server_must_be_on_loopback(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "lab.example"):  # noqa: S104
        with pytest.raises(ValidationError, match="trust_path_user_id"):
            load_settings(data=tmp_path, host=host, lab=TRUSTING)
    for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost"):
        assert load_settings(data=tmp_path, host=host, lab=TRUSTING).lab.trust_path_user_id


@pytest.mark.lab("A5", "A9")
def test_a_trusting_server_believes_the_path_of_a_local_program(trusted: LabHouse) -> None:
    ada = trusted.member("李雷 Ada")
    for name in (ada.user_id, "李雷 ADA"):
        told = ask(trusted, name).json()
        assert told == {
            "account_id": ada.account_id,
            "user_id": ada.user_id,
            "author_id": ada.account_id,
            "operator": False,
            "trusted": True,
            "session": False,
        }
    for name, value in (
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=10.0.0.1"),
        ("host", "lab.example"),
        ("host", "127.0.0.1.evil.example"),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ):
        assert problem(ask(trusted, ada.user_id, headers={name: value})) == (403, "origin_refused"), name
    for host in ("localhost", f"localhost:{trusted.here.port}", "[::1]:80", "127.9.9.9"):
        assert ask(trusted, ada.user_id, headers={"host": host}).status_code == 200, host
    boss, gone = trusted.member(role="admin"), trusted.member()
    trusted.write(lambda tx: accounts.deactivate(tx, gone.account_id))
    answers = [ask(trusted, name) for name in ("nobody", boss.user_id, gone.user_id)]
    assert [problem(each) for each in answers] == [(404, "not_found")] * 3
    assert len({each.content for each in answers}) == 1
    lin = trusted.member()
    assert ask(trusted, lin.user_id, headers=ada.headers).status_code == 404
    assert ask(trusted, lin.user_id, headers=boss.headers).status_code == 200


class Stopped(SystemClock):
    """A clock for which everything happens at once."""

    def __init__(self) -> None:
        self._now = super().monotonic()

    def monotonic(self) -> float:
        return self._now


async def test_too_many_requests_are_refused_and_polls_delayed(
    probed: LabHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, lin = probed.member(), probed.member()
    async with probed.http(ada) as http, probed.http(lin) as other:
        with monkeypatch.context() as moment:
            buckets = probed.parlour.laboratory.gate.brake._buckets
            moment.setattr(buckets, "_clock", Stopped())
            answers = await asyncio.gather(*(http.get(f"/users/{ada.user_id}/probe") for _ in range(180)))
        braked = [each for each in answers if each.status_code != 200]
        assert len(braked) == 180 - SMALL.limits.requests_burst_max
        assert problem(braked[0]) == (429, "too_many_requests")
        assert braked[0].headers["retry-after"] == "1"
        assert (await other.get(f"/users/{lin.user_id}/probe")).status_code == 200
        delayed = await asyncio.gather(*(other.get(f"/users/{lin.user_id}/slow") for _ in range(180)))
    assert {each.status_code for each in delayed} == {200}
    assert {each.json() for each in delayed} == {True, False}


def test_problems_have_titles_in_the_language_of_the_person(probed: LabHouse) -> None:
    ada = probed.member()
    for wanted, title in (
        ("zh", "需要登录"),
        ("en;q=0.3, zh-TW;q=0.9", "需要登录"),
        ("de, en;q=0.8", "Authentication required"),
        ("zh;q=0, *", "Authentication required"),
        ("x;q=y,,;", "Authentication required"),
    ):
        assert ask(probed, ada.user_id, headers={"accept-language": wanted}).json()["title"] == title


def test_forms_stream_through_and_end_at_their_limit(probed: LabHouse) -> None:
    ada = probed.member()
    at = f"{probed.url}/users/{ada.user_id}/form"
    answer = httpx.post(at, headers=ada.headers, files={"file": io.BytesIO(b"x" * 3_500_000)}, timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.json()["bytes"] > 3_500_000
    assert answer.json()["most"] < 1_000_000
    large = httpx.post(at, headers=ada.headers, files={"file": io.BytesIO(b"x" * 5_000_000)}, timeout=60)
    assert problem(large) == (413, "file_too_large")
    other = httpx.post(at, headers=ada.headers, content=b"x" * 1_100_000, timeout=60)
    assert problem(other) == (413, "body_too_large")


def say(house: LabHouse, member: Member, body: object, key: str | None = None) -> httpx.Response:
    headers = {**member.headers, **({} if key is None else {"idempotency-key": key})}
    return httpx.post(f"{house.url}/users/{member.user_id}/say", json=body, headers=headers, timeout=60)


def test_a_request_with_a_key_happens_once(probed: LabHouse) -> None:
    ada, lin = probed.member(), probed.member()
    first = say(probed, ada, {"text": "a", "n": 1}, "key-1")
    assert (first.status_code, first.text) == (200, "null")
    assert "idempotency-replayed" not in first.headers
    count = httpx.get(f"{probed.url}/probes", timeout=60).json()
    again = say(probed, ada, {"n": 1, "text": "a"}, "key-1")
    assert (again.status_code, again.text, again.headers["idempotency-replayed"]) == (200, "null", "true")
    assert again.headers["x-message-id"] == first.headers["x-message-id"]
    other = say(probed, ada, {"text": "b", "n": 1}, "key-1")
    assert problem(other) == (409, "idempotency_conflict")
    assert httpx.get(f"{probed.url}/probes", timeout=60).json() == count
    assert say(probed, lin, {"text": "b"}, "key-1").headers["x-message-id"] != first.headers["x-message-id"]
    for key in ("", "a b", "x" * 129):
        assert problem(say(probed, ada, {"text": "a"}, key)) == (422, "validation"), key
    plain = [say(probed, ada, {"text": "a"}).headers["x-message-id"] for _ in range(2)]
    assert plain[0] != plain[1]


@pytest.mark.lab("H7")
def test_no_page_of_another_origin_is_answered_by_default(probed: LabHouse) -> None:
    ada = probed.member()
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    answers = [
        ask(probed, ada.user_id, headers={**ada.headers, "origin": "https://app.example"}),
        ask(probed, ada.user_id, "OPTIONS", headers=asked),
        httpx.options(f"{probed.url}/accounts/log-up", headers=asked),
        httpx.get(f"{probed.url}/accounts/log-up", headers={"origin": "https://app.example"}, timeout=60),
        *(
            httpx.request(
                method,
                f"{probed.url}/socket.io/?EIO=4&transport=polling",
                headers={**asked, "origin": origin},
                timeout=60,
            )
            for method in ("GET", "OPTIONS")
            for origin in ("https://app.example", probed.url)
        ),
    ]
    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.lab("H7")
def test_a_configured_origin_is_answered(own_lab: object, tmp_path: Path) -> None:
    site = own_lab
    origin = "https://app.example"
    with serving_here(site, add_probe, cors_origins=(origin,)) as house:  # type: ignore[arg-type]
        ada = house.member()
        asked = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": "x"}
        told = ask(house, ada.user_id, "OPTIONS", headers=asked)
        assert (told.status_code, told.content) == (204, b"")
        assert told.headers["access-control-allow-origin"] == origin
        assert told.headers["access-control-allow-credentials"] == "true"
        assert told.headers["access-control-max-age"] == "600"
        assert told.headers["access-control-allow-headers"] == (
            "Authorization, Content-Type, Idempotency-Key, Range, If-None-Match, Last-Event-ID"
        )
        answer = ask(house, ada.user_id, "POST", headers={"origin": origin}, cookies={"parlour_session": ada.token})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
        assert "X-Message-Id" in answer.headers["access-control-expose-headers"]
        foreign = ask(house, ada.user_id, headers={**ada.headers, "origin": "https://evil.example"})
        assert not [name for name in foreign.headers if name.startswith("access-control-")]
        glow = httpx.get(f"{house.url}/api/v1/attempts", headers={**ada.headers, "origin": origin}, timeout=60)
        assert glow.headers["access-control-allow-origin"] == origin
        assert "access-control-allow-credentials" not in glow.headers
    for value in ("*", "https://*.example", "https://app.example/", "app.example"):
        with pytest.raises(ValidationError, match="cors_origins"):
            load_settings(data=tmp_path, cors_origins=(value,))


def test_a_title_is_in_the_language_in_which_the_person_wrote_last(probed: LabHouse) -> None:
    ada = probed.member()
    at = f"{probed.url}/users/{ada.user_id}"
    for words, title in (("你好", "未找到"), ("Hello again", "Not found")):
        assert httpx.post(f"{at}/chat_text", json={"text": words}, headers=ada.headers, timeout=60).status_code == 200
        answer = httpx.get(f"{at}/turns/nothing", headers={**ada.headers, "accept-language": "zh"}, timeout=60)
        assert (problem(answer), answer.json()["title"]) == ((404, "not_found"), title)


def test_other_sessions_and_keys_of_the_person_serve_as_well(probed: LabHouse) -> None:
    ada = probed.member()
    session, key = (
        probed.write(lambda tx, kind=kind: accounts.issue_session(tx, ada.account_id, kind, "test", 600))
        for kind in ("session", "api_key")
    )
    for headers in ({"authorization": f"Bearer {session}"}, {"authorization": f"bearer {key}"}, {"x-api-key": key}):
        assert ask(probed, ada.user_id, headers=headers).json()["account_id"] == ada.account_id
    ticket = probed.write(lambda tx: accounts.issue_session(tx, ada.account_id, "ticket", "test", 600))
    assert problem(ask(probed, ada.user_id, headers={"authorization": f"Bearer {ticket}"})) == (401, "unauthenticated")
    out = httpx.post(f"{probed.url}/accounts/log-out", headers={"authorization": f"Bearer {key}"}, timeout=60)
    assert problem(out) == (401, "unauthenticated")
