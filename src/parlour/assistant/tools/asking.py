"""Asking a model something small for a tool, beside the loop: no tools, no streaming, and what it costs is kept."""

from collections.abc import Sequence
from contextlib import aclosing

from parlour.assistant.entities import TurnId
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.database import Database
from parlour.turns import usage
from parlour.turns.ports import Model, Request, Said, Text
from parlour.turns.usage import Meter, Payer


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Who asks. `name` is the model's name in the settings."""

    database: Database
    model: Model
    name: str

    async def ask(
        self, messages: Sequence[Said], *, account_id: AccountId, turn_id: TurnId, output_tokens_max: int
    ) -> str:
        """All that the model said; it counts for the day of the account (15). Raises `ProviderFault`."""
        request = Request(model=self.name, messages=tuple(messages), task="assist", output_tokens_max=output_tokens_max)
        meter = Meter(request)
        said: list[str] = []
        try:
            async with aclosing(self.model.stream(request)) as pieces:
                async for piece in pieces:
                    meter.see(piece)
                    if isinstance(piece, Text):
                        said.append(piece.text)
        finally:
            meter.end()
            used = meter.used(Payer(account_id=account_id, subject_id=turn_id))
            await self.database.write(lambda tx: usage.note(tx, used))
        return "".join(said).replace("\0", "").strip()
