"""Many sentences in many voices, made by one process with espeak-ng's library: `utterances(lines)`.

Run as a program it reads lines of `voice <tab> words a minute <tab> text` and writes, for each, a line with the
number of bytes and then PCM16 at 22,050 Hz.
"""

import ctypes
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

RATE = 22_050
_SYNCHRONOUS, _UTF8, _SPEED = 2, 1, 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Something to be said. `voice` is a name of espeak-ng's, such as `en-us+f3`."""

    voice: str
    words_a_minute: int
    text: str


def utterances(lines: list[Line]) -> list[bytes]:
    """The sound of each line: PCM16 at `RATE`, without the silence around it."""
    told = "".join(f"{line.voice}\t{line.words_a_minute}\t{line.text}\n" for line in lines)
    said = subprocess.run(
        [sys.executable, str(Path(__file__))], input=told.encode(), capture_output=True, check=True, timeout=60
    ).stdout
    sounds: list[bytes] = []
    for _ in lines:
        size, _, said = said.partition(b"\n")
        sounds.append(said[: int(size)])
        said = said[int(size) :]
    return sounds


def _main() -> None:
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    path = espeakng_loader.get_data_path()
    if library.espeak_Initialize(_SYNCHRONOUS, 0, path.encode(), 0) != RATE:
        raise SystemExit("espeak-ng does not begin")
    sound = bytearray()

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
    def heard(wav: int | None, samples: int, events: int | None) -> int:
        del events
        if wav:
            sound.extend(ctypes.string_at(wav, samples * 2))
        return 0

    library.espeak_SetSynthCallback(heard)
    for line in sys.stdin.read().splitlines():
        voice, speed, text = line.split("\t")
        sound.clear()
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SystemExit(f"no voice {voice}")
        library.espeak_SetParameter(_SPEED, int(speed), 0)
        said = text.encode() + b"\0"
        library.espeak_Synth(said, ctypes.c_size_t(len(said)), 0, 1, 0, _UTF8, None, None)
        library.espeak_Synchronize()
        sys.stdout.buffer.write(f"{len(sound)}\n".encode() + bytes(sound))


if __name__ == "__main__":
    _main()
