"""What detectors of speech find, in voices and noises whose turns are known (issue 6, Reach; Glow 6.8.3)."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from parlour.providers.speech.activity import EnergyActivity, WebRtcActivity, build_activity
from parlour.settings import Settings
from parlour.settings.speech import VoiceSettings
from parlour.speech.activity import GateRules, Onset, SpeechGate
from parlour.speech.endpointing import PauseRules, pause_ms
from parlour.speech.pcm import Resampler, duration_ms, resampled
from parlour.speech.ports import HEARD_RATE, VoiceActivity
from tests.harness.turns_in_noise import Stream, spoken, stream

pytest.importorskip("webrtcvad")
pytest.importorskip("espeakng_loader")

UTTERANCES = 240
WIRE_RATE = 24_000
FRAME_BYTES = 960
NOISES = ("white", "pink", "hum", "none")
DETECTORS: tuple[Callable[[], VoiceActivity], ...] = (WebRtcActivity, EnergyActivity)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A turn as the server would take it: its sound begins at `begin_ms`; the last speech in it ends at `end_ms`."""

    begin_ms: int
    end_ms: int
    decided_ms: int


@pytest.fixture(scope="module")
def streams() -> list[Stream]:
    """240 utterances of 14 voices in 5 languages at 4 speeds; twelve streams, four kinds of noise at 20 dB."""
    said = spoken(UTTERANCES)
    each = len(said) // (3 * len(NOISES))
    return [
        stream(said[place * each : (place + 1) * each], NOISES[place % len(NOISES)], seed=place)
        for place in range(3 * len(NOISES))
    ]


def turns_found(heard: Stream, make: Callable[[], VoiceActivity]) -> list[Found]:
    """The whole way of the wire's frames: 24 kHz, to 16 kHz, through the gate, ended by the usual pause."""
    rules = GateRules()
    gate, resampler = SpeechGate(make(), rules), Resampler(WIRE_RATE, HEARD_RATE)
    sent = resampled(heard.sound, HEARD_RATE, WIRE_RATE)
    found: list[Found] = []
    begun: int | None = None
    for at in range(0, len(sent), FRAME_BYTES):
        for event in gate.feed(resampler.feed(sent[at : at + FRAME_BYTES])):
            if isinstance(event, Onset) and begun is None:
                begun = gate.heard_ms - duration_ms(event.sound)
        if begun is not None and not gate.speaking and gate.quiet_ms >= pause_ms("", PauseRules()):
            found.append(Found(begin_ms=begun, end_ms=gate.heard_ms - gate.quiet_ms, decided_ms=gate.heard_ms))
            begun = None
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("make", DETECTORS, ids=lambda make: make.__name__)
def test_turns_are_found_in_noise_and_nothing_else_is_taken_for_one(
    streams: list[Stream], make: Callable[[], VoiceActivity]
) -> None:
    turns = exact = whole = false = 0
    waits: list[int] = []
    for heard in streams:
        found = turns_found(heard, make)
        belonging: set[int] = set()
        for turn in heard.turns:
            here = [n for n, each in enumerate(found) if each.begin_ms < turn.end_ms and each.end_ms > turn.begin_ms]
            belonging.update(here)
            false += max(0, len(here) - 1)  # a turn in two parts: an answer would have come too early
            others = [other for other in heard.turns if other is not turn]
            if len(here) == 1 and not any(found[here[0]].end_ms > each.begin_ms > turn.begin_ms for each in others):
                exact += 1
                whole += found[here[0]].begin_ms <= turn.begin_ms and found[here[0]].end_ms >= turn.end_ms - 200
                waits.append(found[here[0]].decided_ms - turn.end_ms)
        turns += len(heard.turns)
        false += len(found) - len(belonging)
    waits.sort()
    print(
        f"{make.__name__}: {exact} of {turns} turns found, {false} false ones, {whole} with all their sound; "
        f"decided {waits[len(waits) // 2]} ms after their end (median; the pause is {PauseRules().silence_ms} ms)"
    )
    assert turns >= 200
    assert exact >= 0.95 * turns
    assert false <= 0.05 * turns
    assert whole >= 0.95 * turns


def test_the_settings_choose_the_detector() -> None:
    assert build_activity(Settings(voice=VoiceSettings(activity="energy"))) is EnergyActivity
    assert build_activity(Settings(voice=VoiceSettings(activity="webrtc"))) is WebRtcActivity
    assert build_activity(Settings()) is WebRtcActivity
