"""The pages of the lab protocol name what the server has: routes, members, events, codes and limits."""

import json
import re
import urllib.request
from collections.abc import Sequence
from dataclasses import fields
from typing import get_args

import pytest
from pydantic import BaseModel

from parlour.assistant.entities import Reference
from parlour.assistant.sentences import endings
from parlour.settings.lab import LabLimits
from parlour.wire.http.problems import CODES
from parlour.wire.lab import conversation, mailbox, questions
from parlour.wire.lab.events import EVENTS
from parlour.wire.lab.files import ListedFile
from parlour.wire.lab.messages import ROUTES, FileMessage, SpeechMessage, TextMessage
from parlour.wire.lab.socket_payloads import COMMANDS
from tests.docs.demo import Demo
from tests.docs.pages import ROOT

PROTOCOL = ROOT / "docs" / "protocol"
NAMES = ("lab", "lab-questions", "lab-events", "lab-files")
LAB, QUESTIONS, EVENTS_PAGE, FILES = ((PROTOCOL / f"{name}.md").read_text(encoding="utf-8") for name in NAMES)
PAGES = "\n".join((LAB, QUESTIONS, EVENTS_PAGE, FILES))
TOOLS = (ROOT / "docs" / "reference" / "assistant-tools.md").read_text(encoding="utf-8")

UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
ELSEWHERE = {
    # told with the settings alone: how texts are taken out, the pace of the mailbox, and speech
    *("extraction_cpu_seconds_max", "extraction_seconds_max", "extraction_memory_bytes_max"),
    *("extraction_inflated_bytes_max", "extraction_entries_max", "extraction_pages_max", "extraction_text_bytes_max"),
    *("response_hold_ms", "stale_reply_seconds", "speech_seconds_max", "speech_out_chars_max"),
}
NOT_OF_TURNS = {"speech_unavailable", "speech_not_recognised", "speech_format_unsupported", "after_unknown"}


def part(page: str, title: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,3}} |\Z)", page, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[2]


def first_cells(text: str) -> set[str]:
    """The names in the first column of a table."""
    cells = re.findall(r"^\| (`.+?) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def unnamed(text: str, model: type[BaseModel]) -> Sequence[str]:
    """The members of a model that a text does not name."""
    return [name for name in model.model_fields if f"`{name}`" not in text]


def test_every_route_has_its_heading_or_its_row_and_no_other_has(demo: Demo) -> None:
    with urllib.request.urlopen(f"{demo.url}/openapi.json") as answer:  # noqa: S310
        paths: dict[str, dict[str, object]] = json.load(answer)["paths"]
    lab = {path: methods for path, methods in paths.items() if path.startswith(("/users/", "/accounts/"))}
    there = {f"{method.upper()} {path}" for path, methods in lab.items() for method in methods}
    told = set(re.findall(r"^#+ ((?:GET|POST|DELETE) /\S+)$", PAGES, re.MULTILINE))
    assert told - there == set()
    beside = {f"POST /users/{{id}}/{route.name}" for route in ROUTES if route.inner}
    assert [route for route in beside if f"`{route}`" not in LAB] == []
    others = {"HEAD /users/{id}/files/{handle}", "POST /users/{id}/paper_notes/get_note"}
    assert "with `HEAD`" in FILES
    assert "`POST` to the same path" in FILES
    assert there - told == beside | others
    assert [path for path in paths if path.startswith("/api/v1/laboratory") and f"`GET {path}`" not in FILES] == []


def test_the_members_of_what_is_sent() -> None:
    text = part(LAB, "POST /users/{id}/chat_text")
    assert first_cells(text) == set(TextMessage.model_fields)
    assert unnamed(part(LAB, "POST /users/{id}/chat_with_file"), FileMessage) == []
    assert unnamed(part(LAB, "POST /users/{id}/chat_speech"), SpeechMessage) == []
    assert unnamed(part(LAB, "POST /users/{id}/cancel"), conversation.CancelBody) == []
    assert unnamed(part(LAB, "POST /users/{id}/clear_history"), conversation.ClearBody) == []
    assert unnamed(part(LAB, "GET /users/{id}/messages"), conversation.MessagesQuery) == []
    assert first_cells(part(LAB, "GET /users/{id}/response")) >= set(mailbox.Wanted.model_fields)


def test_the_members_of_a_reply_and_of_its_references() -> None:
    text = part(LAB, "GET /users/{id}/response")
    assert first_cells(text) - set(mailbox.Wanted.model_fields) == set(mailbox.ReplyShape.model_fields) - {
        "reply_speech"  # a parameter of the query too
    }
    assert "`reply_speech`, `transcript`" in text
    assert first_cells(part(LAB, "References")) == {field.name for field in fields(Reference)}


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("GET /users/{id}/messages", conversation.MessageShape),
        ("GET /users/{id}/messages", conversation.MessagesShape),
        ("GET /users/{id}/turns/{turn_id}", conversation.TurnShape),
        ("GET /users/{id}/turns/{turn_id}", conversation.StepShape),
        ("GET /users/{id}/conversation", conversation.SnapshotShape),
        ("GET /users/{id}/conversation", conversation.AbilitiesShape),
        ("POST /users/{id}/cancel", conversation.CancelShape),
    ],
)
def test_the_members_of_what_is_read(heading: str, model: type[BaseModel]) -> None:
    text = part(LAB, heading)
    quoted = set(re.findall(r'"(\w+)":', text))
    assert [name for name in unnamed(text, model) if name not in quoted] == []


def test_the_members_of_a_question_and_of_a_file() -> None:
    assert first_cells(part(QUESTIONS, "The question object")) == set(questions.QuestionShape.model_fields)
    kinds = set(get_args(questions.QuestionShape.model_fields["kind"].annotation))
    assert first_cells(QUESTIONS.partition("## The question object")[0]) == kinds
    assert unnamed(part(QUESTIONS, "GET /users/{id}/questions"), questions.QuestionsQuery) == []
    assert unnamed(part(QUESTIONS, "POST /users/{id}/questions/{question_id}/answer"), questions.AnswerBody) == []
    assert unnamed(part(QUESTIONS, "POST /users/{id}/questions/{question_id}/assign"), questions.AssignBody) == []
    assert unnamed(part(FILES, "GET /users/{id}/files"), ListedFile) == []


def test_every_event_and_every_command_is_listed() -> None:
    assert first_cells(part(EVENTS_PAGE, "The events")) == set(EVENTS)
    assert first_cells(part(EVENTS_PAGE, "The same on Socket.IO")) == set(COMMANDS)


def test_the_codes_of_problems_have_their_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.+) \|$", part(LAB, "Problems"), re.MULTILINE)
    told = {code: int(status) for status, cell in rows for code in re.findall(r"`([a-z_]+)`", cell)}
    assert {code: CODES[code][0] for code in told} == told
    refused = re.findall(r"^Refused: (.+)$", PAGES, re.MULTILINE)
    assert {code for line in refused for code in re.findall(r"`(\w+)`", line)} - set(told) == set()


def test_the_codes_of_replies_are_those_of_the_server() -> None:
    of_turns = {key.removeprefix("error_") for key in endings.EN if key.startswith("error_")}
    assert first_cells(part(LAB, "What `error` says")) == of_turns | NOT_OF_TURNS


def test_the_limits_are_those_of_the_settings() -> None:
    limits = LabLimits()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", part(LAB, "Limits"), re.MULTILINE))
    assert set(rows) == set(LabLimits.model_fields) - ELSEWHERE
    assert {name: number(text) for name, text in rows.items()} == {name: getattr(limits, name) for name in rows}
    hours, hold = limits.question_hours_max, limits.response_hold_ms
    assert f"waits {hours:.0f} hours (`lab.limits.question_hours_max`)" in QUESTIONS
    assert f"held for {hold:,} ms (`lab.limits.response_hold_ms`)" in LAB
    assert f"for {limits.stale_reply_seconds:.0f} s (`lab.limits.stale_reply_seconds`)" in LAB
    assert f"older than {limits.event_days:.0f} days (`lab.limits.event_days`)" in EVENTS_PAGE
    assert f"at most {limits.streams_per_account_max} streams and sockets" in EVENTS_PAGE
    text = part(FILES, "Handles")
    for sentence in (
        f"{limits.extraction_cpu_seconds_max} s of work, {limits.extraction_seconds_max:.0f} s in all",
        f"{limits.extraction_memory_bytes_max // 2**20} MiB of memory, {limits.extraction_pages_max:,} pages",
        f"{limits.extraction_text_bytes_max // 2**20} MiB of text",
        f"{limits.extraction_inflated_bytes_max // 2**20} MiB unpacked or {limits.extraction_entries_max:,} parts",
    ):
        assert sentence in text


def number(text: str) -> float:
    """`50 MiB` and `32,000` as numbers."""
    value, _, unit = text.replace(",", "").partition(" ")
    return float(value) * UNITS.get(unit, 1)


def test_every_tool_of_the_demo_is_in_the_reference(demo: Demo) -> None:
    """Those of arXiv are offered only where it can be reached, those of instruments have names of their own."""
    asked = urllib.request.Request(  # noqa: S310
        f"{demo.url}/users/learner/conversation", headers={"Authorization": f"Bearer {demo.token('learner')}"}
    )
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        offered: list[str] = json.load(answer)["abilities"]["tools"]
    ours = {name for name in offered if not name.startswith("mcp__")} | {"arxiv_search", "arxiv_download"}
    told = set(re.findall(r"^\| `([a-z_]+)` \| ", TOOLS.partition("## ")[0], re.MULTILINE))
    assert told == ours
