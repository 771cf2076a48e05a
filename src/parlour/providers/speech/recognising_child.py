"""The program that hears utterances: `python -I -m parlour.providers.speech.recognising_child KIND FOLDER MEMORY`.

`KIND` is `pocketsphinx` or `faster_whisper`, `FOLDER` a model's or empty. It loads its model, says that it is
ready, gives up everything but a bounded amount of time and memory, and then hears one utterance after another.
Read next: `recognising_lines.py` for what is said.
"""

import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from parlour.kernel.decoding import decode
from parlour.providers.speech.recognising_ears import Ear, ear_of
from parlour.providers.speech.recognising_lines import BEGIN, END, FRAME_BYTES_MAX, HEAD, SOUND, Begin, Said
from parlour.speech.confined import confine
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES

_SECOND = HEARD_RATE * SAMPLE_BYTES
_CPU_SECONDS = 3_600
_UTTERANCE_BYTES_MAX = 600 * _SECOND
_INTERIM_BYTES = _SECOND // 5


def main() -> None:
    """Hear until there is nothing more on standard input."""
    kind, folder, memory = sys.argv[1:]
    ear = ear_of(kind, Path(folder) if folder else None)
    ear.begin(Begin())
    ear.hear(bytes(_SECOND // 2))
    ear.end(bytes(_SECOND // 2))  # what is loaded on first use is loaded now
    confine(cpu_seconds=_CPU_SECONDS, memory_bytes=int(memory))
    _say(Said(kind="ready"))
    for sound in _utterances(ear):
        try:
            said = ear.end(sound)
        except (MemoryError, RuntimeError, ValueError):
            said = Said(kind="failed", text="The recogniser failed.")
        _say(said)


def _utterances(ear: Ear) -> Iterator[bytes]:
    """The utterances that are over. Interim words are looked for only while nothing more is waiting."""
    sound, heard, told = bytearray(), 0, ""
    for letter, body, waiting in _frames():
        if letter == BEGIN:
            sound, heard, told = bytearray(), 0, ""
            ear.begin(decode(body, Begin))
        elif letter == SOUND:
            sound += body[: _UTTERANCE_BYTES_MAX - len(sound)]
            if not waiting and len(sound) - heard >= _INTERIM_BYTES:
                text = ear.hear(bytes(sound[heard:]))
                heard = len(sound)
                if text != told:
                    told = text
                    _say(Said(kind="interim", text=text))
        elif letter == END:
            yield bytes(sound)


def _frames() -> Iterator[tuple[bytes, bytes, bool]]:
    """The frames of standard input, and whether more is waiting behind each."""
    held = bytearray()
    source = sys.stdin.fileno()
    while piece := os.read(source, 64 * 1024):
        held += piece
        while len(held) >= HEAD.size:
            letter, length = HEAD.unpack_from(held)
            if length > FRAME_BYTES_MAX:
                sys.exit(2)
            if len(held) < HEAD.size + length:
                break
            body = bytes(held[HEAD.size : HEAD.size + length])
            del held[: HEAD.size + length]
            yield letter, body, bool(held) or bool(select.select([source], [], [], 0)[0])


def _say(said: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
