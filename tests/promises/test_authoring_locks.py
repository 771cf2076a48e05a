"""What waits for another server's transaction goes on from what that one wrote: no lost change, no version twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.accounts import actions as accounts
from parlour.catalog import actions as catalog
from parlour.catalog import authored, trainings
from parlour.catalog.entities import Persona
from parlour.drafts import actions as drafts
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import Refusal
from parlour.library.checks import running
from parlour.library.checks.running import CheckRules
from parlour.library.drafting.creating import NewDraft, create
from parlour.library.drafting.rules import DraftRules
from parlour.library.generating import Asked, GenerateRules, Item, Named, begin, plan_of
from parlour.library.publishing import Publishing, publish
from parlour.library.trainings.actions import TrainingChange, change
from parlour.library.trainings.adopting import adopt
from parlour.library.trainings.cohorts import add_person
from parlour.storage.tx import Tx
from tests.conftest import make_site
from tests.harness.site import Site, until

WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    made = make_site("postgresql", tmp_path, request)
    yield made
    made.close()


def meet(site: Site, first: Callable[[Tx], object], second: Callable[[Tx], object]) -> None:
    """Do `first` in one server and, before it commits, begin `second` in another, which has to wait for it."""
    with ThreadPoolExecutor(1) as other:

        def both(tx: Tx) -> Future[object]:
            first(tx)
            later = other.submit(site.write, second)
            until(lambda: later.done() or site.database().read_here(lambda at: at.all(WAITING)))
            assert not later.done(), "it did not wait"
            return later

        later = site.write(both)
        assert isinstance(later, Future)
        later.result(60)


def root(site: Site) -> Actor:
    """A superadmin."""
    found = site.write(lambda tx: accounts.actor_by_id(tx, site.ids["root"]))
    assert found is not None
    return found


@pytest.mark.promise("P1")
@pytest.mark.postgres
def test_who_adopts_a_version_keeps_what_was_changed_about_a_training_meanwhile(site: Site) -> None:
    actor, entry_id = root(site), next(iter(site.homes.values()))
    held = site.write(lambda tx: trainings.training(tx, entry_id))
    assert held is not None
    scenario_id = held.entry.templates[0].scenario_id

    def published(tx: Tx) -> None:
        scenario = catalog.scenario_version(tx, scenario_id, held.entry.templates[0].scenario_version)
        assert scenario is not None
        body = authored.body_of(replace(scenario, description="Rewritten."))
        authored.save(tx, authored.NewContent(id=scenario_id, kind="scenario", name=scenario.name, body=body), None)

    site.write(published)
    words = TrainingChange(members={"description": "Read this first."})
    meet(
        site,
        lambda tx: change(tx, actor, entry_id, words, "test"),
        lambda tx: adopt(tx, actor, scenario_id, "test"),
    )
    after = site.write(lambda tx: trainings.training(tx, entry_id))
    assert after is not None
    assert after.entry.description == "Read this first."
    newest = site.write(lambda tx: catalog.newest(tx, (scenario_id,)))[0].version
    assert {each.scenario_version for each in after.entry.templates if each.scenario_id == scenario_id} == {newest}


@pytest.mark.promise("P4")
@pytest.mark.postgres
def test_something_new_that_two_servers_publish_at_once_has_two_versions(site: Site) -> None:
    def bring(name: str) -> Callable[[Tx], object]:
        persona = Persona(id="0190aaaa-0000-7000-8000-000000000001", name=name)
        new = authored.NewContent(id=persona.id, kind="persona", name=name, body=authored.body_of(persona))
        return lambda tx: authored.save(tx, new, None)

    meet(site, bring("First"), bring("Second"))
    rows = site.write(lambda tx: tx.all("SELECT version, name FROM content WHERE id LIKE '0190aaaa%' ORDER BY version"))
    assert [(row["version"], row["name"]) for row in rows] == [(1, "First"), (2, "Second")]


@pytest.mark.promise("P4")
@pytest.mark.postgres
def test_who_adds_a_person_waits_for_who_publishes_the_cohort_and_both_are_in_it(site: Site) -> None:
    actor = root(site)
    rows = site.write(lambda tx: tx.all("SELECT id FROM content_current WHERE kind = 'cohort' ORDER BY id"))
    cohort_id = rows[0]["id"]
    everybody = ("learner", "fellow", "outsider")

    def added(*names: str) -> Callable[[Tx], object]:
        return lambda tx: [add_person(tx, actor, cohort_id, (name, "learner"), "test") for name in names]

    meet(site, added("learner", "fellow"), added("fellow", "outsider"))
    cohort = site.write(lambda tx: catalog.cohort(tx, cohort_id))
    assert cohort is not None
    assert {site.ids[name] for name in everybody} <= set(cohort.profile_ids)


@pytest.mark.promise("P4")
@pytest.mark.postgres
def test_of_two_servers_that_count_at_once_only_one_gives_the_last_that_there_is(site: Site) -> None:
    actor = root(site)
    few, one_run = DraftRules(drafts_max=3), GenerateRules(runs_parallel_max=1)
    one_check = CheckRules(seconds_max=60, parallel_max=1, timezone_name="UTC")
    persona = NewDraft(artifact_type="persona")
    made = [site.write(lambda tx: create(tx, actor, persona, few)) for _ in range(2)]
    named = Named(
        artifacts=[Item(name="persona", operation="draft")],
        resources=[Item(name="names", operation="create")],
        entries=[],
    )
    plan = plan_of(named, "call", one_run)

    def told(act: Callable[[Tx, int], object]) -> list[str]:
        said: list[str] = []

        def tried(tx: Tx, number: int) -> None:
            try:
                act(tx, number)
                said.append("done")
            except Refusal as refusal:
                said.append(refusal.code)

        meet(site, lambda tx: tried(tx, 0), lambda tx: tried(tx, 1))
        return said

    runs = told(lambda tx, number: begin(tx, actor, Asked(plan=plan, draft_id=made[number].id), one_run))
    assert runs == ["done", "too_many_requests"]
    checks = told(lambda tx, number: running.begin(tx, actor, made[number], one_check))
    assert checks == ["done", "too_many_requests"]
    assert told(lambda tx, _: create(tx, actor, persona, few)) == ["done", "too_many_drafts"]
    assert told(lambda tx, _: drafts.prepared_of(tx, actor.account_id)) == ["done", "done"]


@pytest.mark.promise("P4")
@pytest.mark.postgres
def test_who_loses_the_right_to_publish_while_waiting_to_publish_does_not(site: Site) -> None:
    account_id = site.ids["instructor"]
    author = site.write(lambda tx: accounts.actor_by_id(tx, account_id))
    assert author is not None
    persona_id = site.write(lambda tx: tx.new_id())
    persona = Persona(id=persona_id, name="Nina", department_ids=tuple(sorted(author.department_ids)))
    new = authored.NewContent(
        id=persona_id, kind="persona", name="Nina", body=authored.body_of(persona), account_id=account_id
    )
    site.write(lambda tx: authored.save(tx, new, None))
    about = NewDraft(artifact_type="persona", artifact_id=persona_id)
    draft = site.write(lambda tx: create(tx, author, about, DraftRules()))
    told: list[str] = []

    def demoted(tx: Tx) -> None:
        catalog.lock(tx, persona_id)
        accounts.set_role(tx, account_id, "member")

    def published(tx: Tx) -> None:
        try:
            publish(tx, author, Publishing(draft_id=draft.id))
        except Refusal as refusal:
            told.append(refusal.code)

    meet(site, demoted, published)
    assert told == ["not_found"]
