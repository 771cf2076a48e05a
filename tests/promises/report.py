"""Writes docs/promises.md from the figures of the last runs: `python -m tests.promises.report`."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.promises.figures import ROOT, Said, known

PAGE = ROOT / "docs" / "promises.md"
PROMISES: Mapping[str, str] = {
    "P1": "An acknowledged message survives SIGKILL",
    "P2": "A reconnecting client gets every missed event once, in order, or is told",
    "P3": "No holes; one client's messages in the order sent",
    "P4": "A retried send makes one message",
    "P5": "A snapshot and the events after it are a fresh snapshot",
    "P6": "A slow reader costs at most 1 MiB and hurts nobody",
    "P7": "A paused question survives restart and is answered once",
    "P8": "Accepted work ends, pauses or is stuck with a reason",
    "P9": "Two workers never both win",
    "P10": "After a stop no text follows, and the partial text stays",
    "P11": "Who may do what is a matrix, and it is tested whole",
    "P12": "Revoked access ends at once, also for open sockets and recovery",
    "P13": "The actor is whoever the token names, never an id in a path or payload",
    "P14": "No path leaves the data folder",
    "P15": "Uploads are bounded before they are stored",
    "P16": "Archive and pixel bombs are refused while inflating",
    "P17": "Downloads are inert",
    "P18": "Slow requests are closed by a deadline",
    "P19": "One flooder does not slow others",
    "P20": "Malformed frames neither crash the server nor fill the log",
    "P21": "Hidden fields are refused",
    "P22": "HTTP conforms to its OpenAPI document",
    "P23": "A learner's text cannot choose its own grade",
    "P24": "A paper cannot act",
    "P25": "Tokens, steps and seconds are bounded",
    "P26": "Old databases open",
    "P27": "A backup under load restores",
    "P28": "The load is held on two cores",
    "P29": "SIGTERM loses nothing",
    "P30": "Nothing private is in the logs",
    "P31": "Clock jumps break nothing",
    "P32": "SQLite and PostgreSQL behave alike",
}
STORES: Mapping[str, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "": ""}
HEAD = """# Promises

Each promise is a test that prints a figure. This page is written from the last run of each of them by
`python -m tests.promises.report`, which `make test` does at its end; do not edit it. Last run: {day}.

| | Promise | Store | Figure | Test |
|---|---|---|---|---|
"""


def exists(said: Said) -> bool:
    """Whether the test that said it is still there."""
    path, _, name = said["test"].partition("::")
    file = ROOT / path
    function = re.escape(name.partition("[")[0].rpartition("::")[2])
    return file.exists() and re.search(rf"def {function}\b", file.read_text()) is not None


def page(figures: Sequence[Said]) -> str:
    """The page. Rows are in the order of promises, then tests."""
    rows: list[str] = []
    for promise, words in PROMISES.items():
        for said in sorted((each for each in figures if each["promise"] == promise), key=lambda each: each["test"]):
            path, _, name = said["test"].partition("::")
            shown = f"[{name.partition('[')[0]}](../{path})"
            figure = said["figure"].replace("|", "\\|")
            rows.append(f"| {promise} | {words} | {STORES[said['store']]} | {figure} | {shown} |\n")
    shown_now = {each["promise"] for each in figures}
    missing = [f"- {promise}: {words}\n" for promise, words in PROMISES.items() if promise not in shown_now]
    tail = f"\nNot shown by a test in the last run:\n\n{''.join(missing)}" if missing else ""
    day = max((each["day"] for each in figures), default="never")
    return HEAD.format(day=day) + "".join(rows) + tail


def main(path: Path = PAGE) -> None:
    """Write the page."""
    path.write_text(page([said for said in known() if exists(said)]))


if __name__ == "__main__":
    main()
