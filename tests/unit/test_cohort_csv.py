"""The people of a cohort as CSV: in, out, errors by line, and never a formula."""

from pathlib import Path

import pytest

from parlour.accounts import actions as accounts
from parlour.catalog import actions as catalog
from parlour.kernel.ids import named_id
from parlour.library.bundles.people import CsvFaults, PersonRow, bring_people, people_of, read_people, write_people
from tests.unit.bundle_desk import SAMPLE, Desk

COHORT = named_id("teaching-practice", "cohort", "tutors")
HOME = named_id("teaching-practice", "home", "tutor-assessment")
FILE = """\
user_id,name,email,part,persona
learner,,,learner,maya
ada,Ada King,ada@example.org,learner,Jun Park
grace,Grace,,instructor,
"""


@pytest.fixture
def desk(store_url: str, tmp_path: Path) -> Desk:
    made = Desk(tmp_path, store_url)
    made.people("learner", "instructor")
    made.bring(SAMPLE)
    return made


def test_people_come_in_with_accounts_and_personas_and_go_out_again(desk: Desk) -> None:
    rows = read_people(FILE)
    done = desk.database.write_here(lambda tx: bring_people(tx, COHORT, rows))
    assert (done.made, done.added, done.unchanged) == (["ada", "grace"], ["ada", "grace"], ["learner"])
    ada = desk.database.read_here(lambda tx: accounts.account_by_user_id(tx, "ada"))
    assert ada is not None
    assert (ada.name, ada.email, ada.role) == ("Ada King", "ada@example.org", "member")
    entry = desk.database.read_here(lambda tx: catalog.entry_for(tx, "home", HOME))
    assert entry is not None
    seat = desk.database.read_here(lambda tx: catalog.seat_for(tx, entry, ada.account_id))
    assert seat is not None
    assert seat.persona_id == named_id("teaching-practice", "persona", "jun")
    text = desk.database.read_here(lambda tx: write_people(people_of(tx, COHORT)))
    assert text.splitlines() == [
        "user_id,name,email,part,persona",
        "ada,Ada King,ada@example.org,learner,Jun Park",
        "learner,learner,,learner,Maya Okafor",
        "grace,Grace,,instructor,",
        "instructor,instructor,,instructor,",
    ]
    again = desk.database.write_here(lambda tx: bring_people(tx, COHORT, read_people(text), only=True))
    assert (again.made, again.added, again.removed) == ([], [], [])
    assert desk.database.read_here(lambda tx: write_people(people_of(tx, COHORT))) == text
    left = read_people("user_id;part\ngrace;instructor\n")
    gone = desk.database.write_here(lambda tx: bring_people(tx, COHORT, left, only=True)).removed
    assert sorted(gone) == ["ada", "instructor", "learner"]
    assert [row.user_id for row in desk.database.read_here(lambda tx: people_of(tx, COHORT))] == ["grace"]


def test_every_wrong_line_is_named_and_nothing_is_done(desk: Desk) -> None:
    text = (
        "user_id,email,part,persona\na/b,,,\nada,no-address,,\nlearner,,,nobody\ngrace,,teacher,\n,x,,\n"
        "instructor,,instructor,maya\n"
    )
    with pytest.raises(CsvFaults) as wrong:
        read_people(text)
    assert [(each.line, each.reason) for each in wrong.value.faults] == [
        (5, "part is 'teacher'; it must be learner or instructor"),
        (6, "user_id is missing"),
        (7, "an instructor plays no persona"),
    ]
    rows = read_people("\n".join(text.splitlines()[:4]))
    with pytest.raises(CsvFaults) as wrong:
        desk.database.write_here(lambda tx: bring_people(tx, COHORT, rows))
    assert [each.line for each in wrong.value.faults] == [2, 3, 4]
    assert wrong.value.faults[2].reason == "there is no persona 'nobody'"
    assert desk.database.read_here(lambda tx: accounts.account_by_user_id(tx, "ada")) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the first line names the columns"),
        ("name,email\nAda,a@b.c\n", "user_id must be among them"),
        ("user_id,password\nada,x\n", "the first line names the columns"),
        ('user_id\n"ada\n', "no CSV"),
    ],
)
def test_other_files_are_refused(text: str, reason: str) -> None:
    with pytest.raises(CsvFaults, match=reason):
        read_people(text)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted", '=cmd|" /C calc"!A0', "a,b;c\nd"])
def test_no_cell_is_a_formula_and_every_name_comes_back(name: str) -> None:
    text = write_people([PersonRow(line=2, user_id="ada", name=name)])
    cell = text.splitlines()[1].split(",", 1)[1].lstrip('"')
    assert not cell.startswith(("=", "+", "-", "@"))
    (row,) = read_people(text)
    assert row.name == name
