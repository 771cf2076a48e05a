"""The settings of speech and of voice."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Speech(BaseModel):
    """The engines of speech, for the assistant and for voice (lab protocol 10.1). Nothing is ever downloaded.

    `auto`: the first local engine that is there, else off. `provider` names a configured provider for `openai`.
    `voices`: the voice's name by language. `model_path`: the folder of a faster-whisper or pocketsphinx model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    into: Literal["auto", "off", "offline", "faster_whisper", "openai", "scripted"] = Field(default="auto", alias="in")
    out: Literal["auto", "off", "espeak_ng", "openai", "scripted"] = "auto"
    provider: str | None = None
    in_model: str = "whisper-1"
    out_model: str = "tts-1"
    model_path: Path | None = None
    language: str = "en"
    voices: dict[str, str] = Field(default_factory=dict)
    engine_seconds_max: float = Field(default=60.0, gt=0)
    engine_processes_max: int = Field(default=2, ge=1, le=64)
    memory_bytes_max: int = Field(default=1024 * 1024 * 1024, ge=128 * 1024 * 1024)


class VoiceSettings(BaseModel):
    """Voice in attempts (Glow 6.8). Milliseconds and seconds as the names say.

    `path`: `local` recognises, answers and speaks with the engines of `speech`; `realtime` lets an
    OpenAI-compatible realtime service do all of it. `silence_ms` ends a turn; the other two hold after a
    sentence that has ended and after one that clearly goes on. `recording_days` 0 keeps no sound.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Literal["local", "realtime"] = "local"
    realtime_provider: str | None = None
    realtime_model: str = "gpt-realtime"
    realtime_voice: str | None = None
    activity: Literal["auto", "webrtc", "energy"] = "auto"
    threshold: float = Field(default=0.5, ge=0, le=1)
    prefix_ms: int = Field(default=300, ge=0, le=5_000)
    silence_ms: int = Field(default=500, ge=50, le=10_000)
    silence_ended_ms: int = Field(default=300, ge=50, le=10_000)
    silence_unfinished_ms: int = Field(default=1_000, ge=50, le=10_000)
    barge_in_ms: int = Field(default=300, ge=0, le=5_000)
    lead_ms: int = Field(default=400, ge=50, le=5_000)
    idle_seconds: float = Field(default=300.0, gt=0)
    open_seconds_max: float = Field(default=10.0, gt=0)
    stop_seconds_max: float = Field(default=5.0, gt=0)
    queue_seconds_max: float = Field(default=10.0, ge=1)
    utterance_seconds_max: float = Field(default=120.0, ge=1)
    sessions_max: int = Field(default=64, ge=1)
    unclear_below: float = Field(default=0.5, ge=0, le=1)
    recording_days: float = Field(default=30.0, ge=0)
