"""P20 for the laboratory: addresses, headers and bytes that no client would send. No fault, no stuck connection."""

import asyncio
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from parlour.settings.lab import Arxiv, Lab, LabLimits
from tests.abuse.edges import TEXTS
from tests.access.laboratory import USERS
from tests.conftest import STORES, make_site
from tests.lab import filing
from tests.lab.house import LabHouse, Member, serving_here
from tests.promises.figures import Figure

LIMITS = LabLimits(requests_per_second_max=10**6, requests_burst_max=10**6, response_hold_ms=1)
PARTS = (
    "%00",
    "a%00b",
    "%ff",
    "%ed%a0%80",
    "%E2%80%AE",
    "x" * 3000,
    "..%2f..%2fetc",
    "%25%32%65",
    "a%2Fb%2Fc",
    "%0d%0aX: y",
)
QUERIES = {
    "messages": ("after", "limit", "conversation"),
    "files": ("after", "limit"),
    "questions": ("role", "state", "limit"),
    "response": ("after", "wait", "repeat", "reply_speech"),
    "conversation": ("limit",),
    "events": ("since",),
    "paper_notes/get_note": ("doi",),
}
LONG_WAITS = ("1e9", "9" * 30)
HEADERS = {
    "range": (
        "bytes=",
        "bytes=-",
        "bytes=9-1",
        "bytes=0-0,2-3",
        "bytes=-0",
        f"bytes={'9' * 400}-",
        "bytes=a-b",
        "x=0-1",
    ),
    "if-none-match": ("*", '"', 'W/"x"', ",,,", '"' * 3000),
    "if-range": ("x", "Sun, 99 Nov 9999"),
    "last-event-id": ("x", ":", "a:b", "e:" + "9" * 40, "\xff", "x" * 5000),
    "idempotency-key": ("", " ", "\xe9", "x" * 129, "a,b"),
    "accept-language": ("\xff", "*;q=x", "zh;q=" + "9" * 300, ",;" * 2000),
    "cookie": ("=", "parlour_session", "a=b; parlour_session=\xff", "; " * 3000),
    "authorization": ("Bearer", "Bearer \xff", "Basic !!", "Bearer " + "x" * 7000),
    "content-length": ("-1", "+5", "0x5", "5, 5", "9" * 30, ""),
    "transfer-encoding": ("identity", "gzip, chunked", "chunked, chunked", "\x0bchunked", "xchunked"),
    "content-type": (
        "application/json; charset=utf-16",
        "multipart/form-data; boundary=" + "b" * 5000,
        ";",
        "\xff/\xff",
    ),
    "expect": ("100-continue", "x"),
    "upgrade": ("h2c", "websocket"),
}
BYTES = (
    b"",
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /users/ada/conversation\r\n\r\n",
    b"GET /users/ada/conversation HTTP/9.9\r\nhost: x\r\n\r\n",
    b"POST /users/ada/cancel HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /users/ada/chat_text HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n",
    b"POST /users/ada/chat_text HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
    b"GET /users/ada/conversation HTTP/1.1\r\n host: x\r\nfolded\r\n header\r\n\r\n",
    b"GET /users/\xff\xfe/conversation HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET " + b"/users/" * 20_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 20_000 + b"\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
    b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n",
)


@pytest.fixture(scope="module", params=STORES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHouse]:
    site = make_site(request.param, tmp_path_factory.mktemp("lab-edges"), request)
    with serving_here(site, lab=Lab(limits=LIMITS, arxiv=Arxiv(enabled="off"))) as made:
        yield made
    site.close()


async def spoken(house: LabHouse, sent: bytes) -> int:
    """The status of the first answer to raw bytes; 0 if the connection was closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.here.port)
    try:
        writer.write(sent)
        await writer.drain()
        writer.write_eof()
        async with asyncio.timeout(60):
            head = await reader.readline()
        return int(head.split()[1]) if head.startswith(b"HTTP/") else 0
    except OSError:
        return 0
    finally:
        writer.close()


class Prober:
    """Asks as one member, and counts what came back; an answer that is a fault fails the test."""

    def __init__(self, house: LabHouse, member: Member, http: httpx.AsyncClient) -> None:
        self.house, self.member, self.http = house, member, http
        self.statuses: Counter[int] = Counter()

    async def ask(self, method: str, path: str, **given: Any) -> None:
        """One request; of an endless answer only its head."""
        answer = await self.http.send(self.http.build_request(method, path, **given), stream=True)
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            await answer.aread()
            assert answer.status_code < 500, (method, path, given, answer.text)
            if answer.status_code >= 400 and method != "HEAD":
                assert answer.headers["content-type"] == "application/problem+json", (path, answer.text)
        self.statuses[answer.status_code] += 1
        await answer.aclose()

    async def speak(self, sent: bytes) -> None:
        """Raw bytes."""
        status = await spoken(self.house, sent)
        assert status < 500 or status in (501, 505), (sent[:300], status)
        self.statuses[status] += 1

    async def addresses(self) -> None:
        """Strange ids in every path."""
        for route, given in USERS.items():
            method, path = route.split(" ", 1)
            template = re.sub(r"\{(?!id\})[^}]+\}", "{part}", path.replace("{id}", "ada"))
            if "{part}" in template:
                for part in PARTS:
                    await self.ask(method, template.replace("{part}", part), **given)
        for part in PARTS:
            for path in ("experiments/{}/entries", "experiments?after={}", "papers?after={}", "text?file={}"):
                await self.ask("GET", f"/api/v1/laboratory/{path.format(part)}")

    async def queries(self) -> None:
        """Strange values of every query parameter."""
        for path, names in QUERIES.items():
            for name, text in itertools.product(names, TEXTS):
                if name != "wait" or text not in LONG_WAITS:
                    await self.ask("GET", f"/users/ada/{path}", params={name: text})

    async def headers(self, places: tuple[tuple[str, str], ...]) -> None:
        """Strange headers, as they stand."""
        for name, values in HEADERS.items():
            for value, (method, path) in itertools.product(values, places):
                lines = [f"{method} {path} HTTP/1.1", "host: x", "connection: close", f"{name}: {value}"]
                if name != "authorization":
                    lines.append(f"authorization: Bearer {self.member.token}")
                if method == "POST" and name not in ("content-length", "transfer-encoding"):
                    lines.append("content-length: 2")
                body = "{}" if method == "POST" else ""
                await self.speak("\r\n".join([*lines, "", body]).encode("latin-1"))


@pytest.mark.lab("H8")
@pytest.mark.promise("P20")
async def test_no_address_header_or_byte_breaks_the_laboratory(house: LabHouse, figure: Figure) -> None:
    ada = house.member("ada")
    file = await asyncio.to_thread(filing.keep, house, ada, "a.txt", b"hello")
    handle = quote(f"files/{file.id}/{file.name}", safe="")
    async with house.http(ada) as http:
        prober = Prober(house, ada, http)
        await prober.addresses()
        await prober.queries()
        places = (("GET", f"/users/ada/files/{handle}"), ("GET", "/users/ada/events"), ("POST", "/users/ada/chat_text"))
        await prober.headers(places)
        for sent in BYTES:
            await prober.speak(sent)
        assert (await http.get("/users/ada/conversation")).status_code == 200
    refused = sum(count for status, count in prober.statuses.items() if status >= 400)
    figure(
        "P20",
        f"laboratory: {prober.statuses.total()} hostile addresses, queries, headers and byte streams ({refused}"
        " refused): 0 faults, and the server goes on",
    )
