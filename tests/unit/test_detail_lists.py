"""Cards, the list of attempts and what can be reused, on both stores (Glow 6.7, 10.1, 10.3, 10.4)."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from parlour.attempts import actions as attempts
from parlour.attempts.access import attempt_to_read
from parlour.attempts.cards import Card, Cards, cards
from parlour.attempts.detail import AttemptDetail
from parlour.attempts.detail_rules import continuation_options
from parlour.attempts.listing import attempt_page
from parlour.attempts.listing_shapes import AttemptPage, Filters
from parlour.attempts.reuse_rules import Earlier, EarlierGrade
from parlour.catalog.bundles import load_bundle
from parlour.catalog.entities import EntryKind
from parlour.catalog.publishing import publish
from parlour.kernel.refusals import Refusal
from tests.unit.detail_hall import SAMPLE, Hall, open_hall


@pytest.fixture
def hall(store_url: str) -> Iterator[Hall]:
    with open_hall(store_url) as opened:
        yield opened


def shown(hall: Hall, kind: EntryKind, user_id: str = "learner") -> Cards:
    actor = hall.actor(user_id)
    return hall.read(lambda tx: cards(tx, actor, kind))


def only(items: Cards, name: str) -> Card:
    found = [card for card in items.items if name in card.name]
    assert len(found) == 1
    return found[0]


def listed(
    hall: Hall, user_id: str = "learner", cursor: str | None = None, limit: int = 50, **given: Any
) -> AttemptPage:
    actor = hall.actor(user_id)
    return hall.read(lambda tx: attempt_page(tx, actor, Filters(**given), cursor, limit))


def ids(page: AttemptPage) -> list[str]:
    return [item.id for item in page.items]


def test_cards_of_a_learner_follow_their_own_attempts(hall: Hall) -> None:
    entry = hall.entry("practice", "office")
    fresh = only(shown(hall, "practice"), "office")
    assert (fresh.status, fresh.num_sessions, fresh.highest_score, fresh.has_passed) == ("not-started", 0, None, False)
    assert (fresh.view_mode, fresh.practice_id, fresh.home_id) == ("practice", entry.id, None)
    assert (fresh.pass_pct, fresh.time_limit, fresh.cohort_names_junction) == (72, None, "New tutors")
    assert fresh.chat_entry_id == entry.templates[0].id
    assert fresh.color
    assert fresh.icon
    hall.practise(entry, 3)
    going = only(shown(hall, "practice"), "office")
    assert (going.status, going.num_sessions, going.highest_score) == ("in-progress", 1, 45)
    assert going.completion_pct == 100
    hall.practise(entry, 4)
    done = only(shown(hall, "practice"), "office")
    assert (done.status, done.num_sessions, done.highest_score, done.has_passed) == ("passed", 2, 60, True)
    other = only(shown(hall, "practice"), "pressure")
    assert (other.status, other.time_limit, other.num_sessions) == ("not-started", 600, 0)


def test_cards_come_with_their_rubrics(hall: Hall) -> None:
    whole = shown(hall, "home")
    card = whole.items[0]
    assert whole.actor_name == "Learner"
    assert (card.view_mode, card.practice_simulation) == ("member", False)
    assert list(whole.standard_groups) == list(card.standard_groups)
    assert [rubric.standard_group_ids for rubric in whole.rubrics.values()] == [list(card.standard_groups)]
    assert {standard.standard_group_id for standard in whole.standards.values()} == set(card.standard_groups)


def test_cards_of_a_teacher_count_learners(hall: Hall) -> None:
    entry = hall.entry("home")
    assert shown(hall, "home", "admin").items == []
    before = only(shown(hall, "home", "instructor"), "Tutor")
    assert before.view_mode == "instructional"
    assert (before.passed_count, before.in_progress_count, before.not_started_count) == (0, 0, 1)
    hall.start(entry)
    during = only(shown(hall, "home", "instructor"), "Tutor")
    assert (during.passed_count, during.in_progress_count, during.not_started_count) == (0, 1, 0)
    assert (during.status, during.completion_pct) == ("in-progress", 0)
    hall.practise(entry, 5)
    after = only(shown(hall, "home", "instructor"), "Tutor")
    assert (after.passed_count, after.in_progress_count, after.not_started_count) == (1, 0, 0)
    assert (after.status, after.completion_pct, after.num_sessions, after.highest_score) == ("passed", 100, 2, 75)


def test_the_number_of_statements_of_cards_does_not_grow_with_attempts(hall: Hall) -> None:
    entry, actor = hall.entry("practice", "office"), hall.actor()

    def statements() -> int:
        def count(tx: Any) -> int:
            seen = 0
            execute = tx._cursor.execute

            class Counting:
                def __getattr__(self, name: str) -> Any:
                    return getattr(cursor, name)

                def execute(self, *given: Any) -> Any:
                    nonlocal seen
                    seen += 1
                    return execute(*given)

            cursor, tx._cursor = tx._cursor, Counting()
            cards(tx, actor, "practice")
            return seen

        return hall.read(count)

    hall.start(entry)
    few = statements()
    assert few > 5
    for _ in range(5):
        hall.start(entry)
    assert statements() == few


def test_the_list_is_of_own_attempts_newest_first_in_pages(hall: Hall) -> None:
    entry = hall.entry("practice", "office")
    made = [hall.start(entry).attempt_id for _ in range(5)]
    pages = [listed(hall, limit=2)]
    while pages[-1].next_cursor:
        pages.append(listed(hall, cursor=pages[-1].next_cursor, limit=2))
    assert [len(page.items) for page in pages] == [2, 2, 1]
    assert [each for page in pages for each in ids(page)] == made[::-1]
    item = pages[0].items[0]
    assert (item.practice_id, item.home_id, item.profile_name, item.state) == (entry.id, None, "Learner", "active")
    assert (item.num_chats, item.chats_completed, item.score, item.passed) == (3, 0, None, False)


@pytest.mark.parametrize("cursor", ["", "?", "QUJD", "MTIzLmFiYw", "\u00e4"])
def test_a_cursor_that_is_none_is_refused(hall: Hall, cursor: str) -> None:
    with pytest.raises(Refusal) as refusal:
        listed(hall, cursor=cursor)
    assert refusal.value.code == "invalid_request"


def test_who_may_read_attempts_finds_them_in_the_list(hall: Hall) -> None:
    """1.1: the list holds what `attempt_detail` would show, and nothing else."""
    hall.person("root", "superadmin")
    hall.person("stranger")
    hall.person("outsider", "instructional")
    mine = hall.practise(hall.entry("home"), 4)
    readers = {
        who: ids(listed(hall, who)) for who in ("learner", "instructor", "root", "stranger", "outsider", "admin")
    }
    assert readers == {
        "learner": [mine], "instructor": [mine], "root": [mine], "stranger": [], "outsider": [], "admin": []
    }  # fmt: skip
    item = listed(hall, "instructor").items[0]
    assert (item.profile_name, item.score, item.passed, item.chats_completed) == ("Learner", 60, True, 3)


def test_an_admin_reads_attempts_of_a_shared_department_of_lower_ranks(hall: Hall) -> None:
    one = hall.do(lambda tx: accounts.create_department(tx, "One"))
    two = hall.do(lambda tx: accounts.create_department(tx, "Two"))
    for who, where in (("learner", one), ("admin", one)):
        hall.do(
            lambda tx, who=who, where=where: accounts.set_account_departments(
                tx, hall.people[who], [where.department_id]
            )
        )
    hall.person("peer", "admin")
    hall.do(lambda tx: accounts.set_account_departments(tx, hall.people["peer"], [two.department_id]))
    mine = hall.start(hall.entry("home")).attempt_id
    assert ids(listed(hall, "admin")) == [mine]
    assert ids(listed(hall, "peer")) == []
    assert ids(listed(hall, department_ids=(one.department_id,))) == [mine]
    assert ids(listed(hall, department_ids=(two.department_id,))) == []
    hall.do(lambda tx: accounts.set_role(tx, hall.people["learner"], "admin"))
    assert ids(listed(hall, "admin")) == []
    assert ids(listed(hall, "learner")) == [mine]


def test_filters_narrow_the_list(hall: Hall) -> None:
    home, practice = hall.entry("home"), hall.entry("practice", "pressure")
    at = hall.clock.ms
    first = hall.start(home).attempt_id
    second = hall.start(practice, infinite_mode=True).attempt_id
    assert ids(listed(hall, practice=True)) == ids(listed(hall, infinite_mode=True)) == [second]
    assert ids(listed(hall, practice=False)) == ids(listed(hall, simulation_ids=(home.simulation_id,))) == [first]
    assert ids(listed(hall, simulation_ids=(home.simulation_id, practice.simulation_id))) == [second, first]
    assert ids(listed(hall, search="UNDER pres")) == [second]
    assert ids(listed(hall, search="learner")) == [second, first]
    assert ids(listed(hall, search="%")) == ids(listed(hall, search="_ ")) == []
    assert ids(listed(hall, is_archived=True)) == []
    assert ids(listed(hall, created_from=at + 1000)) == [second]
    assert ids(listed(hall, created_until=at)) == [first]
    assert ids(listed(hall, created_from=at, created_until=at)) == [first]


def reusing_hall(hall: Hall, folder: Path) -> AttemptDetail:
    """Two earlier attempts, then one that waits in the lobby of a `use_previous` entry."""
    pack = folder / "reuse"
    shutil.copytree(SAMPLE, pack)
    cohort = pack / "cohort.yaml"
    cohort.write_text(cohort.read_text().replace("use_previous: false", "use_previous: true"))
    hall.do(lambda tx: publish(tx, load_bundle(pack)))
    entry, actor = hall.entry("home"), hall.actor()
    for points in (2, 4):
        attempt_id = hall.start(entry).attempt_id
        for _ in range(2):
            chat_id = hall.do(lambda tx, key=attempt_id: attempts.advance_by_hand(tx, actor, key, None)).chat_id
            assert chat_id is not None
            hall.say(chat_id, "What have you tried?")
            hall.end(attempt_id, chat_id)
            hall.grade(chat_id, points)
    return hall.detail(hall.start(entry).attempt_id)


def test_the_lobby_offers_the_best_earlier_chats_in_growing_bundles(hall: Hall, tmp_path: Path) -> None:
    detail = reusing_hall(hall, tmp_path)
    templates = sorted(hall.entry("home").templates, key=lambda template: template.position)
    assert (detail.is_lobby, detail.current_chat_id, detail.chat_entry_id) == (True, None, templates[0].id)
    assert detail.current_chat_index is None
    assert detail.simulation.rubric_id == templates[0].rubric_id
    assert detail.available_continuation_options is not None
    options = detail.available_continuation_options.options
    assert [[chat.chat_entry_id for chat in option.scenarios] for option in options] == [
        [templates[0].id],
        [templates[0].id, templates[1].id],
    ]
    assert [(option.total_score, option.total_percentage) for option in options] == [(20, 80.0), (40, 80.0)]
    assert [chat.scenario_name for chat in options[1].scenarios] == [template.name for template in templates[:2]]


def test_a_bundle_that_adds_time_but_no_score_is_left_out(hall: Hall) -> None:
    entry = hall.entry("home")
    chat_ids: list[str] = []
    for _ in range(2):
        started = hall.start(entry)
        assert started.chat_id is not None
        chat_ids.append(started.chat_id)
    chats = [hall.chat(chat_id) for chat_id in chat_ids]
    first = sorted(entry.templates, key=lambda template: template.position)[0]
    free = [replace(first, use_previous=True), replace(first, use_previous=True, position=1, time_limit=5)]
    nothing = EarlierGrade(score=0, total_points=25, time_taken=9)
    worthless = [Earlier(chat=replace(chat, state="completed"), practice=False, grade=nothing) for chat in chats]
    actor, started = hall.actor(), hall.start(entry)
    attempt = hall.read(lambda tx: attempt_to_read(tx, actor, started.attempt_id))
    assert len(continuation_options(attempt, free, worthless)) == 1
    assert continuation_options(attempt, [first], worthless) == []
    other_version = [replace(free[0], scenario_version=first.scenario_version + 1)]
    assert continuation_options(attempt, other_version, worthless) == []


def test_practice_and_running_attempts_offer_nothing_to_reuse(hall: Hall) -> None:
    started = hall.start(hall.entry("practice", "office"))
    assert hall.detail(started.attempt_id).available_continuation_options is None
    assert hall.detail(hall.start(hall.entry("home")).attempt_id).available_continuation_options is None
