"""When somebody speaks, and how long a pause must be: hysteresis, prefix, interruptions (Glow 6.8.3, 6.8.6)."""

import struct

import pytest

from parlour.providers.speech.activity import EnergyActivity, WebRtcActivity
from parlour.providers.speech.scripted import tone
from parlour.speech.activity import Calmed, GateEvent, GateRules, Offset, Onset, SpeechGate, Stirring
from parlour.speech.endpointing import PauseRules, pause_ms
from parlour.speech.pcm import bytes_of, duration_ms, silence
from parlour.speech.ports import SAMPLE_BYTES

WINDOW_SAMPLES = 320


class Written:
    """A detector that finds its probabilities written in the sound: every sample is a percentage."""

    window_samples = WINDOW_SAMPLES

    def __init__(self) -> None:
        self.resets = 0

    def probability(self, window: bytes) -> float:
        """What the window's first sample says."""
        return struct.unpack_from("<h", window)[0] / 100

    def reset(self) -> None:
        """Count it."""
        self.resets += 1


def sound(*parts: tuple[int, int]) -> bytes:
    """Parts of (milliseconds, percent)."""
    return b"".join(struct.pack("<h", percent) * (bytes_of(ms) // SAMPLE_BYTES) for ms, percent in parts)


def heard(gate: SpeechGate, what: bytes, step: int = 640) -> list[GateEvent]:
    """Everything that is told while a sound is fed in pieces."""
    return [event for at in range(0, len(what), step) for event in gate.feed(what[at : at + step])]


@pytest.mark.parametrize("step", [2, 170, 640, 65_536])
def test_speech_begins_and_ends_once_however_its_frames_are_cut(step: int) -> None:
    gate = SpeechGate(Written(), GateRules())
    told = heard(gate, sound((1_000, 0), (600, 90), (1_000, 0)), step)
    assert [type(event) for event in told] == [Stirring, Onset, Offset]
    assert [event.at_ms for event in told] == [1_000, 1_000, 1_600]
    assert gate.quiet_ms == 1_000
    assert gate.heard_ms == 2_600
    assert not gate.speaking


def test_the_beginning_comes_with_the_sound_before_it_and_all_that_was_fed_since() -> None:
    gate = SpeechGate(Written(), GateRules(prefix_ms=300, onset_ms=100))
    before, speech = sound((1_000, 3)), sound((90, 90), (11, 91), (50, 92))
    assert heard(gate, before) == []
    (stirring, onset) = heard(gate, speech, len(speech))
    assert isinstance(stirring, Stirring)
    assert isinstance(onset, Onset)
    assert onset.sound == before[-bytes_of(300) :] + speech


def test_one_loud_window_or_a_click_begins_nothing_and_one_quiet_one_ends_nothing() -> None:
    gate = SpeechGate(Written(), GateRules(onset_ms=100, offset_ms=200))
    assert [type(event) for event in heard(gate, sound((500, 0), (60, 95), (500, 0)))] == [Stirring, Calmed]
    told = heard(gate, sound((80, 95), (80, 0), (400, 95), (180, 0), (300, 95), (20, 0)))
    assert [type(event) for event in told] == [Stirring, Onset]
    assert gate.speaking


def test_what_is_less_sure_keeps_speech_going_but_does_not_begin_it() -> None:
    gate = SpeechGate(Written(), GateRules(threshold=0.5))
    assert heard(gate, sound((2_000, 40))) == []
    assert [type(event) for event in heard(gate, sound((200, 60), (2_000, 40)))] == [Stirring, Onset]
    assert gate.quiet_ms == 0
    assert [type(event) for event in heard(gate, sound((300, 30)))] == [Offset]


def test_more_is_asked_of_somebody_who_interrupts() -> None:
    gate = SpeechGate(Written(), GateRules(onset_ms=100))
    gate.onset_ms = 300
    assert [type(event) for event in heard(gate, sound((500, 0), (240, 90), (500, 0)))] == [Stirring, Calmed]
    told = heard(gate, sound((400, 90)))
    assert [type(event) for event in told] == [Stirring, Onset]
    assert isinstance(told[1], Onset)
    assert duration_ms(told[1].sound) == 300 + 300
    gate.onset_ms = gate.rules.onset_ms
    heard(gate, sound((500, 0)))
    assert [type(event) for event in heard(gate, sound((120, 90)))] == [Stirring, Onset]


def test_after_a_reset_nothing_of_before_is_there() -> None:
    detector = Written()
    gate = SpeechGate(detector, GateRules(prefix_ms=300))
    heard(gate, sound((700, 0), (90, 90)))
    gate.reset()
    assert (gate.heard_ms, gate.quiet_ms, gate.speaking, detector.resets) == (0, 0, False, 1)
    told = heard(gate, sound((200, 90)))
    assert isinstance(told[1], Onset)
    assert duration_ms(told[1].sound) == 100


def test_an_hour_of_silence_or_of_talk_is_not_kept() -> None:
    gate = SpeechGate(Written(), GateRules(prefix_ms=300))
    for percent in (0, 49, 90, 40):
        for _ in range(300):
            gate.feed(sound((1_000, percent)))
        kept = vars(gate)["_kept"]
        assert len(kept) <= bytes_of(1_500)
    endless = SpeechGate(Written(), GateRules(onset_ms=5_000))
    for _ in range(3_000):  # a tap every 120 ms never becomes speech
        endless.feed(sound((20, 90), (80, 0)))
    assert len(vars(endless)["_kept"]) <= bytes_of(16_000)


@pytest.mark.parametrize("make", [WebRtcActivity, EnergyActivity])
def test_the_tone_speech_of_tests_is_speech_and_silence_is_none(make: type[WebRtcActivity | EnergyActivity]) -> None:
    pytest.importorskip("webrtcvad")
    gate = SpeechGate(make(), GateRules())
    told = heard(gate, silence(1_000) + tone("I would like to know more about it.") + silence(1_500))
    assert [type(event) for event in told] == [Stirring, Onset, Offset]
    assert heard(SpeechGate(make(), GateRules()), silence(10_000)) == []


@pytest.mark.parametrize(
    ("words", "pause"),
    [
        ("", 500),
        ("I went home", 500),
        ("I went home.", 300),
        ("Really?", 300),
        ('She said "no!"', 300),
        ("我不同意这个建议。", 300),
        ("真的吗？", 300),
        ("Ich weiß nicht …", 300),
        ("I went home, ", 1_000),
        ("I went home and", 1_000),
        ("I think that, um", 1_000),
        ("Because", 1_000),
        ("wir haben das getan weil", 1_000),
        ("ich möchte ähm", 1_000),
        ("我不同意，", 1_000),
        ("我不同意因为", 1_000),
        ("那个", 1_000),
        ("the band", 500),
        ("Thailand", 500),
    ],
)
def test_a_finished_sentence_needs_a_short_pause_and_an_unfinished_one_a_long_one(words: str, pause: int) -> None:
    assert pause_ms(words, PauseRules(silence_ms=500, silence_ended_ms=300, silence_unfinished_ms=1_000)) == pause
