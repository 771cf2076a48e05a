"""What `parlour doctor` finds about speech: which engines work here, tried for real, and why others do not."""

import asyncio
from collections.abc import Awaitable

from parlour.cli.checks import Finding
from parlour.kernel.clock import SystemClock
from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech import build_speech
from parlour.settings import Settings
from parlour.speech.decoding.containers import decodable
from parlour.speech.engines import SpeechEngines, warm
from parlour.speech.ports import Synthesizer, Voice

_SECONDS_MAX = 30.0
_OUTSIDE = "openai"


def speech_findings(settings: Settings) -> list[Finding]:
    """How hearing, speaking and the reading of recordings stand. Local engines are started, others are not asked."""
    return asyncio.run(_tried(settings))


async def _tried(settings: Settings) -> list[Finding]:
    engines = build_speech(settings, SystemClock())
    try:
        return [await _hearing(engines, settings), await _speaking(engines, settings), _reading()]
    finally:
        await engines.aclose()


async def _hearing(engines: SpeechEngines, settings: Settings) -> Finding:
    engine = engines.transcriber
    if engine is None:
        return _missing("speech in", engines.why_no_in, asked=settings.speech.into not in ("auto", "off"))
    if settings.speech.into == _OUTSIDE:
        return Finding(check="speech in", state="note", text=f"{engine.name}; not tried")
    return await _worked("speech in", engine.name, warm(engine))


async def _speaking(engines: SpeechEngines, settings: Settings) -> Finding:
    engine = engines.synthesizer
    if engine is None:
        return _missing("speech out", engines.why_no_out, asked=settings.speech.out not in ("auto", "off"))
    if settings.speech.out == _OUTSIDE:
        return Finding(check="speech out", state="note", text=f"{engine.name}; not tried")
    return await _worked("speech out", engine.name, _spoken(engine, settings.speech.language))


async def _worked(check: str, name: str, trial: Awaitable[None]) -> Finding:
    try:
        async with asyncio.timeout(_SECONDS_MAX):
            await trial
    except (ProviderFault, TimeoutError) as error:
        text = error.text if isinstance(error, ProviderFault) else "it took too long"
        return Finding(check=check, state="wrong", text=f"{name}: {text}")
    return Finding(check=check, state="ok", text=name)


async def _spoken(engine: Synthesizer, language: str) -> None:
    async for _ in engine.speak("1", Voice(language=language)):
        pass


def _reading() -> Finding:
    names = decodable()
    return Finding(
        check="recordings", state="ok" if len(names) > 1 else "note", text=f"can be read: {', '.join(names)}"
    )


def _missing(check: str, why: str | None, *, asked: bool) -> Finding:
    return Finding(check=check, state="wrong" if asked else "note", text=why or "off")
