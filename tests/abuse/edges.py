"""What hostile clients send to the edges of the server, and a server that is sent it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.harness.site import Process, Site

UNKNOWN = "00000000-0000-7000-8000-000000000000"
DEEP: Any = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["deep"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
# Every one is wrong or strange somewhere; some are good for some members.
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**31,
    10**30,
    1.5,
    float("nan"),
    float("-inf"),
    "",
    " \t\n",
    "x",
    "\0",
    "before\0after",
    "\ud800",
    "\u202eright to left\u202c",
    "\ufeff\u200b",
    "x" * 40_000,
    UNKNOWN,
    UNKNOWN.upper(),
    f"{UNKNOWN}\n",
    "'; DROP TABLE attempts; --",
    "../../../etc/passwd",
    [],
    [None],
    ["\0"],
    [UNKNOWN] * 201,
    {},
    {"": ""},
    {UNKNOWN: "\0"},
    {"__proto__": {"admin": True}},
    DEEP,
)
TEXTS = ("", "-1", "1e9", "NaN", "9" * 30, "\0", "a\0b", "%%%", "__", "\\", "!%", "null", "[]", "\u202e", "x" * 5000)
LONG = b'{"%s": [' + b",".join([b"1"] * 1_000_000) + b"]}"


@dataclass
class Edge:
    """A server, and what came back from it."""

    site: Site
    process: Process
    statuses: Counter[int] = field(default_factory=Counter)

    def http(self, user_id: str | None = "learner") -> httpx.Client:
        """A client of an account."""
        headers = {"authorization": f"Bearer {self.site.tokens[user_id]}"} if user_id else {}
        return httpx.Client(base_url=self.process.url, headers=headers, timeout=60)

    def ask(self, http: httpx.Client, method: str, path: str, body: object = None, **options: Any) -> httpx.Response:
        """Send JSON as it stands, `NaN` and lone surrogates too; the answer is no fault."""
        if body is not None:
            options["content"] = body if isinstance(body, bytes) else json.dumps(body).encode()
            options["headers"] = {"content-type": "application/json"} | options.get("headers", {})
        answer = http.request(method, path, **options)
        self.statuses[answer.status_code] += 1
        assert answer.status_code < 500, (method, path, str(body)[:200], options.get("params"), answer.text)
        if answer.is_client_error and answer.status_code != 416:
            assert answer.headers["content-type"] == "application/problem+json", answer.text
            assert answer.json()["status"] == answer.status_code
        return answer

    def begin(self, http: httpx.Client, kind: str, name: str) -> dict[str, str]:
        """A new attempt of an entry of the tests' pack."""
        known = self.site.homes if kind == "home" else self.site.practices
        made = http.post("/socket/v5/client/attempt/start", json={f"{kind}_id": known[f"{kind}-{name}"]})
        assert made.status_code == 200, made.text
        return made.json()


def spoilt(good: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """A good body with one member at a time wrong, missing, or deep inside something else."""
    for name in good:
        yield {key: value for key, value in good.items() if key != name}
        for value in VALUES:
            yield {**good, name: value}
            if isinstance(inner := good[name], list) and inner:
                yield {**good, name: [value]}
            elif isinstance(inner, dict) and inner:
                yield {**good, name: {**inner, next(iter(inner)): value}}
                yield {**good, name: {str(value)[:50]: next(iter(inner.values()))}}


def wholes() -> Iterator[bytes]:
    """Bodies that are no object at all."""
    yield from (b"", b"\0", b"{", b"[]", b'"x"', b"1", b"null", b"NaN", b"\xff\xfe", b"{" * 5000, b"[" * 100_000)
    yield from (b'{"a": 1e999}', b'{"a": 1' + b"0" * 5000 + b"}", b'{"a":1}{"a":2}', b'{"a": "\\u0000"}')
