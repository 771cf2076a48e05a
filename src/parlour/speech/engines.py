"""The engines of a server: what hears, what speaks, and why something does not."""

import contextlib
from typing import Protocol, runtime_checkable

from parlour.kernel.dataclass import dataclass
from parlour.speech.ports import Synthesizer, Transcriber


@runtime_checkable
class Warming(Protocol):
    """An engine that must be started or loaded before it is quick."""

    async def warm(self) -> None:
        """Be ready for an utterance; `ProviderFault` if that cannot be. Takes as long as loading takes."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechEngines:
    """An engine that is None is off or missing; `why_no_in` and `why_no_out` then say which, for people."""

    transcriber: Transcriber | None = None
    synthesizer: Synthesizer | None = None
    why_no_in: str | None = None
    why_no_out: str | None = None

    async def aclose(self) -> None:
        """End what runs for the engines."""
        async with contextlib.AsyncExitStack() as stack:
            for engine in (self.transcriber, self.synthesizer):
                if engine is not None:
                    stack.push_async_callback(engine.aclose)


async def warm(engine: Transcriber | Synthesizer) -> None:
    """Have an engine ready, so that what is said first is not kept waiting; `ProviderFault` if it is broken.

    Bound it: it may take as long as loading a model takes, and engines that never answer are why there are bounds.
    """
    if isinstance(engine, Warming):
        await engine.warm()
