"""The protocol page names what the server has: its operations, members, events and codes, none more and none less."""

import json
import re
import urllib.request

import pytest

from parlour.drafts.registry import FIELDS_OF_ENTRIES, FIELDS_OF_RESOURCES, STAGES
from parlour.settings.limits import Limits
from parlour.wire.glow.events import SERVER_EVENTS
from parlour.wire.glow.names import OPERATIONS, Operation
from parlour.wire.glow.twins import ARTIFACTS
from parlour.wire.http.problems import CODES
from tests.docs.demo import Demo
from tests.docs.pages import PAGES, ROOT

PAGE = (ROOT / "docs" / "protocol" / "glow.md").read_text(encoding="utf-8")
LAB = (ROOT / "docs" / "protocol" / "lab.md").read_text(encoding="utf-8")
AUTHORING = (ROOT / "docs" / "protocol" / "authoring.md").read_text(encoding="utf-8")
OF_TYPES = {f"{name}_generation_{stage}" for name in (*FIELDS_OF_RESOURCES, *FIELDS_OF_ENTRIES) for stage in STAGES}

NOT_TOLD = {
    # of commands that manage accounts
    *("name_taken", "name_invalid", "email_invalid"),
}


def part(title: str, level: int) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    found = re.search(rf"^{'#' * level} {title}\n(.*?)(?=^#{{1,{level}}} |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def members(shown: str) -> set[str]:
    """The names in `{a, b | null, c = 1, d: true, e?}`."""
    inner = shown.strip("{} ")
    pieces = re.split(r"[,|]", inner)
    return {re.split(r"[?=: ]", piece.strip())[0] for piece in pieces if piece.strip() != "null"}


def test_every_operation_has_its_section_and_no_other_has() -> None:
    sections = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    assert sorted(sections) == sorted(operation.name for operation in OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_members_of_an_operation(operation: Operation) -> None:
    text = part(operation.name, 3)
    sent, answered = re.findall(r"`(\{.*?\})`", text)[:2]
    assert members(sent) == set(operation.payload.model_fields) - {"client_request_id"}
    assert members(answered) == set(operation.ack.model_fields) - {"ok"}


def test_every_event_is_listed_with_its_members() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", part("Events", 2), re.MULTILINE))
    assert set(rows) == set(SERVER_EVENTS) - OF_TYPES
    assert f"{len(OF_TYPES)} events" in part("Events", 2)
    assert set(SERVER_EVENTS) >= OF_TYPES
    for name, row in rows.items():
        event = SERVER_EVENTS[name]
        fields = set(event.model_fields) - {"meta"}
        if name == "attempt_error":
            assert {"type", "message", "code", "status"} <= fields
        else:
            listed = {member.split(":")[0].strip("? ") for member in row.split(",")} - {"hint", "idx"}
            assert listed == fields, name


def test_every_code_that_is_named_exists() -> None:
    named = {
        code for line in re.findall(r"^Refused: (.+)$", PAGE, re.MULTILINE) for code in re.findall(r"`(\w+)`", line)
    }
    assert named - set(CODES) == set()
    everywhere = re.search(r"^Everywhere: (.+)$", PAGE, re.MULTILINE)
    assert everywhere
    for code, status in re.findall(r"`(\w+)` (\d{3})", everywhere[1]):
        assert CODES[code][0] == int(status)


def test_the_limits_are_those_of_the_settings() -> None:
    limits = Limits()
    for sentence in (
        f"may hold {limits.sockets_per_account_max} connections at once",
        f"more than {limits.socket_events_per_second_max} commands a second",
        f"Ping every {limits.socket_ping_seconds:.0f} s, timeout {limits.socket_ping_timeout_seconds:.0f} s",
        f"too long ago: {limits.recovery_seconds_max // 3600} hours; too much: {limits.recovery_events_max:,} events",
        f"A session ends after {limits.http_session_idle_seconds // 60} minutes without use",
    ):
        assert sentence in PAGE
    assert limits.owner_regrades_max == 3
    assert "may ask three times more for each chat" in PAGE


def test_every_route_is_on_a_page(demo: Demo) -> None:
    """Operations have their sections, and the artifact paths a list; every other path stands somewhere as it is."""
    with urllib.request.urlopen(f"{demo.url}/openapi.json") as answer:  # noqa: S310
        paths: dict[str, object] = json.load(answer)["paths"]
    words = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    others = [path for path in paths if not path.startswith(("/socket/v5/client/", ARTIFACTS))]
    assert [path for path in others if path not in words] == []


def test_every_code_that_clients_may_get_is_on_a_page() -> None:
    """Codes of operations that are not there yet, and those that only commands print, are not."""
    pages = PAGE + LAB + AUTHORING
    absent = {code for code in CODES if f"`{code}`" not in pages and f'"{code}"' not in pages}
    assert absent == NOT_TOLD
