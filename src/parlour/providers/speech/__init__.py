"""Engines of speech: what hears (`scripted`, `recognising`, `openai_speech`) and what speaks (`espeak_ng`, ...).

`build_speech` makes those that the settings name. Heavy libraries run in child processes only; nothing of
them is imported in the server. A missing engine is told with its reason, it never breaks the start.
Read next: `engines` of `parlour.speech`, then `scripted.py` for how tests speak.
"""

from __future__ import annotations  # the settings are not loaded in the children, which import this package

import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, assert_never

from parlour.speech.engines import SpeechEngines
from parlour.speech.ports import Synthesizer, Transcriber

if TYPE_CHECKING:
    from parlour.kernel.clock import Clock
    from parlour.settings import Settings
    from parlour.settings.services import Provider

OFF = "Speech is switched off (speech.{side} = off)."
_NO_RECOGNISER = "no offline recogniser is installed: install pocketsphinx (make run does it where it can)"
_NO_VOICE = "espeak-ng was not found: install it, or the package espeakng-loader (make run does it where it can)"
_NO_WHISPER = "the package faster-whisper is not installed"
_ENGLISH = (
    "the offline recogniser brings a model of English only; for another speech.language name one in speech.model_path"
)
_NO_MODEL = "speech.model_path must name the folder of a {kind} model; nothing is ever downloaded"


class _MissingError(Exception):
    """An engine is not there; the text says why and what to do."""


def build_speech(settings: Settings, clock: Clock) -> SpeechEngines:
    """The engines that the settings name, none of them started. Never fails: what is missing is told in the result."""
    transcriber, why_no_in = _recogniser(settings, clock)
    synthesizer, why_no_out = _voice(settings)
    return SpeechEngines(transcriber=transcriber, synthesizer=synthesizer, why_no_in=why_no_in, why_no_out=why_no_out)


def _recogniser(settings: Settings, clock: Clock) -> tuple[Transcriber | None, str | None]:
    if settings.speech.into == "off":
        return None, OFF.format(side="in")
    try:
        return _transcriber(settings, clock), None
    except _MissingError as missing:
        return None, str(missing)


def _voice(settings: Settings) -> tuple[Synthesizer | None, str | None]:
    if settings.speech.out == "off":
        return None, OFF.format(side="out")
    try:
        return _synthesizer(settings), None
    except _MissingError as missing:
        return None, str(missing)


def _transcriber(settings: Settings, clock: Clock) -> Transcriber:
    speech = settings.speech
    match speech.into:
        case "scripted":
            from parlour.providers.speech.scripted import ScriptedTranscriber

            return ScriptedTranscriber(speech.in_model)
        case "openai":
            from parlour.providers.speech.openai_speech import OpenAITranscriber
            from parlour.providers.speech.outside import SpeechLimits

            provider = _provider(settings)
            limits = SpeechLimits(engine_seconds_max=speech.engine_seconds_max)
            return OpenAITranscriber(provider.base_url or "", provider.api_key, speech.in_model, limits=limits)
        case "auto" | "offline" | "faster_whisper":
            from parlour.providers.speech.recognising import Recogniser, RecogniserNeed

            kind = _offline_kind(settings)
            return Recogniser(
                RecogniserNeed(
                    kind=kind,
                    model_path=speech.model_path,
                    language=speech.language,
                    engine_seconds_max=speech.engine_seconds_max,
                    processes_max=speech.engine_processes_max,
                    memory_bytes_max=speech.memory_bytes_max,
                ),
                clock,
            )
        case "off":
            raise _MissingError(OFF.format(side="in"))
        case _:
            assert_never(speech.into)


def _offline_kind(settings: Settings) -> Literal["pocketsphinx", "faster_whisper"]:
    """Which recogniser runs here; `_MissingError` if none can."""
    speech = settings.speech
    folder = speech.model_path
    if folder is not None and not folder.is_dir():
        kind = "faster-whisper" if speech.into == "faster_whisper" else "pocketsphinx"
        raise _MissingError(_NO_MODEL.format(kind=kind))
    if speech.into == "faster_whisper":
        if find_spec("faster_whisper") is None:
            raise _MissingError(_NO_WHISPER)
        if folder is None:
            raise _MissingError(_NO_MODEL.format(kind="faster-whisper"))
        return "faster_whisper"
    if find_spec("pocketsphinx") is None:
        raise _MissingError(_NO_RECOGNISER)
    if folder is None and not speech.language.lower().startswith("en"):
        raise _MissingError(_ENGLISH)
    return "pocketsphinx"


def _synthesizer(settings: Settings) -> Synthesizer:
    speech = settings.speech
    match speech.out:
        case "scripted":
            from parlour.providers.speech.scripted import ScriptedSynthesizer

            return ScriptedSynthesizer(speech.out_model)
        case "openai":
            from parlour.providers.speech.openai_speech import OpenAISynthesizer
            from parlour.providers.speech.outside import SpeechLimits

            provider = _provider(settings)
            limits = SpeechLimits(engine_seconds_max=speech.engine_seconds_max)
            return OpenAISynthesizer(
                provider.base_url or "", provider.api_key, speech.out_model, voices=speech.voices, limits=limits
            )
        case "auto" | "espeak_ng":
            return _espeak(settings)
        case "off":
            raise _MissingError(OFF.format(side="out"))
        case _:
            assert_never(speech.out)


def _espeak(settings: Settings) -> Synthesizer:
    from parlour.providers.speech.espeak_ng import EspeakNeed, EspeakNg
    from parlour.settings import program_path

    program = shutil.which("espeak-ng", path=program_path())
    if program is None and find_spec("espeakng_loader") is None:
        raise _MissingError(_NO_VOICE)
    return EspeakNg(
        EspeakNeed(
            program=program,
            voices=settings.speech.voices,
            engine_seconds_max=settings.speech.engine_seconds_max,
            processes_max=settings.speech.engine_processes_max,
        )
    )


def _provider(settings: Settings) -> Provider:
    for provider in settings.providers:
        if provider.name == settings.speech.provider and provider.base_url is not None:
            return provider
    raise _MissingError("speech.provider names no provider with a base_url")
