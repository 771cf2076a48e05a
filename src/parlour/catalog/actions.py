"""Reading what is published, and an offline persona's part. `publishing.py` publishes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.accounts.access import shares_department
from parlour.catalog import store
from parlour.catalog.benchmarks import Benchmark, Eval, Recording
from parlour.catalog.dialogues import Dialogue
from parlour.catalog.entities import (
    Cohort,
    Document,
    Entry,
    EntryKind,
    Persona,
    Reference,
    Rubric,
    Scenario,
    Seat,
    Simulation,
)
from parlour.catalog.prices import Price, Rate, price_id
from parlour.kernel.actor import Actor
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx


def entry_for(tx: Tx, kind: EntryKind, entry_id: str) -> Entry | None:
    """A home or practice entry by id, also one that is no longer active."""
    stored = store.current(tx, kind, entry_id)
    return stored.read(Entry) if stored else None


def entries_for_account(tx: Tx, account_id: str, kind: EntryKind) -> list[Entry]:
    """The active entries in which an account has a seat, by (position, name)."""
    named, cohorts = store.entries_naming(tx, account_id), accounts.cohorts_of_learner(tx, account_id)
    entries = [stored.read(Entry) for stored in store.all_current(tx, kind)]
    return _sorted([entry for entry in entries if entry.id in named or _admits(entry, cohorts)])


def all_entries(tx: Tx, kind: EntryKind) -> list[Entry]:
    """Every active entry, by (position, name)."""
    return _sorted([stored.read(Entry) for stored in store.all_current(tx, kind)])


def seat_for(tx: Tx, entry: Entry, account_id: AccountId) -> Seat | None:
    """Whether (and as which persona) an account may use an entry: it is named in it, it learns in one of
    its cohorts at this moment, or everyone may."""
    named = store.seat(tx, entry.id, account_id)
    if named is not None:
        return named
    if not _admits(entry, accounts.cohorts_of_learner(tx, account_id)):
        return None
    plays = {pair.profile_id: pair.persona_id for pair in entry.profile_personas}
    return Seat(entry_id=entry.id, account_id=account_id, persona_id=plays.get(account_id))


def learners_of(tx: Tx, entry: Entry, cohort_ids: Collection[str]) -> set[AccountId]:
    """Who has a seat in an entry through one of these cohorts."""
    return {
        account_id
        for cohort_id in entry.cohort_ids
        if cohort_id in cohort_ids
        for account_id in accounts.learners_of_cohort(tx, cohort_id)
    }


def _admits(entry: Entry, cohort_ids: Collection[str]) -> bool:
    return entry.everyone or not set(entry.cohort_ids).isdisjoint(cohort_ids)


def scenario_version(tx: Tx, scenario_id: str, version: int) -> Scenario | None:
    """A scenario as it was at a version."""
    stored = store.version(tx, "scenario", scenario_id, version)
    return replace(stored.read(Scenario), version=stored.version) if stored else None


def rubric_version(tx: Tx, rubric_id: str, version: int) -> Rubric | None:
    """A rubric as it was at a version."""
    stored = store.version(tx, "rubric", rubric_id, version)
    return replace(stored.read(Rubric), version=stored.version) if stored else None


def persona(tx: Tx, persona_id: str) -> Persona | None:
    """A persona as it is now."""
    stored = store.current(tx, "persona", persona_id)
    return stored.read(Persona) if stored else None


def persona_version(tx: Tx, persona_id: str, version: int) -> Persona | None:
    """A persona as it was at a version."""
    stored = store.version(tx, "persona", persona_id, version)
    return stored.read(Persona) if stored else None


def document_version(tx: Tx, document_id: str, version: int) -> Document | None:
    """A document as it was at a version."""
    stored = store.version(tx, "document", document_id, version)
    return stored.read(Document) if stored else None


def document(tx: Tx, document_id: str) -> Document | None:
    """A document as it is now."""
    stored = store.current(tx, "document", document_id)
    return stored.read(Document) if stored else None


def simulation(tx: Tx, simulation_id: str) -> Simulation | None:
    """A simulation as it is now."""
    stored = store.current(tx, "simulation", simulation_id)
    return stored.read(Simulation) if stored else None


def cohort(tx: Tx, cohort_id: str) -> Cohort | None:
    """A cohort as it was published; who is in it now, the accounts know."""
    stored = store.current(tx, "cohort", cohort_id)
    return stored.read(Cohort) if stored else None


def dialogue_version(tx: Tx, dialogue_id: str, version: int) -> Dialogue | None:
    """A dialogue as it was at a version."""
    stored = store.version(tx, "dialogue", dialogue_id, version)
    return stored.read(Dialogue) if stored else None


def benchmark(tx: Tx, benchmark_id: str) -> Benchmark | None:
    """A benchmark as it is now, also one that is no longer active."""
    stored = store.current(tx, "benchmark", benchmark_id)
    return replace(stored.read(Benchmark), version=stored.version) if stored else None


def lock(tx: Tx, content_id: str) -> None:
    """Nobody else publishes this object before the transaction ends."""
    store.lock(tx, content_id)


def benchmarks_of_account(tx: Tx, actor: Actor) -> list[Benchmark]:
    """The active benchmarks that an actor may run, by name."""
    return [each for each in all_benchmarks(tx) if may_run(actor, each)]


def newest_benchmark(tx: Tx, actor: Actor, eval_id: str) -> str | None:
    """The newest of the active benchmarks of an evaluation that an actor may run."""
    return store.last_made(tx, [each.id for each in benchmarks_of_account(tx, actor) if each.eval_id == eval_id])


def all_benchmarks(tx: Tx) -> list[Benchmark]:
    """Every active benchmark, by name."""
    return [replace(each.read(Benchmark), version=each.version) for each in store.all_current(tx, "benchmark")]


def benchmarks_naming(tx: Tx, recording_id: str) -> list[Benchmark]:
    """The benchmarks, active or not, that have or had a recording, as they are now."""
    ids = {each.id for each in store.naming(tx, ("benchmark",), recording_id)}
    return [found for each in sorted(ids) if (found := benchmark(tx, each)) is not None]


def may_run(actor: Actor, benchmark: Benchmark) -> bool:
    """Run right on a benchmark (Glow 1.1): a superadmin, the admins and instructors of its departments, and
    whom it names."""
    if actor.role == "superadmin" or actor.account_id in benchmark.profile_ids:
        return True
    teaches = actor.role in ("admin", "instructional")
    return teaches and shares_department(actor.department_ids, frozenset(benchmark.department_ids))


def recording(tx: Tx, recording_id: str) -> Recording | None:
    """A recorded conversation as it is now."""
    stored = store.current(tx, "recording", recording_id)
    return replace(stored.read(Recording), version=stored.version) if stored else None


def recording_version(tx: Tx, recording_id: str, version: int) -> Recording | None:
    """A recorded conversation as it was at a version."""
    stored = store.version(tx, "recording", recording_id, version)
    return replace(stored.read(Recording), version=stored.version) if stored else None


def eval_of(tx: Tx, eval_id: str) -> Eval | None:
    """An evaluation as it is now."""
    stored = store.current(tx, "eval", eval_id)
    return stored.read(Eval) if stored else None


def price_of(tx: Tx, model: str) -> Rate | None:
    """What a model (named as in the settings) costs now; None if nobody said."""
    stored = store.current(tx, "price", price_id(model))
    return stored.read(Price).at(tx.now_ms) if stored else None


def users_of_upload(tx: Tx, upload_id: str) -> frozenset[Reference]:
    """The versions of scenarios and documents that use a file."""
    return store.naming(tx, ("scenario", "document"), upload_id)


def newest(tx: Tx, content_ids: Sequence[str]) -> tuple[Reference, ...]:
    """The newest versions of published things, in the order given; what is gone is left out."""
    versions = store.newest(tx, content_ids)
    return tuple(Reference(id=each, version=versions[each]) for each in content_ids if each in versions)


def script_for(tx: Tx, scenario: Scenario, persona_id: str) -> Mapping[str, object] | None:
    """What `turns.ports.Request.script` takes: the part that a persona plays in a scenario version.

    `{"dialogue": Dialogue}`, or None if the persona has no dialogue there; then the offline model
    answers with honest commonplaces.
    """
    for casting in scenario.castings:
        if casting.persona_id == persona_id:
            stored = store.version(tx, "dialogue", casting.dialogue_id, casting.dialogue_version)
            return {"dialogue": stored.read(Dialogue)} if stored else None
    return None


def cast_script(tx: Tx, scenario: Scenario, labels: Mapping[str, str]) -> Mapping[str, object] | None:
    """The same for all personas of a scene, given as labels by id: for one its `script_for`, for several
    `{"cast": ({"persona_id", "name", "dialogue"}, ...)}`, where those without a part have the dialogue None.
    """
    if len(labels) == 1:
        return script_for(tx, scenario, next(iter(labels)))
    scripts = {persona_id: script_for(tx, scenario, persona_id) for persona_id in labels}
    if not any(scripts.values()):
        return None
    return {
        "cast": tuple(
            {"persona_id": persona_id, "name": labels[persona_id], "dialogue": script["dialogue"] if script else None}
            for persona_id, script in scripts.items()
        )
    }


def _sorted(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.position, entry.name, entry.id))
