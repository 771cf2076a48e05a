"""What the fake model service reads and writes: requests by the model's name, events in chunks."""

import json
import re

_NAME = re.compile(r"(?P<name>.+?)(?:-(?P<tokens>\d+))?(?:@(?P<rate>\d+))?")
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_CHUNK_HEAD = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"fake","choices":[%b]}\n\n'
)
TOKEN = b'{"index":0,"delta":{"content":%b},"finish_reason":null}'
DONE = b"data: [DONE]\n\n"
END = b"0\r\n\r\n"


def framed(event: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(event), event)


def choices(choice: bytes) -> bytes:
    return framed(_CHUNK_HEAD % choice)


def token(text: str) -> bytes:
    return choices(TOKEN % json.dumps(text).encode())


def finish(reason: str) -> bytes:
    return choices(b'{"index":0,"delta":{},"finish_reason":"%b"}' % reason.encode())


def usage(tokens: int) -> bytes:
    usage = {"prompt_tokens": 7, "completion_tokens": tokens, "total_tokens": 7 + tokens}
    return framed(b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n")


def tool(index: int, call_id: str | None, name: str | None, arguments: str) -> bytes:
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    call = {"index": index, "function": function}
    if call_id is not None:
        call |= {"id": call_id, "type": "function"}
    return choices(json.dumps({"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}).encode())


class Stats:
    """What the server counted since it started."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0
        self.completed = 0
        self.aborted = 0
        self.open = 0
        self.tokens = 0


class Asked:
    """A request, with what its model's name says."""

    def __init__(self, head: bytes, body: bytes, *, tokens: int, rate: int) -> None:
        self.head = head + b"\r\n"
        self.raw = body
        self.body: dict[str, object] = json.loads(body)
        self.model = str(self.body["model"])
        match = _NAME.fullmatch(self.model)
        assert match is not None
        self.behaviour = match["name"]
        self.tokens = int(match["tokens"]) if match["tokens"] else tokens
        self.rate = int(match["rate"]) if match["rate"] else rate

    @property
    def ending(self) -> bytes:
        """The events after the tokens, and the end of the body."""
        counted = "stream_options" in self.body and self.behaviour != "no-usage"
        return finish("stop") + (usage(self.tokens) if counted else b"") + framed(DONE) + END
