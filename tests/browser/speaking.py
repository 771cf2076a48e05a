"""A browser with a microphone that hears a file, what a person does with it, and loudspeakers that are measured."""

import shutil
import subprocess
import wave
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, expect

from parlour.providers.speech.scripted import silence, tone
from parlour.speech.wav import wav_bytes
from tests.browser.browsing import WIDE, Visit, launch, tab_in

RATE = 48_000
SPOKEN_MS = 60_000
SCRIPTED: dict[str, Any] = {"speech__in": "scripted", "speech__out": "scripted"}

# What any page sends to the loudspeaker passes an analyser; `sounded` counts how often something was to be heard.
# `listening()` says whether a microphone is open.
MEASURE = """
(() => {
  const connect = AudioNode.prototype.connect;
  globalThis.sounded = 0;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) {
      const ear = new AnalyserNode(this.context, { fftSize: 2048 });
      const samples = new Float32Array(ear.fftSize);
      connect.call(this, ear);
      setInterval(() => {
        ear.getFloatTimeDomainData(samples);
        if (samples.some((each) => Math.abs(each) > 0.02)) globalThis.sounded += 1;
      }, 20);
    }
    return connect.call(this, to, ...rest);
  };
  const tracks = [];
  globalThis.listening = () => tracks.some((track) => track.readyState === "live");
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    tracks.push(...stream.getTracks());
    return stream;
  };
})();
"""


def tones(path: Path, text: str, *, before_ms: int = 300, after_ms: int = 2_500, mumbled: Sequence[str] = ()) -> Path:
    """A file in which the text is said once, in tone speech; the words in `mumbled` not clearly."""
    said = tone(text, rate=RATE, confidence=dict.fromkeys(mumbled, 0.3))
    sound = silence(before_ms, rate=RATE) + said + silence(after_ms, rate=RATE)
    path.write_bytes(wav_bytes(sound, RATE))
    return path


def voice(path: Path, text: str, *, after_ms: int = 6_000) -> Path:
    """A file in which espeak-ng says the text, and is silent then."""
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("no espeak-ng here")
    subprocess.run([program, "-s", "140", "-w", str(path), "--stdin"], input=text.encode(), check=True, timeout=60)
    with wave.open(str(path)) as spoken:
        sound, rate = spoken.readframes(spoken.getnframes()), spoken.getframerate()
    path.write_bytes(wav_bytes(sound + silence(after_ms, rate=rate), rate))
    return path


class Microphones:
    """Browsers, each with its own microphone. What is heard is a file, again and again or once."""

    def __init__(self, driver: Playwright) -> None:
        self._driver = driver
        self._open = ExitStack()

    def tab(self, hears: Path | None, size: ViewportSize = WIDE, *, again: bool = True) -> Visit:
        """A tab of a browser that may use its microphone; without a file it has none."""
        arguments = ["--use-fake-ui-for-media-stream", "--autoplay-policy=user-gesture-required"]
        if hears is not None:
            capture = f"--use-file-for-fake-audio-capture={hears}{'' if again else '%noloop'}"
            arguments += ["--use-fake-device-for-media-stream", capture]
        return self._measured(launch(self._driver, *arguments), size)

    def refusing(self, size: ViewportSize = WIDE) -> Visit:
        """A tab of a browser whose person does not allow the microphone."""
        return self._measured(
            launch(self._driver, "--use-fake-device-for-media-stream", "--deny-permission-prompts"), size
        )

    def close(self) -> None:
        """Close them all."""
        self._open.close()

    def _measured(self, browser: Browser, size: ViewportSize) -> Visit:
        self._open.callback(browser.close)
        tab = tab_in(browser, size)
        tab.context.add_init_script(MEASURE)
        return tab


def open_microphone(page: Page, *, mode: str | None = None) -> None:
    """Press, and it is open."""
    page.get_by_role("button", name="Speak", exact=True).click()
    expect(page.get_by_role("button", name="Close the microphone")).to_be_visible(timeout=SPOKEN_MS)
    if mode is not None:
        page.get_by_label(mode).check()


def close_microphone(page: Page) -> None:
    page.get_by_role("button", name="Close the microphone").click()
    expect(page.get_by_role("button", name="Speak", exact=True)).to_be_visible()


def sound_is_heard(page: Page) -> None:
    """Something really leaves the page's loudspeaker from now on."""
    before = page.evaluate("globalThis.sounded")
    eventually(lambda: page.evaluate("globalThis.sounded") > before + 5, page)


def recording_plays(page: Page) -> None:
    """A player of the page is being played."""
    playing = "[...document.querySelectorAll('audio.recording')].some((each) => each.currentTime > 0)"
    eventually(lambda: page.evaluate(playing), page)


def eventually(found: Callable[[], bool], page: Page) -> None:
    """Wait for something that the page does not show."""
    for _ in range(SPOKEN_MS // 100):
        if found():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen in time")
