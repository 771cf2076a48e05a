"""P13: the user id in a path is never believed: the credential says who somebody is, however either is written."""

import asyncio
import itertools
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from parlour.kernel.ids import digest_of
from parlour.settings.lab import Arxiv, Lab, LabLimits
from tests.access.laboratory import USERS
from tests.conftest import STORES, make_site
from tests.lab.house import LabHouse, Member, serving_here
from tests.lab.test_access import UNKNOWN, told
from tests.promises.figures import Figure

LIMITS = LabLimits(requests_per_second_max=10**6, requests_burst_max=10**6, response_hold_ms=1)
ADA = "Ada Ångström"
CLAIMS = (
    "x-user-id",
    "x-forwarded-user",
    "x-remote-user",
    "remote-user",
    "x-original-url",
    "x-rewrite-url",
    "x-forwarded-for",
    "forwarded",
    "x-parlour-user",
    "cookie",
)


@pytest.fixture(scope="module", params=STORES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHouse]:
    """A server that no brake slows."""
    site = make_site(request.param, tmp_path_factory.mktemp("paths"), request)
    with serving_here(site, lab=Lab(limits=LIMITS, arxiv=Arxiv(enabled="off"))) as made:
        yield made
    site.close()


@pytest.fixture(scope="module", params=STORES)
def trusting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHouse]:
    """A server that believes paths of programs on this machine."""
    site = make_site(request.param, tmp_path_factory.mktemp("trusting"), request)
    with serving_here(site, lab=Lab(limits=LIMITS, arxiv=Arxiv(enabled="off"), trust_path_user_id=True)) as made:
        yield made
    site.close()


def spellings(name: str) -> list[str]:
    """One path segment for a name in as many ways as there are, encoded."""
    forms = {unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    forms |= {name.upper(), name.lower(), name.swapcase(), name.casefold()}
    forms.add("".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in name))
    whole = [quote(form, safe="") for form in forms]
    whole += ["".join(f"%{byte:02x}" for byte in form.encode()) for form in forms]
    return list(dict.fromkeys(whole))


def twisted(name: str) -> list[str]:
    """Segments that lead to a name if somebody decodes, trims or joins once too often."""
    plain = quote(name, safe="")
    again = quote(plain, safe="")
    return [
        again,
        quote(again, safe=""),
        f"%20{plain}",
        f"{plain}%20",
        f"{plain}%00",
        f"{plain}%0a",
        f"{plain}%09",
        f"%E2%80%8B{plain}",
        f"{plain}%E2%80%8B",
        f"%C2%AD{plain}",
        f"{plain}%2F",
        f".%2F{plain}",
        f"x%2F..%2F{plain}",
        f"{plain}%2Fchat_text%3F",
        f"{plain};a=b",
        f"{plain}%3B",
        f"{plain}%23",
        f"{plain}%3Fx",
        f"{plain},lin",
        f"{plain}%EF%BC%8F",
        "%c1%81da",
        "%00",
        "..",
        "%2e%2e",
        ".",
        "*",
        "me",
        "%25",
        "%ff",
        plain * 20,
        "a" * 65,
        "a" * 4_000,
    ]


def send(http: httpx.Client, route: str, segment: str, **more: object) -> httpx.Response:
    """One request with a segment as it stands; of an endless answer only its head."""
    method, path = route.split(" ", 1)
    for part in ("{turn_id}", "{question_id}", "{handle:path}"):
        path = path.replace(part, UNKNOWN)
    url = httpx.URL(http.base_url).copy_with(raw_path=path.replace("{id}", segment).encode())
    given: dict[str, Any] = {**USERS[route], **more}
    if params := given.pop("params", None):
        url = url.copy_merge_params(params)
    request = http.build_request(method, url, **given)
    answer = http.send(request, stream=True)
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        answer.close()
        return httpx.Response(answer.status_code, headers=answer.headers, content=b"")
    answer.read()
    return answer


def stood(house: LabHouse, member: Member) -> tuple[int, ...]:
    """How much there is of a member."""
    tables = {"lab_messages": "account_id", "uploads": "account_id", "notes": "author_id", "pauses": "account_id"}
    sql = "SELECT count(*) AS n FROM {} WHERE {} = :id"
    return tuple(
        house.read(lambda tx, t=table, c=column: tx.all(sql.format(t, c), id=member.account_id)[0]["n"])
        for table, column in tables.items()
    )


@pytest.mark.lab("A8", "A5", "A10")
@pytest.mark.promise("P13")
def test_no_way_to_write_a_path_makes_somebody_another(house: LabHouse, figure: Figure) -> None:
    ada, lin, boss = house.member(ADA), house.member("lin"), house.member("boss", role="admin")
    expired, revoked = house.member("expired"), house.member("revoked")
    for gone, sql in (
        (expired, "UPDATE sessions SET expires_at = 1 WHERE digest = :d"),
        (revoked, "UPDATE sessions SET revoked_at = 1 WHERE digest = :d"),
    ):
        house.write(lambda tx, sql=sql, gone=gone: tx.run(sql, d=digest_of(gone.token)))
    before, asked = stood(house, ada), 0
    own, odd = spellings(ADA), twisted(ADA)
    with httpx.Client(base_url=house.url, timeout=60) as http:
        for route, segment in itertools.product(USERS, own):
            foreign = send(http, route, segment, headers=lin.headers)
            unknown = send(http, route, "nobody", headers=lin.headers)
            assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found"), (route, segment)
            assert told(foreign) == told(unknown), (route, segment)
            asked += 2
        nobody = ({}, expired.headers, revoked.headers)
        for route in USERS:
            for segment, headers in itertools.product((own[0], "lin", "nobody"), nobody):
                answer = send(http, route, segment, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (route, segment)
                asked += 1
        known = told(send(http, "GET /users/{id}/conversation", "nobody", headers=lin.headers))
        for segment, member in itertools.product(odd, (lin, ada)):
            for route in ("POST /users/{id}/chat_text", "GET /users/{id}/conversation"):
                answer = send(http, route, segment, headers=member.headers)
                unknown = send(http, route, segment.replace(own[0], "nobody"), headers=member.headers)
                assert answer.status_code in (404, 405), (segment, answer.text)
                assert told(answer) == told(unknown), (segment, answer.text)
                asked += 1
        for name, value in itertools.product(CLAIMS, (ADA.encode().decode("latin-1"), "/users/boss/conversation")):
            claim = f"user_id={value}; id={value}" if name == "cookie" else value
            claimed = {**lin.headers, name: claim.encode("latin-1")}
            answer = send(http, "GET /users/{id}/conversation", own[0], headers=claimed)
            assert told(answer) == known, name
            assert send(http, "GET /users/{id}/conversation", own[0], headers={name: claimed[name]}).status_code == 401
            asked += 2
        for more in ({"user_id": ADA, "id": ADA}, {"token": ada.token, "authorization": ada.token}):
            answer = send(http, "GET /users/{id}/turns/{turn_id}", own[0], headers=lin.headers, params=more)
            assert told(answer) == known
        assert stood(house, ada) == before
        for segment in own:
            assert send(http, "GET /users/{id}/conversation", segment, headers=ada.headers).status_code == 200, segment
            assert send(http, "GET /users/{id}/conversation", segment, headers=boss.headers).status_code == 200
    figure(
        "P13",
        f"{asked} requests with {len(own)} spellings and {len(odd)} twists of a name at {len(USERS)} routes by another"
        " member, nobody, the expired and the revoked: 0 answered otherwise than an unknown name, byte for byte",
    )


async def raw(house: LabHouse, *lines: str, body: bytes = b"") -> tuple[int, bytes]:
    """A request as it stands; status and body, 0 if the connection was closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.here.port)
    writer.write("\r\n".join([*lines, "connection: close", "", ""]).encode("latin-1") + body)
    await writer.drain()
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    return (int(head.split()[1]) if head else 0), rest


LOCAL = ("localhost", "LOCALHOST", "127.0.0.1", "127.0.0.1:80", "127.255.255.254", "[::1]", "[::1]:9", "localhost:1")
AWAY = (
    *("lab.example", "localhost.lab.example", "127.0.0.1.lab.example", "127.0.0.1@lab.example", "lab.example:80"),
    *("lab.example@127.0.0.1", "user:word@localhost", "localhost/lab.example", "localhost#lab.example"),
    *("localhost?lab.example", "localhost\\lab.example", "lab.example\\@localhost", "localhost,lab.example"),
    *("lab.example localhost", "[::]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[fe80::1]", "[::1"),
    *("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost.", "xn--localhost", "\xa0localhost", ""),
)


@pytest.mark.lab("A9", "A10")
@pytest.mark.promise("P13")
async def test_trust_ends_at_this_machine(trusting: LabHouse, figure: Figure) -> None:
    ada, boss = trusting.member("ada"), trusting.member("boss", role="admin")
    get = "GET /users/{}/conversation HTTP/1.1"
    for host in LOCAL:
        assert (await raw(trusting, get.format("ada"), f"host: {host}"))[0] == 200, host
    for host in AWAY:
        status, body = await raw(trusting, get.format("ada"), f"host: {host}")
        assert status in (400, 403), (host, status, body)
    refused = [
        ("host: localhost", "host: lab.example"),
        ("host: lab.example", "host: localhost"),
        ("host: localhost", "x-forwarded-for: 127.0.0.1"),
        ("host: localhost", "X-Forwarded-Host: localhost"),
        ("host: localhost", "x-forwarded-: 1"),
        ("host: localhost", "forwarded: for=127.0.0.1"),
        ("host: localhost", "forwarded:"),
        ("host: localhost", "origin: null"),
        ("host: localhost", "origin: http://localhost.lab.example"),
        ("host: localhost", "sec-fetch-site: cross-site"),
    ]
    for lines in refused:
        status, body = await raw(trusting, get.format("ada"), *lines)
        assert status in (400, 403), (lines, status, body)
    assert (await raw(trusting, "GET /users/ada/conversation HTTP/1.0"))[0] in (400, 403)
    absolute = await raw(trusting, "GET http://lab.example/users/ada/conversation HTTP/1.1", "host: localhost")
    assert absolute[0] in (200, 400, 403, 404)
    presented = [
        "authorization: Bearer",
        "authorization:",
        "authorization: Bearer pl_wrong",
        "x-api-key: plk_wrong",
        "cookie: parlour_session=",
        "cookie: parlour_session=pl_wrong",
        'cookie: parlour_session=""; other=1',
    ]
    for line in presented:
        status, body = await raw(trusting, get.format("ada"), "host: localhost", line)
        assert status == 401, (line, status, body)
    missing = await raw(trusting, get.format("nobody"), "host: localhost")
    assert (await raw(trusting, get.format("boss"), "host: localhost")) == missing
    assert missing[0] == 404
    both = ("host: localhost", f"authorization: Bearer {ada.token}", f"cookie: parlour_session={boss.token}")
    assert (await raw(trusting, get.format("boss"), *both))[0] == 404
    figure(
        "P13",
        f"trust mode: {len(AWAY) + len(refused)} hosts, proxies and pages refused, {len(presented)} credentials that do"
        " not hold never replaced by the path, admins like unknown names",
    )
