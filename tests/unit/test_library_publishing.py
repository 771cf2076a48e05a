"""Publishing on both stores: versions, rights, conflicts, approval, what is written inside, trainings, the audit."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.audit import actions as audit
from parlour.audit.entities import Wanted as AuditWanted
from parlour.catalog import actions as catalog
from parlour.catalog import authored
from parlour.catalog.entities import Entry
from parlour.drafts import actions as drafts
from parlour.drafts.entities import Draft
from parlour.drafts.values import Approval, Review, Span, Value, Values
from parlour.kernel.refusals import Refusal
from parlour.library import access, forms, reading, shelving
from parlour.library.drafting.reviewing import is_approved
from parlour.library.publishing import Publishing, publish
from parlour.library.trainings import adopting
from parlour.storage.tx import Tx
from tests.conftest import STORES
from tests.unit.library_house import RULES, House, link, named, one, open_house, present, value

PERSONA: Values = {
    "names": one(name="Straße"),
    "descriptions": one(description="A patient tutor of maths."),
    "instructions": one(template="You are a tutor. You ask back before you explain, and you stay friendly."),
}
RUBRIC: Values = {
    "names": one(name="Listening"),
    "standard_groups": (value("g", name="Asks back", description="Asks what the other one means."),),
    "standards": (
        value("s0", name="Never", description="Asks nothing.", points=0, standard_group_id="g"),
        value("s1", name="Once", description="Asks back one time.", points=1, standard_group_id="g"),
        value(
            "s2", name="Often", description="Asks back whenever something is unclear.", points=2, standard_group_id="g"
        ),
    ),
}


@pytest.fixture(scope="module", params=STORES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    yield from open_house(request.param, tmp_path_factory.mktemp("house"), request)


def wanted(draft_id: str, **fields: object) -> Publishing:
    return replace(Publishing(draft_id=draft_id), **fields)  # pyright: ignore[reportArgumentType]


def test_a_draft_becomes_a_version_that_never_changes_and_the_next_one_follows_it(house: House) -> None:
    made_by_model = replace(
        value("x", example="Hm?"),
        by={"example": "model"},
        state="proposed",
        made_by="m",
        spans=(Span(source_id="s", start=0, end=3, quote="Hm?"),),
    )
    draft = house.draft("instructor", "persona", {**PERSONA, "examples": (made_by_model,)})
    first = house.publish("instructor", draft, note="First.")
    assert (first.version, first.written) == (1, True)
    kept = house.do(lambda tx: forms.values_of(tx, "persona", first.artifact_id))
    assert [each.id for each in kept["departments"]] == [house.department("school")]
    [example] = kept["examples"]
    assert (example.by, example.state, example.spans[0].quote) == ({"example": "model"}, "accepted", "Hm?")

    closed = house.refusal(lambda tx: publish(tx, present(tx, "instructor"), wanted(draft.id)))
    assert closed.code == "draft_closed"
    same = house.publish("instructor", house.draft("instructor", "persona", artifact_id=first.artifact_id))
    assert (same.version, same.written) == (1, False)

    again = house.draft("instructor", "persona", {"names": one(name="New")}, artifact_id=first.artifact_id)
    late = house.draft("colleague", "persona", {"names": one(name="Late")}, artifact_id=first.artifact_id)
    second = house.publish("instructor", again)
    assert (second.artifact_id, second.version) == (first.artifact_id, 2)
    conflict = house.refusal(lambda tx: publish(tx, present(tx, "colleague"), wanted(late.id)))
    assert conflict.code == "base_conflict"
    assert house.do(lambda tx: forms.values_of(tx, "persona", first.artifact_id, 1)) == kept
    versions = house.do(lambda tx: reading.versions(tx, present(tx, "colleague"), first.artifact_id))
    assert [(each.version, each.name, each.current, each.note) for each in versions] == [
        (2, "New", True, ""),
        (1, "Straße", False, "First."),
    ]
    assert versions[1].by == {"person": 3, "model": 1, "both": 0}
    changes = house.do(lambda tx: reading.compared(tx, present(tx, "colleague"), first.artifact_id, (1, 2)))
    assert [(each.type, each.field, each.before, each.after) for each in changes] == [
        ("names", "name", "Straße", "New")
    ]
    rows = house.do(lambda tx: audit.list_rows(tx, AuditWanted(subject=first.artifact_id)))
    assert [row.action for row in rows] == ["artifact.publish", "artifact.publish"]
    assert "Straße" not in str(rows)


def test_errors_keep_it_from_being_published_and_say_where(house: House) -> None:
    draft = house.draft("instructor", "rubric", {**RUBRIC, "points": one(value=9), "pass_points": one(value="x")})
    before = house.do(lambda tx: len(audit.list_rows(tx, AuditWanted())))
    refusal = house.refusal(lambda tx: publish(tx, present(tx, "instructor"), wanted(draft.id)))
    assert refusal.code == "draft_invalid"
    pointers = {fault.pointer for fault in refusal.faults}
    assert "/values/points/0/value" in pointers or "/values/points/0" in pointers
    assert "/values/pass_points/0/value" in pointers
    assert house.do(lambda tx: len(audit.list_rows(tx, AuditWanted()))) == before
    now = house.do(lambda tx: drafts.draft(tx, draft.id))
    assert now is not None
    assert now.used_at is None


def test_who_may_not_edit_does_not_publish(house: House) -> None:
    persona = house.made("instructor", "persona", PERSONA)
    for who, answer in (("stranger", "not_found"), ("learner", "not_found")):
        refusal = house.refusal(lambda tx, w=who: access.artifact_to_edit(tx, present(tx, w), persona.artifact_id))
        assert refusal.code == answer
    for who in ("root", "admin", "colleague", "instructor"):
        house.do(lambda tx, w=who: access.artifact_to_edit(tx, present(tx, w), persona.artifact_id))
    everybodys = named("persona", "nobody")
    refusal = house.refusal(lambda tx: access.artifact_to_edit(tx, present(tx, "stranger"), everybodys))
    assert refusal.code == "not_found"
    cards = house.do(lambda tx: reading.cards(tx, present(tx, "stranger"), reading.Wanted(type="scenario")))
    assert cards.items
    assert not any(card.may_edit for card in cards.items)
    refusal = house.refusal(lambda tx: access.artifact_to_edit(tx, present(tx, "stranger"), cards.items[0].id))
    assert refusal.code == "forbidden"
    for artifact_type in sorted(access.RESTRICTED):
        actor = house.actor("instructor")
        assert not access.may_create(actor, artifact_type)
    draft = house.draft("instructor", "persona", PERSONA)
    refusal = house.refusal(lambda tx: publish(tx, present(tx, "colleague"), wanted(draft.id)))
    assert (refusal.code, refusal.text) == ("not_found", "Draft not found.")


def test_nobody_takes_content_away_from_another_department(house: House) -> None:
    both = (link(house.department("school")), link(house.department("clinic")))
    shared = house.made("root", "persona", {**PERSONA, "departments": both})
    draft = house.draft("instructor", "persona", {"departments": both[:1]}, artifact_id=shared.artifact_id)
    refusal = house.refusal(lambda tx: publish(tx, present(tx, "instructor"), wanted(draft.id)))
    assert [fault.pointer for fault in refusal.faults] == ["/values/departments"]
    assert house.publish("root", house.draft("root", "persona", {"departments": both[:1]}, shared.artifact_id)).written


def test_two_must_agree_where_the_house_says_so(house: House) -> None:
    draft = house.draft("instructor", "persona", PERSONA)
    asked = wanted(draft.id, two_person=True)
    assert house.refusal(lambda tx: publish(tx, present(tx, "instructor"), asked)).code == "approval_needed"

    def approve(tx: Tx, who: str) -> None:
        now = drafts.draft(tx, draft.id, lock=True)
        assert now is not None
        approval = Approval(account_id=present(tx, who).account_id, version=now.version + 1, at=tx.now_ms)
        review = Review(asked_by=now.account_id, asked_at=tx.now_ms, version=now.version, approvals=(approval,))
        drafts.put_body(tx, now, replace(now.artifact, review=review))

    house.do(lambda tx: approve(tx, "instructor"))
    assert house.refusal(lambda tx: publish(tx, present(tx, "instructor"), asked)).code == "approval_needed"
    second = house.do(lambda tx: accounts.create_account(tx, NewAccount(user_id="second", name="S", role="admin")))
    school = house.department("school")
    house.do(lambda tx: accounts.set_account_departments(tx, second.account_id, [school]))
    house.do(lambda tx: approve(tx, "second"))
    assert house.do(lambda tx: is_approved(tx, open_draft(tx, draft.id)))
    house.do(lambda tx: accounts.deactivate(tx, second.account_id))
    assert house.refusal(lambda tx: publish(tx, present(tx, "instructor"), asked)).code == "approval_needed"
    house.do(lambda tx: approve(tx, "colleague"))
    assert house.do(lambda tx: publish(tx, present(tx, "instructor"), asked)).written


def open_draft(tx: Tx, draft_id: str) -> Draft:
    found = drafts.draft(tx, draft_id)
    assert found is not None
    return found


def test_what_is_written_inside_a_scenario_becomes_an_artifact_of_its_own(house: House) -> None:
    persona_id, document_id = house.do(lambda tx: (tx.new_id(), tx.new_id()))
    instructions = "You are a nurse called Ines. You are in a hurry, and you answer briefly."
    values: Values = {
        "names": one(name="Handover"),
        "descriptions": one(description="A nurse hands over a patient."),
        "problem_statements": (value("p", problem_statement="Find out what matters before the nurse leaves."),),
        "personas": (value(persona_id, name="Ines", description="A nurse.", instructions=instructions),),
        "documents": (value(document_id, name="Chart", text="Temperature 38.4."),),
    }
    nameless = {**values, "personas": (value(persona_id, name=" ", description="A nurse.", instructions="Be."),)}
    draft = house.draft("instructor", "scenario", nameless)
    refusal = house.refusal(lambda tx: publish(tx, present(tx, "instructor"), wanted(draft.id)))
    assert refusal.code == "draft_invalid"
    assert {fault.pointer.rsplit("/", 1)[0] for fault in refusal.faults} == {"/values/personas/0"}
    published = house.made("instructor", "scenario", values)
    persona = house.do(lambda tx: catalog.persona(tx, persona_id))
    document = house.do(lambda tx: catalog.document(tx, document_id))
    assert persona is not None
    assert document is not None
    assert (persona.name, document.text) == ("Ines", "Temperature 38.4.")
    assert persona.department_ids == document.department_ids == (house.department("school"),)
    kept = house.do(lambda tx: forms.values_of(tx, "scenario", published.artifact_id))
    assert [(each.id, each.linked) for each in (*kept["personas"], *kept["documents"])] == [
        (persona_id, True),
        (document_id, True),
    ]
    scenario = house.do(lambda tx: catalog.scenario_version(tx, published.artifact_id, 1))
    assert scenario is not None
    assert scenario.problem_statement_enabled
    assert not scenario.objectives_enabled
    users = house.do(lambda tx: reading.used_by(tx, present(tx, "colleague"), persona_id))
    assert [(user.id, user.type) for user in users] == [(published.artifact_id, "scenario")]
    same = house.publish("instructor", house.draft("instructor", "scenario", artifact_id=published.artifact_id))
    assert not same.written


def test_trainings_keep_their_version_until_somebody_says_so(house: House) -> None:
    def entries(tx: Tx) -> list[Entry]:
        return [*catalog.all_entries(tx, "home"), *catalog.all_entries(tx, "practice")]

    scenario_id = house.do(lambda tx: entries(tx)[0].templates[0].scenario_id)

    def pins() -> set[int]:
        return {
            template.scenario_version
            for entry in house.do(entries)
            for template in entry.templates
            if template.scenario_id == scenario_id
        }

    before = pins()
    assert before == {1}
    change: Values = {"descriptions": one(description="Another description of the same matter.")}
    published = house.publish("root", house.draft("root", "scenario", change, scenario_id))
    assert (published.version, published.trainings, pins()) == (2, (), before)
    behind = house.do(lambda tx: adopting.trainings_of(tx, present(tx, "root"), scenario_id))
    assert behind
    assert {(each.version, each.newest) for each in behind} == {(1, 2)}
    nobody = house.do(lambda tx: adopting.adopt(tx, present(tx, "stranger"), scenario_id, "test"))
    assert (nobody, pins()) == ((), before)
    draft = house.draft("root", "scenario", {"names": one(name="Newest")}, scenario_id)
    latest = house.publish("root", draft, update_trainings=True)
    assert {(each.version, each.newest) for each in latest.trainings} == {(3, 3)}
    assert pins() == {3}
    old = house.do(lambda tx: catalog.scenario_version(tx, scenario_id, 1))
    assert old is not None
    assert old.name != "Newest"


def test_a_changed_simulation_reaches_its_trainings_when_it_is_adopted(house: House) -> None:
    entry = house.do(lambda tx: catalog.all_entries(tx, "home")[0])
    scenario_id = entry.templates[0].scenario_id
    limits = (value("l", scenario_id=scenario_id, time_limit_seconds=240, negative=False),)
    draft = house.draft("root", "simulation", {"scenario_time_limits": limits}, entry.simulation_id)
    published = house.publish("root", draft, update_trainings=True)
    assert entry.id in {each.id for each in published.trainings}
    after = house.do(lambda tx: catalog.entry_for(tx, "home", entry.id))
    assert after is not None
    assert [each.time_limit for each in after.templates if each.scenario_id == scenario_id] == [240]
    rows = house.do(lambda tx: audit.list_rows(tx, AuditWanted(subject=entry.id)))
    assert rows[-1].action.startswith("training.")


def test_a_cohort_brings_its_people_and_a_training_for_each_simulation(house: House) -> None:
    actor = house.actor("instructor")
    learner = house.actor("learner")
    simulation = house.do(lambda tx: authored.listed(tx, authored.Listing(kinds=("simulation",), active=True))[0])
    values: Values = {
        "names": one(name="Autumn"),
        "simulations": (link(simulation.id),),
        "profiles": (link(learner.account_id), value("n", user_id="LEARNER")),
        "simulation_availability": (
            value("a", simulation_id=simulation.id, time="2030-01-31T09:00:00Z", type="start"),
            value("b", simulation_id=simulation.id, time="2030-02-28T09:00:00Z", type="end"),
        ),
    }
    published = house.made("instructor", "cohort", values)
    cohort = house.do(lambda tx: accounts.cohort_by_id(tx, published.artifact_id))
    assert cohort is not None
    assert cohort.department_id == house.department("school")
    assert house.do(lambda tx: accounts.learners_of_cohort(tx, cohort.cohort_id)) == {learner.account_id}
    assert house.do(lambda tx: accounts.instructors_of_cohort(tx, cohort.cohort_id)) == {actor.account_id}
    [training] = house.do(lambda tx: adopting.trainings_of(tx, present(tx, "instructor"), cohort.cohort_id))
    entry = house.do(lambda tx: catalog.entry_for(tx, "home", training.id))
    assert entry is not None
    assert (entry.simulation_id, entry.active, entry.start_time is not None) == (simulation.id, True, True)
    kept = house.do(lambda tx: forms.values_of(tx, "cohort", cohort.cohort_id))
    assert [(each.id, each.linked) for each in kept["profiles"]] == [(learner.account_id, True)]
    house.do(lambda tx: accounts.remove_from_cohort(tx, cohort.cohort_id, learner.account_id, "learner"))
    kept = house.do(lambda tx: forms.values_of(tx, "cohort", cohort.cohort_id))
    assert "profiles" not in kept
    refusal = house.refusal(lambda tx: access.artifact_to_read(tx, present(tx, "stranger"), cohort.cohort_id))
    assert refusal.code == "not_found"
    refusal = house.refusal(lambda tx: access.artifact_to_edit(tx, present(tx, "colleague"), cohort.cohort_id))
    assert refusal.code == "forbidden"


def test_departments_and_people_are_changed_where_they_live(house: House) -> None:
    made = house.made("root", "department", {"names": one(name="Library"), "descriptions": one(description="Books.")})
    names = {each.department_id: each.name for each in house.do(accounts.list_departments)}
    assert names[made.artifact_id] == "Library"
    again = house.draft("root", "department", {"names": one(name="Reading room")}, made.artifact_id)
    assert house.publish("root", again).version == 2
    kept = house.do(lambda tx: forms.values_of(tx, "department", made.artifact_id))
    assert (forms.title(kept), kept["descriptions"][0].fields["description"]) == ("Reading room", "Books.")
    learner = house.actor("learner")
    limit: Values = {"request_limits": one(requests_per_day=7), "names": one(name="Lea")}
    published = house.publish("admin", house.draft("admin", "profile", limit, learner.account_id))
    assert (published.artifact_id, published.version, published.written) == (learner.account_id, 0, True)
    account = house.do(lambda tx: accounts.account_by_id(tx, learner.account_id))
    assert account is not None
    assert (account.name, account.requests_per_day) == ("Lea", 7)
    root = house.actor("root").account_id
    refusal = house.refusal(lambda tx: access.artifact_to_edit(tx, present(tx, "admin"), root, "profile"))
    assert refusal.code == "not_found"
    refusal = house.refusal(lambda tx: access.artifact_to_read(tx, present(tx, "admin"), house_id(tx, "stranger")))
    assert refusal.code == "not_found"
    new = house.made("admin", "profile", {"names": one(name="Noor"), "request_limits": one(requests_per_day=3)})
    account = house.do(lambda tx: accounts.account_by_id(tx, new.artifact_id))
    assert account is not None
    assert (account.user_id, account.role, account.requests_per_day) == ("Noor", "member", 3)
    house.do(lambda tx: accounts.deactivate(tx, new.artifact_id))
    kept = house.do(lambda tx: forms.values_of(tx, "profile", new.artifact_id))
    assert [each.id for each in kept["departments"]] == [house.department("school")]
    assert kept["flags"][0].fields == {"name": "active", "value": False}


def house_id(tx: Tx, user_id: str) -> str:
    return present(tx, user_id).account_id


def test_every_other_name_of_the_registry_is_kept_as_a_record(house: House) -> None:
    for artifact_type in ("agent", "tool", "parameter", "field", "provider", "model", "setting", "auth", "dashboard"):
        made = house.made("root", artifact_type, {"names": one(name=f"My {artifact_type}")})
        kept = house.do(lambda tx, a=made: forms.values_of(tx, a.artifact_type, a.artifact_id))
        assert forms.title(kept) == f"My {artifact_type}"
        page = house.do(lambda tx, t=artifact_type: reading.cards(tx, present(tx, "root"), reading.Wanted(type=t)))
        assert [card.id for card in page.items] == [made.artifact_id]


def test_what_has_no_names_is_called_what_it_is(house: House) -> None:
    bare = house.made("root", "benchmark", {"prompts": one(system_prompt="Be brief.")})
    named = house.made("root", "invocation", {"prompts": one(name="Brief", system_prompt="Be brief.")})
    for made, name in ((bare, "Benchmark"), (named, "Brief")):
        assert house.do(lambda tx, m=made: reading.card(tx, present(tx, "root"), m.artifact_id)).name == name


def test_cards_are_found_in_any_case_and_turned_page_by_page(house: House) -> None:
    for number in range(5):
        house.made("colleague", "document", {"names": one(name=f"ÜBUNG straße {number}"), "texts": one(text="x")})

    def search(text: str, who: str = "instructor", **more: object) -> reading.Page:
        asked = replace(reading.Wanted(search=text), **more)  # pyright: ignore[reportArgumentType]
        return house.do(lambda tx: reading.cards(tx, present(tx, who), asked))

    assert len(search("übung STRASSE").items) == 5
    assert len(search("ｕ\u0308bung 3").items) == 1
    assert search("100%_!").items == ()
    assert search("übung", "stranger").items == ()
    pages: list[str] = []
    cursor = None
    while True:
        page = search("übung", cursor=cursor, limit=2)
        pages += [card.name for card in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(pages) == [f"ÜBUNG straße {number}" for number in range(5)]
    assert {card.name for card in search("", mine=True, who="colleague").items} == set(pages)
    with pytest.raises(Refusal, match="cursor"):
        search("", cursor="bm9uZQ")
    with pytest.raises(Refusal, match="may not"):
        search("", "learner")


def test_the_shelf_and_copies(house: House) -> None:
    rubric = house.made("instructor", "rubric", RUBRIC)

    def archive(who: str, *, archived: bool) -> None:
        house.do(lambda tx: shelving.archive(tx, present(tx, who), rubric.artifact_id, archived=archived, route="t"))

    def listed(*, archived: bool) -> set[str]:
        asked = reading.Wanted(type="rubric", archived=archived)
        page = house.do(lambda tx: reading.cards(tx, present(tx, "colleague"), asked))
        return {card.id for card in page.items}

    archive("colleague", archived=True)
    assert (rubric.artifact_id in listed(archived=False), rubric.artifact_id in listed(archived=True)) == (False, True)
    archive("colleague", archived=False)
    assert rubric.artifact_id in listed(archived=False)
    with pytest.raises(Refusal, match="not found"):
        archive("stranger", archived=True)
    copy = house.do(lambda tx: shelving.duplicate(tx, present(tx, "colleague"), rubric.artifact_id, RULES))
    values = copy.artifact.values
    assert forms.title(values) == "Listening (copy)"
    [group] = values["standard_groups"]
    assert group.id != "g"
    assert {each.fields["standard_group_id"] for each in values["standards"]} == {group.id}
    published = house.publish("colleague", copy)
    assert (published.version, published.artifact_id != rubric.artifact_id) == (1, True)


def test_the_anchors_of_a_rubric_are_kept_beside_it(house: House) -> None:
    anchors: tuple[Value, ...] = (value("a", level="strong", text="Learner: What do you mean?"),)
    rubric = house.made("instructor", "rubric", {**RUBRIC, "anchors": anchors})
    kept = house.do(lambda tx: forms.values_of(tx, "rubric", rubric.artifact_id))
    assert [dict(each.fields) for each in kept["anchors"]] == [dict(anchors[0].fields)]
    changed = house.draft("instructor", "rubric", {"anchors": ()}, rubric.artifact_id)
    assert house.publish("instructor", changed).version == 2
    assert "anchors" not in house.do(lambda tx: forms.values_of(tx, "rubric", rubric.artifact_id))
    old = house.do(lambda tx: forms.values_of(tx, "rubric", rubric.artifact_id, 1))
    assert old["anchors"][0].fields["level"] == "strong"
