"""Every fenced example of the documentation is run, or says why it cannot be; every link leads somewhere."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from parlour.catalog.bundles import load_bundle
from parlour.kernel.clock import SystemClock
from parlour.providers.speech import build_speech
from parlour.settings import Settings, load_settings
from tests.docs.demo import Demo
from tests.docs.pages import PAGES, ROOT, Block, all_blocks, anchors, blocks, commands, links

LANGUAGES = {"", "text", "console", "python", "js", "json", "yaml", "toml"}
DEMO_URL = "http://127.0.0.1:8420"
END = "\x01"
SPOKEN = {"voice.md", "voice-clients.md", "dispute-what-was-heard.md"}  # their commands need the engines of speech


def named(found: list[Block]) -> list[object]:
    return [pytest.param(block, id=block.name) for block in found]


def pages_with(language: str) -> list[object]:
    there = [page for page in PAGES if any(block.language == language and block.is_run for block in blocks(page))]
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in there]


@pytest.mark.parametrize("block", named(all_blocks(*LANGUAGES)))
def test_what_is_not_run_says_why(block: Block) -> None:
    assert block.is_run or len(block.reason) > 10, "write: no-run: the reason"
    assert not block.notes or not block.is_run or block.exit_code, f"{block.notes!r} is not known"
    if block.language in ("", "text"):
        assert not re.search(r"^\$ ", block.text, re.MULTILINE), "commands belong into a console block"


def test_every_example_is_in_a_language_that_is_tested() -> None:
    known = {block.name for block in all_blocks(*LANGUAGES)}
    assert {block.name for page in PAGES for block in blocks(page)} - known == set()


@pytest.mark.parametrize("page", pages_with("console"))
def test_the_commands_of_a_page_do_what_it_shows(page: Path, demo: Demo, folder: Path) -> None:
    """They run in one shell, from top to bottom, beside the demo."""
    engines = build_speech(Settings(), SystemClock())
    if page.name in SPOKEN and (engines.transcriber is None or engines.synthesizer is None):
        pytest.skip(f"{engines.why_no_in} {engines.why_no_out}")
    shown = [block for block in blocks(page) if block.language == "console" and block.is_run]
    steps = [(block, command) for block in shown for command in commands(block)]
    script = "".join(f"{command.text}\nprintf '{END}%s{END}' $?\n" for _, command in steps)
    ended = subprocess.run(
        ["bash", "-c", script.replace(DEMO_URL, demo.url)],
        cwd=folder,
        env=demo.environment(folder / ".venv" / "bin"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
        check=False,
    )
    parts = ended.stdout.split(END)
    assert len(parts) == 2 * len(steps) + 1, ended.stdout
    for (block, command), output, code in zip(steps, parts[::2], parts[1::2], strict=False):
        assert int(code) == block.exit_code, f"{block.name}: {command.text}\n{output}"
        check_output(command.shown, output.replace(demo.url, DEMO_URL), f"{block.name}: {command.text}")


def check_output(shown: list[str], output: str, where: str) -> None:
    """The lines that a page shows come in this order; `...` stands for anything."""
    wanted = [line.strip() for line in shown if line.strip() not in ("", "...")]
    got = [" ".join(line.split()) for line in output.splitlines()]
    for line in wanted:
        pattern = re.compile(re.escape(" ".join(line.split())).replace(r"\.\.\.", ".*"))
        while got and not pattern.fullmatch(got[0]):
            got.pop(0)
        assert got, f"{where}\nshown, but not said: {line}\n{output}"
        got.pop(0)


@pytest.mark.parametrize("block", named([block for block in all_blocks("python") if block.is_run]))
def test_python_runs(block: Block, demo: Demo, folder: Path) -> None:
    check_program([sys.executable], folder / "program.py", block, demo)


@pytest.mark.node
@pytest.mark.parametrize("block", named([block for block in all_blocks("js") if block.is_run]))
def test_javascript_runs(block: Block, demo: Demo, folder: Path) -> None:
    check_program(["node"], folder / "program.mjs", block, demo)


def check_program(runner: list[str], file: Path, block: Block, demo: Demo) -> None:
    file.write_text(block.text, encoding="utf-8")
    ended = subprocess.run(
        [*runner, file.name, demo.url, demo.token("learner")],
        cwd=file.parent,
        env=demo.environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    after = said_after(block)
    if after:
        check_output(after.text.splitlines(), ended.stdout, after.name)


def said_after(program: Block) -> Block | None:
    """The text block right below a program: what it prints."""
    end = program.line + program.text.count("\n") + 1
    below = (block for block in blocks(program.page) if block.language == "text")
    return next((block for block in below if 0 < block.line - end <= 2), None)


def test_python_that_is_not_run_compiles() -> None:
    for block in all_blocks("python"):
        compile(block.text, block.name, "exec")


@pytest.mark.parametrize("block", named(all_blocks("json")))
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", named(all_blocks("toml")))
def test_toml_is_a_file_of_settings(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "parlour.toml"
    file.write_text(block.text, encoding="utf-8")
    load_settings(file)


@pytest.mark.parametrize("block", named(all_blocks("yaml")))
def test_yaml_is_part_of_a_bundle_that_loads(block: Block) -> None:
    folders = (ROOT / "docs" / "examples", ROOT / "content" / "teaching-practice", ROOT / "content" / "laboratory")
    files = [file for folder in folders for file in folder.rglob("*.yaml") if file.name != "broken.yaml"]
    assert any(block.text in file.read_text(encoding="utf-8") for file in files), "in no bundle"


@pytest.mark.parametrize(
    "bundle",
    [*sorted(path.name for path in (ROOT / "docs" / "examples").iterdir() if path.is_dir()), "teaching-practice"],
)
def test_the_bundles_that_pages_speak_of_load(bundle: str) -> None:
    folder = ROOT / ("content" if bundle == "teaching-practice" else "docs/examples") / bundle
    loaded = load_bundle(folder)
    assert loaded.entries or loaded.prices or loaded.benchmarks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_a_page_and_a_heading(page: Path) -> None:
    for path, anchor in links(page):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} -> {path}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{page.name} -> {path}#{anchor}"
