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
from parlour.kernel.actor import Actor
from parlour.library.adopting import adopt
from parlour.library.cohorts import add_person
from parlour.library.trainings import TrainingChange, change
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
