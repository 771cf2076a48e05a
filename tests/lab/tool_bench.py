"""A bench for tools: it drives a flow as the loop does, with a person who gives the answers of a list.

What a flow gets is kept as JSON, and afterwards the flow is run once more on what was kept: it has to
ask the same and to end the same, or it would not survive a restart.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from parlour.assistant.entities import Language, Member, TurnId
from parlour.assistant.messages import members
from parlour.assistant.tools.built_in import BuiltInNeed, BuiltInTools
from parlour.assistant.tools.papers import Summarise
from parlour.assistant.tools.policy import policy_of
from parlour.assistant.tools.ports import (
    Ask,
    Call,
    FailedError,
    Flow,
    Operation,
    Outcome,
    Outside,
    RefusedError,
    Tool,
    ToolError,
    Wish,
)
from parlour.files import actions as files
from parlour.files.entities import NewFile, StoredFile
from parlour.files.extraction.work import ReaderNeed, TextReader
from parlour.files.handles import handle_of
from parlour.files.intake import Intake
from parlour.kernel.decoding import decode_untyped
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.settings.lab import LabLimits
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from tests.harness.site import Site
from tests.lab.house import new_member

TURN = TurnId("turn-of-the-bench")


@dataclass
class Played:
    """What came of a call: how it ended, what was asked in which order, and what the person was shown."""

    outcome: Outcome
    asked: list[str] = field(default_factory=list)
    prompts: list[Any] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)

    @property
    def quotes(self) -> list[str]:
        return [each.reference.quote or "" for each in self.outcome.passages]


class Bench:
    """Tools over one store."""

    def __init__(self, database: Database, folder: Path, summarise: Summarise | None) -> None:
        blobs = FolderBlobs(folder / "files")
        self.database = database
        self.intake = Intake(folder / "intake", blobs, 50 * 1024 * 1024)
        self.reader = TextReader(ReaderNeed(database=database, blobs=blobs, limits=LabLimits()))
        tools = BuiltInTools(BuiltInNeed(reader=self.reader, summarise=summarise)).tools()
        self.tools: dict[str, Tool] = {tool.name: tool for tool in tools}

    async def person(self, site: Site, language: Language = "en") -> Member:
        """A new member."""
        account_id = AccountId(new_member(site).account_id)
        made = await self.database.write(lambda tx: members.member(tx, account_id))
        return replace(made, language=language)

    async def upload(self, member: Member, name: str, data: bytes) -> StoredFile:
        """A file that the member sent."""
        received = await self.intake.keep_bytes(name, data)
        new = NewFile(account_id=member.account_id, name=name, origin="upload", received=received)
        return await self.database.write(lambda tx: files.keep_file(tx, new))

    async def run(
        self, member: Member, tool: str, answers: Sequence[Any] = (), sent: StoredFile | None = None, **given: Any
    ) -> Played:
        """Call a tool. An answer is that to a question, or `allow` or `deny` to an authorisation, in order.

        `sent` came with the message. An argument whose name Python keeps for itself ends with `_`.
        """
        call = Call(
            call_id="call",
            turn_id=TURN,
            member=member,
            arguments={key.removesuffix("_"): value for key, value in given.items()},
            files=(handle_of(sent),) if sent else (),
        )
        kept: list[Any] = []
        played = await self._drive(self.tools[tool], call, list(answers), kept)
        _again(self.tools[tool].run(call), kept, played)
        return played

    async def _drive(self, tool: Tool, call: Call, answers: list[Any], kept: list[Any]) -> Played:
        flow, played = tool.run(call), Played(outcome=Outcome(status="failed", text=""))
        result: Any = None
        try:
            while True:
                wish = flow.throw(result) if isinstance(result, ToolError) else flow.send(result)
                result = await self._grant(tool, wish, answers, played)
                kept.append(result)
        except StopIteration as ended:
            played.outcome = ended.value
        except ToolError as error:
            played.outcome = Outcome(status=error.status, text=error.why)
        assert not answers, f"never asked: {answers}; asked {played.asked}; {played.outcome}"
        return played

    async def _grant(self, tool: Tool, wish: Wish, answers: list[Any], played: Played) -> Any:
        if isinstance(wish, Ask):
            played.asked.append(wish.prompt.kind)
            played.prompts.append(wish.prompt)
            return answers.pop(0)
        operation = wish.operation
        if operation is not None and policy_of(self.tools[operation.tool], operation.arguments, {}) == "ask":
            played.asked.append(f"authorize {operation.tool}")
            played.operations.append(operation)
            if answers.pop(0) != "allow":
                return RefusedError("refused by the person")
        try:
            done = await wish.call("key") if isinstance(wish, Outside) else await self.database.write(wish.act)
        except Refusal as refusal:
            return FailedError(refusal.text)
        return decode_untyped(msgspec.json.encode(done))


def _again(flow: Flow, kept: Sequence[Any], played: Played) -> None:
    """The same flow on what was kept, without doing anything."""
    asked: list[str] = []
    result: Any = None
    outcome = None
    try:
        for following in [*kept, None]:
            wish = flow.throw(result) if isinstance(result, ToolError) else flow.send(result)
            if isinstance(wish, Ask):
                asked.append(wish.prompt.kind)
            result = following
    except StopIteration as ended:
        outcome = ended.value
    except ToolError as error:
        outcome = Outcome(status=error.status, text=error.why)
    assert asked == [each for each in played.asked if not each.startswith("authorize")]
    assert outcome == played.outcome


@asynccontextmanager
async def bench_on(site: Site, summarise: Summarise | None = None) -> AsyncGenerator[Bench]:
    """A bench on a site's store, with its database running."""
    database = site.database()
    database.start()
    try:
        yield Bench(database, site.folder / "data", summarise)
    finally:
        await database.stop()
