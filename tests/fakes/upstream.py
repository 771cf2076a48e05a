"""A model service for tests and benchmarks: real HTTP, OpenAI's streaming protocol, a set pace.

Run it as `python -m tests.fakes.upstream --port 0 --tokens 20 --rate 50`; the first line on
standard output is JSON with `port` and `url`. The model's name chooses what it does, with the
number of tokens and the pace (tokens/s, 0: all at once) after it: `fast`, `fast-200`,
`stamped-250@50`. `BEHAVIOURS` lists the names; any other name answers like `fast`. `stamped`
tokens are `time.monotonic_ns()` at the moment of sending and a space. The first token leaves at
once. `GET /stats` counts requests, answers, tokens and broken-off answers.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import cast

import uvloop

from tests.fakes import upstream_format as form

_REASONS = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests", 500: "Server Error"}


class Ticker:
    """Paces every chat of one rate with one timer: a period has slots of about a millisecond.

    A late tick fires all slots that are due, so the offered rate holds under load.
    """

    def __init__(self, rate: int) -> None:
        slots = max(1, min(1000, 1000 // rate))
        self._step = 1.0 / rate / slots
        self._slots: list[set[Chat]] = [set() for _ in range(slots)]
        self._turn = 0
        self._joined = 0
        self._chats = 0
        self._due = 0.0
        self._loop = asyncio.get_running_loop()

    def join(self, chat: "Chat") -> None:
        """Send one token of `chat` each period, until it is over."""
        slot = self._slots[self._joined % len(self._slots)]
        self._joined += 1
        slot.add(chat)
        self._chats += 1
        if self._chats == 1:
            self._due = self._loop.time() + self._step
            self._loop.call_later(0.001, self._tick)

    def _tick(self) -> None:
        now = self._loop.time()
        while self._due <= now:
            slot = self._slots[self._turn]
            self._turn = (self._turn + 1) % len(self._slots)
            self._due += self._step
            over = [chat for chat in slot if not chat.send_next()]
            slot.difference_update(over)
            self._chats -= len(over)
        if self._chats:  # uvloop counts whole milliseconds; less would spin
            self._loop.call_later(max(0.001, self._due - now), self._tick)


class Chat:
    """One answer on its way."""

    def __init__(self, connection: "Connection", tokens: int, ending: bytes) -> None:
        self.connection = connection
        self.stamped = False
        self.text = "tok "
        self.cut = False
        self.open = True
        self._ending = ending
        self._left = tokens
        self._plain = form.token(self.text)

    def send_next(self) -> bool:
        """Send one token, or the ending; whether more is to come."""
        if not self.open:
            return False
        if self._left == 0:
            self._end()
            return False
        self._left -= 1
        self.connection.stats.tokens += 1
        token = form.choices(form.TOKEN % (b'"%d "' % time.monotonic_ns())) if self.stamped else self._plain
        self.connection.write(token)
        return True

    def _end(self) -> None:
        self.open = False
        if self.cut:
            self.connection.finish(b"", completed=False)
            self.connection.close()
        elif self._ending:
            self.connection.finish(self._ending)


class Connection(asyncio.Protocol):
    """One client connection: requests one after the other, kept open between them."""

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.stats = server.stats
        self.chat: Chat | None = None
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are not registered as such
        self.stats.connections += 1
        self.stats.open += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.stats.open -= 1
        if self._answering:
            self.stats.aborted += 1
        if self.chat is not None:
            self.chat.open = False

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found or self._answering:
            return
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        size = int(length.group(1)) if length else 0
        if len(rest) < size:
            return
        body, self._buffer = rest[:size], rest[size:]
        if head.startswith(b"GET /stats "):
            self.reply(200, json.dumps(vars(self.stats)).encode())
        elif head.startswith(b"POST ") and b"/chat/completions " in head:
            self._answering = True
            self.stats.requests += 1
            self.server.answer(self, head, body)
        else:
            self.reply(404, b"{}")

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def finish(self, data: bytes, *, completed: bool = True) -> None:
        """The answer's last bytes; the connection may be used again."""
        self.write(data)
        self._answering = False
        self.chat = None
        if completed:
            self.stats.completed += 1

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def reply(self, status: int, body: bytes, headers: str = "") -> None:
        """A whole answer."""
        self._answering = False
        reason = _REASONS.get(status, "OK")
        head = (
            f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}"
        )
        self.write(head.encode() + b"\r\n" + body)

    def say(self, events: bytes, *, completed: bool = True) -> None:
        """A whole stream at once."""
        self.write(form.STREAM_HEAD)
        self.finish(events + form.END, completed=completed)


class Server:
    """All connections together."""

    def __init__(self, tokens: int, rate: int) -> None:
        self.stats = form.Stats()
        self._tokens = tokens
        self._rate = rate
        self._tickers: dict[int, Ticker] = {}
        self._seen: set[str] = set()

    def answer(self, connection: Connection, head: bytes, body: bytes) -> None:
        asked = form.Asked(head, body, tokens=self._tokens, rate=self._rate)
        BEHAVIOURS.get(asked.behaviour, Server.fast)(self, connection, asked)

    def fast(self, connection: Connection, asked: form.Asked) -> None:
        """`tokens` tokens, the finish, the usage if it was asked for, `[DONE]`."""
        self._stream(connection, Chat(connection, asked.tokens, asked.ending), asked)

    def stamped(self, connection: Connection, asked: form.Asked) -> None:
        """Like `fast`; each token is the time it was sent."""
        chat = Chat(connection, asked.tokens, asked.ending)
        chat.stamped = True
        self._stream(connection, chat, asked)

    def fail_midway(self, connection: Connection, asked: form.Asked) -> None:
        """Half of the tokens, then the connection is cut."""
        chat = Chat(connection, asked.tokens // 2, b"")
        chat.cut = True
        self._stream(connection, chat, asked)

    def stall(self, connection: Connection, asked: form.Asked) -> None:
        """The tokens, then silence."""
        self._stream(connection, Chat(connection, asked.tokens, b""), asked)

    def no_end(self, connection: Connection, asked: form.Asked) -> None:
        """The tokens and the end of the body, without finish or `[DONE]`."""
        self._stream(connection, Chat(connection, asked.tokens, form.END), asked)

    def no_done(self, connection: Connection, asked: form.Asked) -> None:
        """The tokens, the finish and the end of the body, without `[DONE]`."""
        self._stream(connection, Chat(connection, asked.tokens, form.finish("length") + form.END), asked)

    def linger(self, connection: Connection, asked: form.Asked) -> None:
        """The tokens and the finish, then silence."""
        self._stream(connection, Chat(connection, asked.tokens, form.finish("stop")), asked)

    def hang(self, connection: Connection, asked: form.Asked) -> None:
        """No answer at all."""

    def fail_before(self, connection: Connection, asked: form.Asked) -> None:
        """500 each time."""
        connection.reply(500, b'{"error":{"message":"PRIVATE words of the server"}}')

    def denied(self, connection: Connection, asked: form.Asked) -> None:
        """401 without the key `sk-PRIVATE-good`."""
        if b"\r\nAuthorization: Bearer sk-PRIVATE-good\r\n" in asked.head:
            self.fast(connection, asked)
            return
        connection.reply(401, b'{"error":{"message":"PRIVATE key sk-123 is wrong"}}')

    def busy_once(self, connection: Connection, asked: form.Asked) -> None:
        """429 for the first request with this model's name."""
        if self._first(asked):
            connection.reply(429, b"{}", "Retry-After: 0\r\n")
        else:
            self.fast(connection, asked)

    def busy_long(self, connection: Connection, asked: form.Asked) -> None:
        """429 each time, to come back in an hour."""
        connection.reply(429, b"{}", "Retry-After: 3600\r\n")

    def drop_once(self, connection: Connection, asked: form.Asked) -> None:
        """The first request with this model's name gets a closed connection."""
        if self._first(asked):
            connection.finish(b"", completed=False)
            connection.close()
        else:
            self.fast(connection, asked)

    def tools(self, connection: Connection, asked: form.Asked) -> None:
        """A word, then two tool calls in interleaved fragments."""
        fragments = [
            form.token("Looking. "),
            form.tool(0, "call_a", "find", ""),
            form.tool(1, "call_b", "read", '{"pa'),
            form.tool(0, None, None, '{"words": "cell'),
            form.tool(1, None, None, 'ge": 3}'),
            form.tool(0, None, None, ' wall"}'),
        ]
        connection.say(b"".join(fragments) + form.finish("tool_calls") + form.usage(9) + form.framed(form.DONE))

    def tools_plain(self, connection: Connection, asked: form.Asked) -> None:
        """Two whole calls, both at index 0, the second without arguments, finished with `stop`."""
        calls = form.tool(0, "call_a", "find", '{"words": "x"}') + form.tool(0, "call_b", "list", "")
        connection.say(calls + form.finish("stop") + form.framed(form.DONE))

    def whole(self, connection: Connection, asked: form.Asked) -> None:
        """One JSON text instead of a stream."""
        message = {"role": "assistant", "content": "All at once.", "tool_calls": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}
        connection.reply(200, json.dumps(answer).encode())
        self.stats.completed += 1

    def echo(self, connection: Connection, asked: form.Asked) -> None:
        """The request's body as the text."""
        connection.say(form.token(asked.raw.decode()) + asked.ending[: -len(form.END)])

    def picky(self, connection: Connection, asked: form.Asked) -> None:
        """Refuses by name each member that some servers refuse; then like `echo`."""
        for member in ("response_format", "stream_options", "max_tokens", "temperature", "reasoning_effort"):
            if member in asked.body:
                hint = " Use 'max_completion_tokens' instead." if member == "max_tokens" else ""
                words = f"Unsupported parameter: '{member}'.{hint}"
                connection.reply(400, json.dumps({"error": {"message": words}}).encode())
                return
        self.echo(connection, asked)

    def garbage(self, connection: Connection, asked: form.Asked) -> None:
        """A token, then a line that is not JSON."""
        connection.say(form.token("tok ") + form.framed(b"data: {PRIVATE not json\n\n"), completed=False)

    def error_midway(self, connection: Connection, asked: form.Asked) -> None:
        """A token, then an error inside the stream."""
        error = b'data: {"error":{"message":"PRIVATE words","code":503}}\n\n'
        connection.say(form.token("tok ") + form.framed(error), completed=False)

    def long_line(self, connection: Connection, asked: form.Asked) -> None:
        """A line of 2 MiB."""
        connection.say(form.framed(b"data: " + b"x" * (2 * 1024 * 1024)), completed=False)

    def _first(self, asked: form.Asked) -> bool:
        first = asked.model not in self._seen
        self._seen.add(asked.model)
        return first

    def _stream(self, connection: Connection, chat: Chat, asked: form.Asked) -> None:
        connection.chat = chat
        connection.write(form.STREAM_HEAD)
        if asked.rate == 0:
            while chat.send_next():
                pass
            return
        if chat.send_next():
            ticker = self._tickers.get(asked.rate)
            if ticker is None:
                ticker = self._tickers[asked.rate] = Ticker(asked.rate)
            ticker.join(chat)


BEHAVIOURS: dict[str, Callable[[Server, Connection, form.Asked], None]] = {
    "fast": Server.fast,
    "stamped": Server.stamped,
    "no-usage": Server.fast,
    "fail-before": Server.fail_before,
    "fail-midway": Server.fail_midway,
    "stall": Server.stall,
    "no-end": Server.no_end,
    "no-done": Server.no_done,
    "linger": Server.linger,
    "hang": Server.hang,
    "denied": Server.denied,
    "busy-once": Server.busy_once,
    "busy-long": Server.busy_long,
    "drop-once": Server.drop_once,
    "tools": Server.tools,
    "tools-plain": Server.tools_plain,
    "whole": Server.whole,
    "echo": Server.echo,
    "picky": Server.picky,
    "garbage": Server.garbage,
    "error-midway": Server.error_midway,
    "long-line": Server.long_line,
}


async def _serve(arguments: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    upstream = Server(arguments.tokens, arguments.rate)
    server = await loop.create_server(lambda: Connection(upstream), "127.0.0.1", arguments.port, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"port": port, "url": f"http://127.0.0.1:{port}/v1"}), flush=True)
    parent = os.getppid()
    while not arguments.with_parent or os.getppid() == parent:  # noqa: ASYNC110 (no event tells of a parent's end)
        await asyncio.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description="A fake model service.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tokens", type=int, default=20, help="tokens of an answer, where the model's name says none")
    parser.add_argument("--rate", type=int, default=50, help="tokens a second of each chat; 0: all at once")
    parser.add_argument("--with-parent", action="store_true", help="end when the parent process ends")
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_serve(parser.parse_args()))


@contextlib.contextmanager
def running_upstream(*, tokens: int = 20, rate: int = 0) -> Generator[str]:
    """The server in a process of its own, while the context lasts; gives its base URL (`.../v1`)."""
    command = [sys.executable, "-m", "tests.fakes.upstream", "--with-parent", f"--tokens={tokens}", f"--rate={rate}"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    main()
