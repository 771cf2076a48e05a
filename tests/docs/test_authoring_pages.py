"""What the pages say of authoring: settings, rules, operations on drafts, limits of formats, and the sample client."""

import json
import re
from typing import get_args

from parlour.catalog.sources import Sources
from parlour.drafts.artifacts import TOLD_AS
from parlour.library.access import RESTRICTED
from parlour.library.bundles import given, people, qti, quiz
from parlour.library.checks.rules import RULES
from parlour.library.checks.simulations import SECONDS_MAX
from parlour.library.checks.trials.entities import Subject
from parlour.library.checks.trials.plan import Standing, all_given_up
from parlour.library.drafting.sharing import EDITORS_MAX
from parlour.library.drafting.sheet import OperationKind
from parlour.settings import Settings
from parlour.settings.authoring import AuthoringSettings
from parlour.wire.http.problems import CODES
from tests.docs.pages import ROOT, blocks
from tests.docs.test_voice_pages import shown

DOCS = ROOT / "docs"
REFERENCE, PROTOCOL, TESTING = (
    (DOCS / name).read_text(encoding="utf-8")
    for name in ("reference/authoring.md", "protocol/authoring.md", "how-to/test-content.md")
)


def part(page: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[1]


def rows(text: str) -> dict[str, str]:
    """The second cell of each row whose first one is a name."""
    return dict(re.findall(r"^\| `([\w.]+)` \| (.+?) \| .+ \|$", text, re.MULTILINE))


def test_every_setting_is_there_with_its_default() -> None:
    defaults = json.loads(AuthoringSettings().model_dump_json())
    told = rows(part(REFERENCE, "Group `authoring`"))
    assert told == {
        name: f"`{json.dumps(value)}`" if isinstance(value, bool) else shown(value) for name, value in defaults.items()
    }
    assert "authoring" in Settings.model_fields
    assert "(authoring.md#group-authoring)" in (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")


def test_every_rule_is_there_with_its_severity_and_in_its_order() -> None:
    assert list(rows(part(REFERENCE, "Rules")).items()) == list(RULES.items())
    assert f"within 1 to {SECONDS_MAX:,} seconds" in REFERENCE


def test_every_trial_is_there_with_what_it_is_of() -> None:
    told = re.findall(r"^\| (\w+) \| ((?:rubrics|personas|scenarios)[\w, ]*) \|", TESTING, re.MULTILINE)
    there = {
        (trial.name, f"{kind}s")
        for kind in ("persona", "scenario", "rubric", "simulation", "document", "cohort")
        for trial in all_given_up(Subject(artifact_type=kind), Standing(), "").trials
    }
    assert there == {(name, kind) for name, kinds in told for kind in kinds.split(", ")}


def test_every_operation_on_a_draft_is_there() -> None:
    told = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| [^|]+ \|$", part(PROTOCOL, "Drafts"), re.MULTILINE)
    assert {name for cell in told for name in re.findall(r"`(\w+)`", cell)} == {"op", *get_args(OperationKind)}


def test_codes_have_the_status_that_the_page_says() -> None:
    told = re.findall(r"`(\w+)` (\d{3})", PROTOCOL)
    assert len(told) > 10
    assert [code for code, status in told if CODES[code][0] != int(status)] == []
    assert f"or {EDITORS_MAX} editors" in PROTOCOL


def test_the_choices_of_this_server_are_those_of_its_tables() -> None:
    text = part(PROTOCOL, "Where this server chose")
    assert [name for name, told in TOLD_AS.items() if f"`{told or name}`" not in text] == []
    row = next(line for line in PROTOCOL.splitlines() if line.startswith("| `agent`"))
    assert set(re.findall(r"`(\w+)`", row)) == RESTRICTED - {"profile"}


def test_the_limits_of_files_are_those_of_the_readers() -> None:
    mebibyte = 2**20
    text = part(REFERENCE, "GIFT and QTI")
    texts = f"{quiz.QUESTIONS_MAX} questions with {quiz.OPTIONS_MAX} answers, {quiz.CHARACTERS_MAX:,} characters a text"
    package = f"{qti.INFLATED_BYTES_MAX // mebibyte} MiB and {qti.ENTRIES_MAX} files in an unpacked package"
    assert f"{texts}, {given.BYTES_MAX // mebibyte} MiB a file, {package}" in text
    csv = part(REFERENCE, "CSV of cohorts")
    assert ", ".join(f"`{name}`" for name in people.COLUMNS) in csv
    assert f"{people.ROWS_MAX:,} lines and {people.CHARACTERS_MAX // mebibyte} MiB" in csv
    assert {"records", "rubrics", "cohorts", "prices"} <= set(Sources.__dataclass_fields__)


def test_the_client_and_the_files_that_pages_show_are_those_of_the_examples() -> None:
    for page, language, file in (
        ("generate-content.md", "python", "examples/author.py"),
        ("import-quiz-and-people.md", "text", "docs/examples/desk.csv"),
        ("import-quiz-and-people.md", "text", "docs/examples/quiz.gift"),
    ):
        stands = (ROOT / file).read_text(encoding="utf-8")
        assert any(block.language == language and block.text in stands for block in blocks(DOCS / "how-to" / page)), (
            file
        )
