"""The program that says one text with espeak-ng's library: `python -I -m parlour.providers.speech.espeak_child VOICE`.

Text on its standard input, WAV on its standard output, as the executable does it. Status 1: no such voice.
"""

import ctypes
import importlib
import resource
import sys

from parlour.speech.wav import wav_header

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples are given to the callback
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_CHARACTERS = 1
_MS = 100
_CPU_SECONDS, _MEMORY_BYTES = 60, 512 * 1024 * 1024
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class _Voice(ctypes.Structure):
    """espeak_VOICE: what is looked for."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


def main() -> None:
    """Say what stands on standard input."""
    loader = importlib.import_module("espeakng_loader")
    library = ctypes.CDLL(loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, _MS, loader.get_data_path().encode(), _DO_NOT_EXIT)
    if rate <= 0 or not _found(library, sys.argv[1].encode()):
        sys.exit(1)
    _bound()
    out = sys.stdout.buffer
    out.write(wav_header(0x7FFFF000, rate))

    def heard(samples: int | None, count: int, _: object) -> int:
        if samples and count > 0:
            out.write(ctypes.string_at(samples, 2 * count))
        return 0

    keep = _Callback(heard)
    library.espeak_SetSynthCallback(keep)
    text = sys.stdin.buffer.read() + b"\0"
    failed = library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, _CHARACTERS, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    out.flush()
    sys.exit(1 if failed else 0)


def _bound() -> None:
    """Time and memory; not files: foreign words in a text make the library load another language."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _found(library: ctypes.CDLL, name: bytes) -> bool:
    """Choose a voice by its name, else by its language, as the executable does."""
    if library.espeak_SetVoiceByName(name) == 0:
        return True
    return library.espeak_SetVoiceByProperties(ctypes.byref(_Voice(languages=name))) == 0


if __name__ == "__main__":
    main()
