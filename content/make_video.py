"""Makes `teaching-practice/media/office-hour.webm` and its captions; needs ffmpeg, espeak-ng and a font.

Run by hand when the scene changes: `python content/make_video.py`. It prints where each line begins,
for the `times` of the questions in `teaching-practice/video.yaml`.
"""

import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

MEDIA = Path(__file__).parent / "teaching-practice" / "media"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
SIZE, FRAMES_PER_SECOND, SAMPLES_PER_SECOND = "640x360", 10, 48_000
VOICES = {"Maya": ("en-gb+f3", "0x2f855a"), "Owen": ("en-us+m3", "0x2b6cb0")}


@dataclass(frozen=True)
class Line:
    """What somebody says, and the silence after it in seconds."""

    who: str
    text: str
    pause: float = 0.5


SCENE = (
    Line("Maya", "I wrote it just like the formula, and it crashes. Everybody else got it the first time."),
    Line("Owen", "That is easy. You forgot the base case. Put: if n is zero, return one, at the top."),
    Line("Maya", "Okay. Thanks, I guess.", 1.6),
    Line("Owen", "Wait. I was too quick. What happens in your program when n reaches zero?", 0.9),
    Line("Maya", "It goes on with minus one. And then minus two. Oh! It never stops.", 1.6),
    Line("Owen", "Yes. And you found that yourself. Where would you tell it to stop?"),
    Line("Maya", "Before the line that calls itself. Let me try.", 1.8),
)


def run(*command: str) -> str:
    """What a program prints; an error if it fails."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 (our own words)


def seconds_of(file: Path) -> float:
    """How long a sound is."""
    return float(run("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(file)))


def part(folder: Path, number: int, line: Line) -> tuple[Path, float]:
    """One line as a slide with a voice: the file, and its length in seconds."""
    voice, color = VOICES[line.who]
    spoken, words, made = (folder / f"{number}{end}" for end in (".wav", ".txt", ".mkv"))
    run("espeak-ng", "-v", voice, "-s", "150", "-w", str(spoken), line.text)
    words.write_text("\n".join(textwrap.wrap(line.text, 34)), encoding="utf-8")
    length = round((seconds_of(spoken) + line.pause) * FRAMES_PER_SECOND) / FRAMES_PER_SECOND
    picture = ",".join(
        (
            f"drawbox=x=0:y=0:w=14:h=360:color={color}:t=fill",
            f"drawtext=fontfile={FONT}:text={line.who}:fontcolor={color}:fontsize=34:x=48:y=48",
            f"drawtext=fontfile={FONT}:textfile={words}:fontcolor=0x1a202c:fontsize=26:line_spacing=12:x=48:y=120",
        )
    )
    slide = f"color=c=0xf7fafc:s={SIZE}:r={FRAMES_PER_SECOND}:d={length}"
    run(
        *("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", slide, "-i", str(spoken)),
        *("-vf", picture, "-af", f"apad,atrim=0:{length},aresample={SAMPLES_PER_SECOND}"),
        *("-c:v", "ffv1", "-c:a", "pcm_s16le", "-ac", "1", str(made)),
    )
    return made, length


def clock(seconds: float) -> str:
    """A WebVTT time."""
    return f"00:{int(seconds) // 60:02d}:{seconds % 60:06.3f}"


def main() -> None:
    """Make both files anew."""
    cues, begin = ["WEBVTT"], 0.0
    with tempfile.TemporaryDirectory() as name:
        folder, parts = Path(name), list[str]()
        for number, line in enumerate(SCENE):
            made, length = part(folder, number, line)
            end = begin + length - line.pause
            cues.append(f"{clock(begin)} --> {clock(end)}\n<v {line.who}>{line.text}")
            sys.stdout.write(f"{begin:6.1f} to {end:5.1f} s  {line.who}\n")
            parts.append(f"file '{made}'")
            begin += length
        (folder / "parts.txt").write_text("\n".join(parts), encoding="utf-8")
        MEDIA.mkdir(exist_ok=True)
        run(
            *("ffmpeg", "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", str(folder / "parts.txt")),
            *("-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-crf", "40", "-b:v", "0", "-g", "20"),
            *("-c:a", "libopus", "-b:a", "32k", "-map_metadata", "-1", "-fflags", "+bitexact"),
            str(MEDIA / "office-hour.webm"),
        )
    (MEDIA / "office-hour.en.vtt").write_text("\n\n".join(cues) + "\n", encoding="utf-8")
    sys.stdout.write(f"{begin:.1f} s in all\n")


if __name__ == "__main__":
    main()
