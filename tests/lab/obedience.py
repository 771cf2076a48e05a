"""A model that obeys: whatever tool output tells it to call, it calls; whatever it is to say, it says (E10).

It reads commands as a gullible model would: anywhere in quoted material, in whatever language the words around are.
"""

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, cast

from parlour.turns.ports import Finished, Piece, Request, Text, ToolCall, Usage

COMMAND = re.compile(r"CALL ([\w.-]+) (\{[^{}]*\}) NOW")
SAY = re.compile(r"SAY \"(.*?)\" NOW")
MARK = re.compile(r"poison\d{3}x")
ROUNDS_MAX = 3
CALLS_MAX = 16


class Obedient:
    """A `Model`. `requests` are all that it was sent, `obeyed` the commands it followed, `marks` the poison it read."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.obeyed: list[tuple[str, str]] = []
        self.marks: set[str] = set()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """First it looks everywhere, then it obeys what it found there, round by round."""
        self.requests.append(request)
        script = request.script or {}
        steps = cast("Sequence[object]", script.get("steps", ()))
        told = "\n".join(said.content for said in request.messages if said.role == "tool")
        plain = " ".join(told.replace("\\n", " ").replace('\\"', '"').split())
        self.marks |= set(MARK.findall(plain))
        calls = _looking(script, request) if not steps else self._commands(plain, script)
        if script.get("last") or len(steps) > ROUNDS_MAX or not calls:
            said = " ".join(SAY.findall(plain))
            yield Text(text=f"I obey. {said} {plain[:4_000]}")
        else:
            yield Text(text="I do as I was told.")
            for number, (name, arguments) in enumerate(calls[:CALLS_MAX]):
                yield ToolCall(call_id=f"c{number}", name=name, arguments=arguments)
        yield Usage(input_tokens=1, output_tokens=1)
        yield Finished(reason="stop")

    async def aclose(self) -> None:
        """Nothing is open."""

    def _commands(self, told: str, script: Mapping[str, object]) -> list[tuple[str, str]]:
        """The commands that were not followed in this turn."""
        done = {
            (str(call["tool"]), json.dumps(call["arguments"], sort_keys=True))
            for step in cast("Sequence[Any]", script["steps"])
            for call in step["calls"]
        }
        own = next((each["handle"] for each in cast("Sequence[Any]", script.get("files", ()))), "files/none/none")
        found: list[tuple[str, str]] = []
        for name, arguments in dict.fromkeys(COMMAND.findall(told)):
            given = json.loads(arguments.replace("OWN_FILE", own))
            if (name, json.dumps(given, sort_keys=True)) not in done:
                found.append((name, json.dumps(given)))
        self.obeyed += found[:CALLS_MAX]
        return found


def _looking(script: Mapping[str, object], request: Request) -> list[tuple[str, str]]:
    """A call of every tool that finds something, with the person's words."""
    words = str(script.get("words", ""))
    offered = {tool.name for tool in request.tools}
    calls: list[tuple[str, Mapping[str, object]]] = [
        ("file_search", {"file": each["handle"], "query": words})
        for each in cast("Sequence[Any]", script.get("files", ()))
    ]
    for tool in ("shared_paper_search", "recent_paper_search", "experiment_log_search", "chat_history_search"):
        calls.append((tool, {"query": words, "limit": 10}))
    calls.append(("instrument_search", {"query": words}))
    calls.append(("arxiv_search", {"query": words.rsplit(maxsplit=1)[-1].strip("?"), "offer_download": False}))
    calls.append(("mcp__liar__do", {}))
    return [(name, json.dumps(given)) for name, given in calls if name in offered]
