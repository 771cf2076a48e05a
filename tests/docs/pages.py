"""What the documentation shows: the fenced examples of its pages, and the commands in them."""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (*sorted(ROOT.glob("*.md")), ROOT / "content" / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
_FENCE = re.compile(r"(?P<indent> *)```(?P<info>.*)")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced example. `notes` is what follows the language: `no-run: REASON`, `exit=1`."""

    page: Path
    line: int
    language: str
    notes: str
    text: str

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def is_run(self) -> bool:
        """Whether it is run; what is not says why."""
        return not self.notes.startswith("no-run")

    @property
    def reason(self) -> str:
        """Why it is not run."""
        return self.notes.removeprefix("no-run").lstrip(": ") if not self.is_run else ""

    @property
    def exit_code(self) -> int:
        """How the commands of the block end."""
        return int(self.notes.removeprefix("exit=")) if self.notes.startswith("exit=") else 0


@dataclass(kw_only=True)
class Command:
    """One command of a console block, and the lines that the page shows below it."""

    text: str
    shown: list[str] = field(default_factory=list[str])


def blocks(page: Path) -> list[Block]:
    """The fenced examples of a page; an error if one is not closed."""
    found: list[Block] = []
    opened: tuple[int, str, str] | None = None
    lines: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.fullmatch(line)
        if opened is None and fence:
            opened, lines = (number, fence["info"].strip(), fence["indent"]), []
        elif opened and fence and not fence["info"]:
            start, info, _ = opened
            language, _, notes = info.partition(" ")
            text = "\n".join(lines) + "\n"
            found.append(Block(page=page, line=start, language=language, notes=notes.strip(), text=text))
            opened = None
        elif opened:
            lines.append(line.removeprefix(opened[2]))
    assert opened is None, f"{page}: a fence is not closed"
    return found


def all_blocks(*languages: str) -> list[Block]:
    """Every fenced example in these languages."""
    return [block for page in PAGES for block in blocks(page) if block.language in languages]


def commands(block: Block) -> list[Command]:
    """What is typed: lines that begin with `$ `, gone on by lines that begin with `> `."""
    found: list[Command] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(Command(text=line[2:]))
        elif line.startswith("> ") and found and not found[-1].shown:
            found[-1].text += "\n" + line[2:]
        else:
            assert found, f"{block.name}: output before the first command"
            found[-1].shown.append(line)
    return found


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as links give them."""
    without = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", without, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links(page: Path) -> list[tuple[str, str]]:
    """Links to our own files: path (empty for the page itself) and anchor."""
    without = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\(([^)\s]+)\)", without)
    own = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
    return [(target.partition("#")[0], target.partition("#")[2]) for target in own]
