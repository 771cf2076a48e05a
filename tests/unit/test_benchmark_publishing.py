"""Publishing benchmarks: versions and pins, people, and what was edited in the house meanwhile."""

from dataclasses import replace
from pathlib import Path

import pytest

from parlour.accounts.actions import create_account, create_department, set_account_departments
from parlour.accounts.entities import NewAccount
from parlour.catalog import actions
from parlour.catalog.benchmarks import Benchmark, RecordedMessage, Recording
from parlour.catalog.bundles import BundleErrors, load_bundle
from parlour.catalog.entities import Reference
from parlour.catalog.publishing import Published, publish
from parlour.catalog.publishing_benchmarks import put_benchmark, put_recording
from parlour.kernel.actor import Actor, Role
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, TimeOrderedIds, named_id
from parlour.storage.database import Database

TEXT = """
pack: {id: p, name: P}
personas: {pat: {name: Pat, instructions: "You are Pat."}}
scenarios: {talk: {name: Talk, personas: [pat]}}
rubrics:
  small:
    {name: Small, total_points: 2, pass_points: 1, groups: {asking: {name: Asking, points: 2, pass_points: 1,
     standards: [{points: 0, name: a}, {points: 2, name: b}]}}}
evals: {good: {name: Good}}
recordings:
  one: {title: One, scenario: talk, messages: [{user: a}, {assistant: b}], grade: {rubric: small, levels: {asking: 2}}}
  two: {title: Two, messages: [{user: a}, {assistant: b}]}
benchmarks:
  b: {name: B, eval: good, people: [ann], candidates: {c: {model: scripted, rubric: small}}}
"""
BENCHMARK = named_id("p", "benchmark", "b")
ONE = named_id("p", "recording", "one")


@pytest.fixture
def database(store_url: str) -> Database:
    clock = SystemClock()
    made = Database(store_url, clock, TimeOrderedIds(clock), readers=1)
    made.migrate()
    for name in ("ann", "ben"):
        made.write_here(lambda tx, name=name: create_account(tx, NewAccount(user_id=name, name=name)))
    return made


def published(database: Database, tmp_path: Path, text: str = TEXT) -> Published:
    file = tmp_path / "b.yaml"
    file.write_text(text, encoding="utf-8")
    bundle = load_bundle(file)
    return database.write_here(lambda tx: publish(tx, bundle))


def now(database: Database) -> Benchmark:
    found = database.read_here(lambda tx: actions.benchmark(tx, BENCHMARK))
    assert found is not None
    return found


def add_by_hand(database: Database) -> str:
    """Add a recording to the benchmark, as from a chat."""
    said = (RecordedMessage(id="m", role="assistant", content="Hi"),)
    made = Recording(id="by-hand", title="By hand", cluster="by-hand", messages=said)

    def add(tx: object) -> None:
        version, _ = put_recording(tx, made)  # type: ignore[arg-type]
        held = now(database)
        pinned = (*held.recordings, Reference(id=made.id, version=version))
        put_benchmark(tx, replace(held, recordings=pinned, repeats=7))  # type: ignore[arg-type]

    database.write_here(add)
    return made.id


def test_a_benchmark_pins_the_versions_that_it_was_published_with(database: Database, tmp_path: Path) -> None:
    published(database, tmp_path)
    first = now(database)
    assert {each.version for each in first.recordings} == {1}
    changed = TEXT.replace(
        "title: One, scenario: talk, messages: [{user: a}", "title: One, scenario: talk, messages: [{user: z}"
    )
    published(database, tmp_path, changed.replace("pass_points: 1, groups", "pass_points: 2, groups"))
    second = now(database)
    assert (first.version, second.version) == (1, 2)
    assert [each.version for each in second.recordings] == [2, 1]
    rubric = second.candidates[0].rubric
    assert rubric is not None
    assert rubric.version == 2
    old = database.read_here(lambda tx: actions.recording_version(tx, ONE, 1))
    new = database.read_here(lambda tx: actions.recording_version(tx, ONE, 2))
    assert old is not None
    assert new is not None
    assert [each.messages[1].content for each in (old, new)] == ["a", "z"]
    assert old.grade is not None
    assert new.grade is not None
    assert (old.grade.rubric.version, new.grade.rubric.version) == (1, 2)


def test_the_same_bundle_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    published(database, tmp_path)
    again = published(database, tmp_path)
    assert again.written == 0
    assert now(database).version == 1


def test_people_are_named_by_user_id_and_strangers_are_told_with_their_line(database: Database, tmp_path: Path) -> None:
    published(database, tmp_path)
    assert len(now(database).profile_ids) == 1
    with pytest.raises(BundleErrors) as caught:
        published(database, tmp_path, TEXT.replace("[ann]", "[ann, nobody]"))
    (error,) = caught.value.errors
    assert (error.line, error.message) == (14, "there is no account with the user id 'nobody'")


def test_what_was_edited_in_the_house_stays_until_its_author_changes_the_benchmark(
    database: Database, tmp_path: Path
) -> None:
    published(database, tmp_path)
    by_hand = add_by_hand(database)
    published(database, tmp_path)
    same_author = now(database)
    assert same_author.repeats == 7
    assert [each.id for each in same_author.recordings][-1] == by_hand
    published(
        database,
        tmp_path,
        TEXT.replace("messages: [{user: a}, {assistant: b}], grade", "messages: [{user: y}, {assistant: b}], grade"),
    )
    repinned = now(database)
    assert (repinned.repeats, repinned.recordings[0].version) == (7, 2)
    published(database, tmp_path, TEXT.replace("{name: B, eval", "{name: B, repeats: 2, eval"))
    authors = now(database)
    assert authors.repeats == 2
    assert [each.id for each in authors.recordings][-1] == by_hand


def test_a_benchmark_that_is_in_the_bundle_no_more_is_inactive_and_readable(database: Database, tmp_path: Path) -> None:
    published(database, tmp_path)
    published(database, tmp_path, TEXT[: TEXT.index("benchmarks:")])
    assert not now(database).active
    assert database.read_here(actions.all_benchmarks) == []


@pytest.mark.parametrize(
    ("role", "departments", "named", "may"),
    [
        ("superadmin", (), False, True),
        ("admin", ("here",), False, True),
        ("instructional", ("here",), False, True),
        ("admin", ("elsewhere",), False, False),
        ("member", ("here",), False, False),
        ("custom", ("here",), False, False),
        ("member", (), True, True),
        ("guest", (), True, True),
    ],
)
def test_the_run_right_is_that_of_glow_1_1(role: Role, departments: tuple[str, ...], named: bool, may: bool) -> None:
    benchmark = Benchmark(id="b", eval_id="e", name="B", department_ids=("here",), profile_ids=("named",))
    actor = Actor(
        account_id=AccountId("named" if named else "other"),
        user_id="x",
        role=role,
        department_ids=frozenset(departments),
    )
    assert actions.may_run(actor, benchmark) is may


def test_the_benchmarks_of_an_account_are_the_active_ones_that_it_may_run(database: Database, tmp_path: Path) -> None:
    published(database, tmp_path, TEXT + "  idle: {name: Idle, eval: good, people: [ann], active: false}\n")
    ids = {
        name: database.read_here(lambda tx, name=name: actions.accounts.account_ids_by_user_ids(tx, [name])[name])
        for name in ("ann", "ben")
    }
    for name, expected in (("ann", ["B"]), ("ben", [])):
        actor = Actor(account_id=ids[name], user_id=name, role="member")
        found = database.read_here(lambda tx, actor=actor: actions.benchmarks_of_account(tx, actor))
        assert [each.name for each in found] == expected


def test_who_loses_the_right_to_run_is_told(database: Database, tmp_path: Path) -> None:
    def told() -> list[str]:
        rows = database.read_here(
            lambda tx: tx.all("SELECT body FROM events WHERE kind LIKE '%RightsChanged' ORDER BY pos")
        )
        return [row["body"] for row in rows]

    def staff(tx: object) -> tuple[str, str]:
        here = create_department(tx, "Here").department_id  # type: ignore[arg-type]
        made = create_account(tx, NewAccount(user_id="ina", name="Ina", role="instructional"))  # type: ignore[arg-type]
        set_account_departments(tx, made.account_id, [here])  # type: ignore[arg-type]
        return here, made.account_id

    here, ina = database.write_here(staff)
    published(database, tmp_path, TEXT.replace("people: [ann]", f'people: [ann], department_ids: ["{here}"]'))
    before = len(told())
    published(database, tmp_path, TEXT.replace("people: [ann]", "people: [ben]"))
    news = told()[before:]
    assert len(news) == 3
    assert any(ina in body for body in news)
