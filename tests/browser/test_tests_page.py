"""Tests of models on the page: starting one, watching it, its verdict and cases; recordings from chats (issue 5)."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.acting import answered, card, end, go, graded, say, sign_in, start
from tests.browser.browsing import NARROW, WIDE, Demo, Open, Visit

pytestmark = pytest.mark.browser

BENCHMARK = "Supportive conversation check"
DONE_MS = 60_000
INSTRUCTOR = "instructor"


class Staff:
    """Somebody who may run the sample benchmark, over HTTP."""

    def __init__(self, demo: Demo) -> None:
        self._http = httpx.Client(
            base_url=f"{demo.url}/api/v1/", headers={"Authorization": f"Bearer {demo.tokens[INSTRUCTOR]}"}, timeout=60
        )
        cards = self._get("benchmarks")["items"]
        self.benchmark_id: str = next(each["benchmark_id"] for each in cards if each["name"] == BENCHMARK)

    def finished_test(self, **asked: object) -> str:
        """Start a test of the sample benchmark and wait for its end."""
        answer = self._http.post("tests", json={"benchmark_id": self.benchmark_id, **asked})
        assert answer.status_code == 201, answer.text
        test_id: str = answer.json()["test_id"]
        deadline = time.monotonic() + DONE_MS / 1000
        while not self._get(f"tests/{test_id}/results")["final"]:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        return test_id

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _get(self, path: str) -> dict:
        answer = self._http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def tester(demo: Demo) -> Iterator[Staff]:
    """The instructor of the sample pack."""
    made = Staff(demo)
    yield made
    made.close()


@pytest.fixture(scope="module")
def finished(tester: Staff) -> str:
    """A test of the sample benchmark that has ended, two repetitions long."""
    return tester.finished_test(name="A finished one", repeats=2)


def enter(demo: Demo, tab: Visit, place: str = "benchmarks") -> Page:
    """As the instructor, to a place of the tests."""
    tab.page.goto(f"{demo.url}/#token={demo.tokens[INSTRUCTOR]}")
    expect(tab.page.get_by_role("navigation", name="Pages").get_by_role("link", name="Tests")).to_be_visible()
    go(tab.page, place)
    expect(tab.page.locator(".tests h1")).to_be_visible()
    return tab.page


def begin(page: Page, repeats: int, name: str) -> None:
    """Through the form and its estimate to a running test."""
    page.get_by_label("Repetitions").fill(str(repeats))
    page.get_by_text("More choices").click()
    page.get_by_label("Name of this test").fill(name)
    page.get_by_role("button", name="Show the estimate").click()
    expect(page.get_by_role("heading", name="What it comes to")).to_be_focused()
    page.get_by_role("button", name="Start the test").click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def progress(page: Page) -> Locator:
    return page.get_by_role("region", name="Progress").get_by_role("status")


def verdict(page: Page, pair: str) -> Locator:
    """What stands about a pair, named as `b beside a`."""
    return page.locator(".verdict", has=page.get_by_role("heading", name=pair, exact=True))


def open_failed_case(page: Page, test_id: str) -> None:
    """A case of the curt candidate with the first recording."""
    go(page, f"tests/{test_id}/cases")
    page.get_by_label("Candidate").select_option(label="Curt")
    page.get_by_label("Outcome").select_option(label="Not passed")
    row = page.locator(".case-list li", has_text="Recursion: a patient tutor").filter(has_text="Curt")
    row.filter(has_text="not passed").first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Recursion: a patient tutor")).to_be_focused()


def test_only_who_may_run_benchmarks_is_led_to_them(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    pages = tab.page.get_by_role("navigation", name="Pages")
    go(tab.page, "benchmarks")
    expect(tab.page.get_by_text("There is no benchmark that you may run.")).to_be_visible()
    expect(pages.get_by_role("link", name="History")).to_be_visible()
    expect(pages.get_by_role("link", name="Tests")).to_have_count(0)
    tab.check_calm()


def test_a_test_is_estimated_started_and_watched_until_its_verdict(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo, tab)
    card(page, BENCHMARK).get_by_role("link", name="Start a test").click()
    expect(page.get_by_text("Nothing is started yet.")).to_be_visible()
    page.get_by_role("button", name="Show the estimate").click()
    estimate = page.get_by_role("region", name="What it comes to")
    expect(estimate).to_contain_text("126")
    expect(estimate).to_contain_text("points of 100")
    page.get_by_label("Repetitions").fill("4")
    expect(estimate).to_have_count(0)
    begin(page, 4, "Seen live")
    expect(progress(page)).to_have_text(re.compile(r"^\d+ of 168 cases replayed"))
    page.evaluate(
        "window.counts = new Set(); new MutationObserver(() => window.counts.add("
        "document.querySelector('.test-progress p').textContent.split(' ')[0]))"
        ".observe(document.querySelector('.test-progress'), {characterData: true, childList: true, subtree: true})"
    )
    expect(progress(page)).to_contain_text("168 of 168 cases replayed, 168 graded", timeout=DONE_MS)
    expect(page.get_by_role("heading", name="Verdict", exact=True)).to_be_visible(timeout=DONE_MS)
    assert page.evaluate("window.counts.size") > 1
    expect(verdict(page, "Curt beside Steady").locator(".verdict-word")).to_have_text(re.compile("Worse"))
    expect(verdict(page, "Steady, with noise beside Steady").locator(".verdict-word")).to_have_text(
        re.compile("No evidence")
    )
    verdict(page, "Curt beside Steady").get_by_text("The numbers").click()
    expect(verdict(page, "Curt beside Steady")).to_contain_text(re.compile(r"p [=<] 0\.\d+"))
    expect(page.get_by_role("heading", name="Keep in mind")).to_be_visible()
    tab.check_calm()
    tab.check_fits()


def test_results_stand_in_a_plot_and_in_tables(demo: Demo, visit: Open, finished: str) -> None:
    tab = visit(WIDE)
    page = enter(demo, tab, f"tests/{finished}")
    plot = page.get_by_role("img", name="Mean scores with their intervals")
    expect(plot).to_be_visible()
    expect(plot.locator("g.plot-row")).to_have_count(4)
    expect(plot.locator('g[data-kind="people"] path')).to_have_count(1)
    region = page.get_by_role("region", name="Scores")
    region.get_by_text("The same as a table").click()
    table = region.get_by_role("table")
    expect(table.get_by_role("row", name=re.compile("^Steady "))).to_contain_text(re.compile(r"\d+% to \d+%"))
    matrix = page.get_by_role("table").filter(has=page.get_by_role("columnheader", name="Recording", exact=True))
    expect(matrix.get_by_role("row")).to_have_count(15)
    cell = matrix.get_by_role("button", name=re.compile("^Recursion: a patient tutor, Curt"))
    expect(cell).to_contain_text("0 of 2 passed")
    cell.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".case-list li")).to_have_count(2)
    expect(page.get_by_label("Candidate")).to_have_value(re.compile("."))
    tab.check_calm()


def test_cases_are_narrowed_by_candidate_cause_and_check(demo: Demo, visit: Open, finished: str) -> None:
    tab = visit(WIDE)
    page = enter(demo, tab, f"tests/{finished}/cases")
    rows = page.locator(".case-list li")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(84)
    page.get_by_label("Candidate").select_option(label="Curt")
    expect(rows).to_have_count(28)
    expect(rows.first).to_contain_text("not passed")
    page.get_by_label("Cause of failure").select_option(label="The candidate")
    expect(rows.first).to_contain_text("The candidate")
    page.get_by_label("Failed check").select_option("no-finished-code")
    expect(rows).to_have_count(4)
    page.get_by_label("Outcome").select_option(label="Passed")
    expect(page.get_by_text("No case fits this.")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(rows).to_have_count(50)
    tab.check_calm()


def test_the_list_is_what_was_asked_for_last(demo: Demo, visit: Open, finished: str) -> None:
    tab = visit(WIDE)
    page = enter(demo, tab, f"tests/{finished}/cases")
    rows = page.locator(".case-list li")
    expect(rows).to_have_count(50)
    late: list[Route] = []
    page.route(re.compile("[?&]invocation_id="), lambda route: route.continue_() if late else late.append(route))
    page.get_by_label("Candidate").select_option(label="Curt")
    expect(page.locator(".paged")).to_have_attribute("aria-busy", "true")
    page.get_by_label("Candidate").select_option(label="Steady")
    expect(rows).to_have_count(28)
    with page.expect_response(late[0].request.url):
        late[0].continue_()
    expect(page.locator(".paged")).to_have_attribute("aria-busy", "false")
    expect(rows.filter(has_text="Curt")).to_have_count(0)
    expect(rows).to_have_count(28)
    tab.check_calm()


def test_a_case_tells_why_it_failed_what_differs_and_what_judges_quote(demo: Demo, visit: Open, finished: str) -> None:
    tab = visit(WIDE)
    page = enter(demo, tab)
    open_failed_case(page, finished)
    expect(page.get_by_role("heading", name="Why it failed: the candidate")).to_be_visible()
    diff = page.get_by_role("region", name="What differs")
    expect(diff.locator(".diff-turns li")).not_to_have_count(0)
    expect(diff.locator(".diff-turns del").first).to_contain_text("−")
    expect(diff.locator(".diff-turns ins").first).to_contain_text("+")
    before = diff.locator(".diff-turns del").first.inner_text()
    diff.get_by_label("Beside").select_option(label="Steady")
    expect(diff.locator(".diff-turns del").first).not_to_have_text(before)
    diff.get_by_role("button", name="Two columns").click()
    expect(diff.locator(".columns").first.locator(".column")).to_have_count(2)
    expect(diff.locator(".columns").first.locator(".column").first.locator("ins")).to_have_count(0)

    grades = page.get_by_role("region", name="Grades")
    expect(grades.get_by_role("button", name=re.compile("^scripted"))).to_have_count(3)
    quote = grades.locator("button.quote").first
    words = quote.inner_text().strip("“”")
    quote.click()
    expect(page.locator(".case-talk mark[data-aim]")).to_be_focused()
    assert words.split()[0] in page.locator(".case-talk mark[data-aim]").inner_text()
    grades.get_by_role("button", name=re.compile("^scripted-strict")).click()
    expect(grades.get_by_role("button", name=re.compile("^scripted-strict"))).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("region", name="Checks")).to_contain_text("no-finished-code")
    expect(page.get_by_role("region", name="Side by side").get_by_role("group")).to_have_count(2)
    tab.check_calm()


def test_a_person_puts_a_mark_that_changes_no_score(demo: Demo, visit: Open, finished: str) -> None:
    tab = visit(WIDE)
    page = enter(demo, tab)
    open_failed_case(page, finished)
    score = page.locator(".case > .row .tag").inner_text()
    page.get_by_text("Your own mark").click()
    keep = page.get_by_role("button", name="Keep this mark")
    expect(keep).to_be_disabled()
    groups = page.locator(".human-mark fieldset")
    expect(groups).to_have_count(5)
    for number in range(groups.count()):
        groups.nth(number).get_by_role("radio").last.check()
    page.get_by_label("In a sentence, if you like").fill("Far too curt.")
    keep.click()
    expect(page.get_by_text("Your mark is kept.")).to_be_visible()
    mine = page.get_by_role("button", name=re.compile("^instructor \\(a person\\)"))
    mine.click()
    expect(page.get_by_role("region", name="Grades")).to_contain_text("Far too curt.")
    expect(page.locator(".case > .row .tag")).to_have_text(score)
    tab.check_calm()


def test_a_running_test_is_stopped_and_goes_on(demo: Demo, visit: Open, tester: Staff) -> None:
    tab = visit(WIDE)
    page = enter(demo, tab, f"benchmarks/{tester.benchmark_id}/start")
    page.get_by_label("Steady, with noise").uncheck()
    begin(page, 15, "Stopped and resumed")
    expect(progress(page)).to_have_text(re.compile(r"^[1-9]\d* of 420 cases"), timeout=DONE_MS)
    page.get_by_role("button", name="Stop the test").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()
    expect(progress(page)).to_contain_text("It was stopped.")
    halted = int(progress(page).inner_text().split()[0])
    assert 0 < halted < 420
    page.get_by_role("button", name="Go on with it").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Tokens").fill("1000")
    dialog.get_by_role("button", name="Go on", exact=True).click()
    expect(progress(page)).to_contain_text("Its limit of tokens is reached.")
    expect(page.get_by_text("Limits: 1,000 tokens.")).to_be_visible()
    page.get_by_role("button", name="Go on with it").click()
    page.get_by_role("dialog").get_by_label("Tokens").fill("100000000")
    page.get_by_role("dialog").get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_role("heading", name="Verdict", exact=True)).to_be_visible(timeout=2 * DONE_MS)
    expect(progress(page)).to_contain_text("420 of 420 cases replayed, 420 graded")
    tab.check_calm()


@pytest.mark.parametrize(
    "wanted",
    [
        ("Everything, as data", ".json", '"comparisons"'),
        ("A report to read", ".md", "Curt is worse than Steady"),
        ("For build servers", ".xml", "<testsuite"),
    ],
)
def test_a_test_is_taken_along_as_a_file(
    demo: Demo, visit: Open, finished: str, tmp_path: Path, wanted: tuple[str, str, str]
) -> None:
    words, suffix, holds = wanted
    tab = visit(WIDE)
    page = enter(demo, tab, f"tests/{finished}")
    page.locator(".menu summary").click()
    with page.expect_download() as expected:
        page.get_by_role("button", name=re.compile(f"^{words}")).click()
    file = tmp_path / expected.value.suggested_filename
    expected.value.save_as(file)
    assert file.suffix == suffix
    assert holds in file.read_text()
    expect(page.locator(".menu summary")).to_be_focused()
    tab.check_calm()


def test_the_start_form_says_what_is_wrong_before_anything_is_asked(demo: Demo, visit: Open, tester: Staff) -> None:
    tab = visit(WIDE)
    page = enter(demo, tab, f"benchmarks/{tester.benchmark_id}/start")
    page.get_by_role("button", name="Add another model").click()
    page.get_by_role("button", name="Show the estimate").click()
    expect(page.get_by_role("alert")).to_contain_text("An added candidate needs a title and a model.")
    added = page.get_by_role("group", name="Added candidate 1")
    added.get_by_label("Title").fill("A third one")
    added.get_by_label("Model").fill("scripted")
    page.get_by_role("button", name="Show the estimate").click()
    expect(page.get_by_role("region", name="What it comes to")).to_contain_text("168")
    tab.check_calm()


def test_a_graded_chat_becomes_a_recording_with_consent(demo: Demo, visit: Open, tester: Staff) -> None:
    learner = sign_in(demo.url, demo, visit(WIDE)).page
    start(learner, "Practice: office hours")
    say(learner, "Hello, I am Learner. What have you tried so far?")
    answered(learner)
    end(learner)
    graded(learner)
    expect(learner.get_by_role("button", name="Add to a benchmark")).to_have_count(0)
    place = learner.url.partition("#")[2]

    tab = visit(WIDE)
    page = enter(demo, tab)
    page.goto(f"{demo.url}/#{place}")
    page.get_by_role("button", name="1. Recursion does not click").click()
    page.get_by_role("button", name="Add to a benchmark").click()
    dialog = page.get_by_role("dialog")
    add = dialog.get_by_role("button", name="Add it")
    expect(add).to_be_disabled()
    dialog.get_by_label("Benchmark").select_option(label=BENCHMARK)
    dialog.get_by_label("Title").fill("From a practice chat")
    dialog.get_by_label("How did the learner agree to it?").fill("Agreed in class today.")
    add.click()
    expect(dialog.get_by_text("It is a recording now.")).to_be_visible()
    dialog.get_by_role("link", name="Go to the benchmark").click()
    expect(page.get_by_role("heading", name="15 recordings")).to_be_visible()
    recording = page.locator(".recording", has_text="From a practice chat")
    recording.locator("summary").click()
    expect(recording).to_contain_text("What have you tried so far?")
    expect(recording).not_to_contain_text("I am Learner")
    expect(recording).to_contain_text("Agreed in class today.")
    recording.get_by_role("button", name="Take it out").click()
    page.get_by_role("dialog").get_by_role("button", name="Take it out").click()
    expect(page.get_by_role("heading", name="14 recordings")).to_be_visible()
    tab.check_calm()


def test_an_unknown_test_is_told_kindly(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo, tab, "tests/0192f0a0-0000-7000-8000-000000000000")
    expect(page.get_by_role("heading", name="This test cannot be opened")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Test not found.")


@pytest.mark.parametrize("place", ["benchmarks", "benchmark", "start", "results", "cases", "case"])
def test_every_page_of_tests_fits_a_phone(demo: Demo, visit: Open, finished: str, tester: Staff, place: str) -> None:
    tab = visit(NARROW)
    page = enter(demo, tab)
    if place == "case":
        open_failed_case(page, finished)
        expect(page.get_by_role("region", name="What differs").locator(".diff-turns")).to_be_visible()
    else:
        benchmark = f"benchmarks/{tester.benchmark_id}"
        places = {
            "benchmarks": ("benchmarks", "Recent tests"),
            "benchmark": (benchmark, "Candidates"),
            "start": (f"{benchmark}/start", "Start a test"),
            "results": (f"tests/{finished}", "The judges"),
            "cases": (f"tests/{finished}/cases", "Cases"),
        }
        address, heading = places[place]
        go(page, address)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    tab.check_fits()
    unnamed = page.evaluate(
        "[...document.querySelectorAll('main input, main select, main textarea')]"
        ".filter((each) => each.labels.length === 0).length"
    )
    assert unnamed == 0
    tab.check_calm()
