"""Nobody reaches further by writing together: links, duplicates, tests and tries go by the rights of each person."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.catalog import actions as catalog
from parlour.catalog.entities import Entry, Scenario
from parlour.drafts import actions as drafts
from parlour.drafts.entities import Draft
from parlour.drafts.values import Values
from parlour.kernel.refusals import Refusal
from parlour.library import forms, shelving
from parlour.library.checks import running
from parlour.library.checks.running import CheckRules
from parlour.library.checks.trials.subjects import subject_of
from parlour.library.drafting import reviewing, sharing
from parlour.library.drafting.changing import Changing, change
from parlour.library.drafting.sheet import Operation
from parlour.library.forms import Compiling
from parlour.library.publishing import Publishing, publish
from parlour.library.trainings.templates import newest_scenario
from parlour.library.trying import check_try, start_try
from parlour.storage.tx import Tx
from tests.conftest import STORES
from tests.unit.library_house import RULES, House, link, one, open_house, present, value
from tests.unit.test_library_publishing import PERSONA, RUBRIC

CHECKS = CheckRules(seconds_max=60, parallel_max=5, timezone_name="UTC")
WRITERS = ("bridge", "instructor")
SECRET = "The tablet was the wrong one."


@dataclass
class Meeting:
    """A house with a clinic's persona and rubric, which nobody of the school reads but `bridge`, who is in both."""

    house: House
    persona_id: str
    rubric_id: str

    def change(self, who: str, draft: Draft, *operations: Operation) -> Draft:
        """A draft, changed by somebody who may write it."""
        wanted = Changing(draft_id=draft.id, expected_version=None, operations=operations)
        return self.house.do(lambda tx: change(tx, present(tx, who), wanted, RULES))

    def share(self, owner: str, draft: Draft, editor: str) -> None:
        """Somebody else may write it, too."""
        self.house.do(lambda tx: sharing.add_editor(tx, present(tx, owner), draft.id, editor, RULES))

    def refused(self, who: str, draft: Draft) -> list[str]:
        """What publishing is refused with: the messages."""
        wanted = Publishing(draft_id=draft.id)
        refusal = self.house.refusal(lambda tx: publish(tx, present(tx, who), wanted))
        assert refusal.code == "draft_invalid"
        return [fault.message for fault in refusal.faults]

    def findings(self, who: str, draft_id: str) -> set[tuple[str, str]]:
        """What is said about the links of a draft: code and severity."""
        found = self.house.do(lambda tx: running.findings_of(tx, present(tx, who), known(tx, draft_id)))
        return {(each.code, each.severity) for each in found if each.code.startswith("form.")}

    def tried(self, who: str, draft: Draft) -> list[Scenario]:
        """The scenarios that somebody's try plays."""
        entry = self.entry(who, draft)
        pins = ((each.scenario_id, each.scenario_version) for each in entry.templates)
        found = [self.house.do(lambda tx, p=pin: catalog.scenario_version(tx, *p)) for pin in pins]
        return [each for each in found if each is not None]

    def entry(self, who: str, draft: Draft) -> Entry:
        """The entry of a try that is made now."""
        entry_id = self.house.do(lambda tx: start_try(tx, present(tx, who), draft.id))
        found = self.house.do(lambda tx: catalog.entry_for(tx, "practice", entry_id))
        assert found is not None
        return found

    def in_departments(self, who: str, names: Sequence[str]) -> None:
        """Somebody is in these departments from now on."""
        ids = [self.house.department(each) for each in names]
        self.house.do(lambda tx: accounts.set_account_departments(tx, present(tx, who).account_id, ids))


@pytest.fixture(scope="module", params=STORES)
def meeting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meeting]:
    for house in open_house(request.param, tmp_path_factory.mktemp("rights"), request):
        account = NewAccount(user_id="bridge", name="Bridge", role="instructional")
        house.do(lambda tx, new=account: accounts.create_account(tx, new))
        persona = house.made("stranger", "persona", {**PERSONA, "examples": (value("x", example=SECRET),)})
        rubric = house.made("stranger", "rubric", RUBRIC)
        made = Meeting(house, persona.artifact_id, rubric.artifact_id)
        made.in_departments("bridge", ("school", "clinic"))
        yield made


def known(tx: Tx, draft_id: str) -> Draft:
    """A draft that there is."""
    found = drafts.draft(tx, draft_id)
    assert found is not None
    return found


def scenario(*personas: str) -> Values:
    """A scenario with these personas."""
    return {
        "names": one(name="Handover"),
        "descriptions": one(description="A patient is handed over."),
        "objectives": (value("o", objective="Find out what matters."),),
        **({"personas": tuple(map(link, personas))} if personas else {}),
    }


def linking(type_name: str, artifact_id: str) -> Operation:
    """An operation."""
    return Operation(op="link", type=type_name, artifact_id=artifact_id)


def shared_scenario(meeting: Meeting) -> str:
    """A published scenario of both departments with the clinic's persona in it."""
    both = tuple(link(meeting.house.department(name)) for name in ("school", "clinic"))
    values: Values = {**scenario(meeting.persona_id), "departments": both}
    return meeting.house.made("bridge", "scenario", values).artifact_id


def code_of(act: Callable[[], object]) -> str:
    """How something is refused; "" if it is not."""
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    return ""


def test_nobody_publishes_with_the_rights_of_a_co_writer(meeting: Meeting) -> None:
    house = meeting.house
    draft = house.draft("instructor", "scenario", scenario())
    meeting.share("instructor", draft, "bridge")
    meeting.change("bridge", draft, linking("personas", meeting.persona_id))
    assert meeting.refused("instructor", draft) == ["There is no such persona."]
    assert house.publish("bridge", draft).written  # who may use it publishes it


def test_what_somebody_named_without_the_right_to_it_nobody_else_publishes_for_them(meeting: Meeting) -> None:
    house = meeting.house
    scenario_id = shared_scenario(meeting)
    draft = house.draft("instructor", "simulation", {"names": one(name="Pair"), "scenarios": (link(scenario_id),)})
    meeting.share("instructor", draft, "bridge")
    pair = {"scenario_id": scenario_id, "rubric_id": meeting.rubric_id}
    draft = meeting.change("instructor", draft, Operation(op="add", type="scenario_rubrics", fields=pair))
    [value_id] = [each.id for each in draft.artifact.values["scenario_rubrics"]]
    draft = meeting.change("bridge", draft, Operation(op="put", type="descriptions", fields={"description": "Two."}))
    assert meeting.refused("bridge", draft) == meeting.refused("instructor", draft) == ["There is no such rubric."]
    same = Operation(op="set", type="scenario_rubrics", value_id=value_id, fields={"rubric_id": meeting.rubric_id})
    meeting.change("instructor", draft, same)
    assert meeting.refused("bridge", draft) == ["There is no such rubric."]
    meeting.change("bridge", draft, same)
    assert meeting.refused("instructor", draft) == ["There is no such rubric."]
    assert house.publish("bridge", draft).written


def test_a_copy_keeps_what_its_author_may_not_read_and_nobody_publishes_it(meeting: Meeting) -> None:
    house, scenario_id = meeting.house, shared_scenario(meeting)
    copy = house.do(lambda tx: shelving.duplicate(tx, present(tx, "instructor"), scenario_id, RULES))
    meeting.share("instructor", copy, "bridge")
    assert meeting.findings("instructor", copy.id) == {("form.unknown_link", "error")}
    assert meeting.refused("instructor", copy) == meeting.refused("bridge", copy) == ["There is no such persona."]
    again = linking("personas", meeting.persona_id)
    with pytest.raises(Refusal, match="not found"):
        meeting.change("instructor", copy, again)
    meeting.change("bridge", copy, again)
    assert house.publish("bridge", copy).written


def test_what_stood_there_before_may_stay(meeting: Meeting) -> None:
    house, scenario_id = meeting.house, shared_scenario(meeting)
    draft = house.draft("instructor", "scenario", {"names": one(name="Renamed")}, scenario_id)
    assert meeting.findings("instructor", draft.id) == {("form.gone", "warning")}
    assert house.publish("instructor", draft).version == 2
    kept = house.do(lambda tx: forms.values_of(tx, "scenario", scenario_id))
    assert [(each.id, each.borrowed) for each in kept["personas"]] == [(meeting.persona_id, False)]


def test_tests_and_tries_leave_out_what_the_one_who_asks_may_not_read(meeting: Meeting) -> None:
    house, scenario_id = meeting.house, shared_scenario(meeting)
    copy = house.do(lambda tx: shelving.duplicate(tx, present(tx, "instructor"), scenario_id, RULES))
    meeting.share("instructor", copy, "bridge")

    def read(who: str) -> str:
        def subject(tx: Tx) -> str:
            draft = known(tx, copy.id)
            compiling = Compiling(
                actor=present(tx, who), artifact_type="scenario", artifact_id=draft.id, values=draft.artifact.values
            )
            return str(subject_of(tx, compiling))

        return house.do(subject)

    assert SECRET in read("bridge")
    assert SECRET not in read("instructor")
    assert meeting.persona_id not in read("instructor")

    begun = house.do(lambda tx: running.begin(tx, present(tx, "bridge"), known(tx, copy.id), CHECKS))
    seen = [house.do(lambda tx, w=who: running.checked(tx, present(tx, w), known(tx, copy.id))) for who in WRITERS]
    assert [(each.id, each.state) for each in seen] == [(begun, "running"), (None, "none")]
    mine = house.do(lambda tx: running.begin(tx, present(tx, "instructor"), known(tx, copy.id), CHECKS))
    assert mine != begun, "a run that reads what one may not read is not shared"

    simulation = house.draft("instructor", "simulation", {"names": one(name="Pair"), "scenarios": (link(scenario_id),)})
    meeting.share("instructor", simulation, "bridge")
    for draft in (copy, simulation):
        [theirs], [own] = meeting.tried("bridge", draft), meeting.tried("instructor", draft)
        assert theirs.persona_ids == (meeting.persona_id,)
        assert meeting.persona_id not in own.persona_ids
        assert own.persona_ids, "somebody stands in"
        assert own.id != scenario_id
    published = house.do(lambda tx: newest_scenario(tx, scenario_id))
    assert published is not None
    assert published.persona_ids == (meeting.persona_id,)


def test_a_try_is_not_there_any_more_once_its_right_has_ended(meeting: Meeting) -> None:
    house = meeting.house
    draft = house.draft("instructor", "scenario", scenario())
    meeting.share("instructor", draft, "bridge")
    meeting.change("bridge", draft, linking("personas", meeting.persona_id))
    entry_id = meeting.entry("bridge", draft).id

    def start() -> str:
        return code_of(lambda: house.do(lambda tx: check_try(tx, present(tx, "bridge"), entry_id)))

    assert start() == ""
    meeting.in_departments("bridge", ("school",))
    assert start() == "not_found"
    assert meeting.entry("bridge", draft).id == entry_id, "trying it again leaves that out"
    assert start() == ""
    meeting.in_departments("bridge", ("school", "clinic"))
    owner = house.actor("instructor")
    bridge_id = house.actor("bridge").account_id
    house.do(lambda tx: sharing.remove_editor(tx, owner, draft.id, bridge_id, RULES))
    assert start() == "not_found"
    house.do(lambda tx: reviewing.ask(tx, owner, (draft.id, known(tx, draft.id).version), "", RULES))
    reviewed = meeting.entry("colleague", draft).id
    assert {entry_id, reviewed} & listed(house, "bridge", "colleague") == {reviewed}
    house.do(lambda tx: reviewing.withdraw(tx, owner, draft.id, RULES))
    assert not {entry_id, reviewed} & listed(house, "bridge", "colleague")


def listed(house: House, *who: str) -> set[str]:
    """The practice that these people are offered."""
    ids = [house.actor(each).account_id for each in who]
    found = house.do(lambda tx: [catalog.entries_for_account(tx, each, "practice") for each in ids])
    return {entry.id for entries in found for entry in entries}
