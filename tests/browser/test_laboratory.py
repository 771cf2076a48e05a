"""The laboratory on the page, as its members would use it (issue 4)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import NARROW, WIDE, Cable, Demo, Open
from tests.browser.laboratory import (
    ANSWERED_MS,
    PAPER,
    a_laboratory,
    answer_comes,
    asked,
    box,
    enter,
    finals,
    propose_experiment,
    register,
    say,
    serve,
    to_part,
)
from tests.harness.site import PASSWORD, Site

pytestmark = pytest.mark.browser

AGAIN_MS = 60_000
PERMISSION = "May I do this?"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A server with the sample laboratory. Instead of the page's own one."""
    with a_laboratory(tmp_path_factory.mktemp("lab")) as site:
        server = serve(site)
        yield Demo(url=server.url, tokens=site.tokens, password=PASSWORD)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The same without a server, for one test."""
    with a_laboratory(tmp_path) as made:
        yield made


def no_experiment(page: Page) -> None:
    to_part(page, "Experiments")
    expect(page.get_by_role("region", name="Yours")).to_contain_text("None yet.")


@pytest.mark.lab("A4", "H3")
def test_a_new_member_asks_about_a_paper_and_opens_the_quote(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = register(demo.url, tab, "ada")
    page.locator('input[type="file"]').set_input_files(PAPER)
    expect(page.locator(".attached")).to_contain_text(PAPER.name)
    say(page, "What is the contact resistance after annealing?")
    answer = answer_comes(page, 1, re.compile("“.+”"))
    expect(page.locator(".message.own").get_by_role("button", name=re.compile("Contacts"))).to_be_visible()

    answer.locator(".cite").first.click()
    viewer = page.get_by_role("dialog")
    expect(viewer.locator("mark").first).to_be_visible()
    quote = re.sub(r"\s+", " ", viewer.locator(".viewer-quote").inner_text())
    assert quote in re.sub(r"\s+", " ", viewer.locator(".viewer-text").inner_text())
    if page.evaluate("navigator.pdfViewerEnabled"):
        expect(viewer.locator("iframe")).to_have_attribute("src", re.compile(r"^blob:.+#page=\d+$"))
    page.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    expect(answer.locator(".cite").first).to_be_focused()

    answer.get_by_text("How this came about").click()
    expect(answer.locator(".trace li").first).to_contain_text("Thought")
    expect(answer.locator('.trace li[data-kind="tool"]').first).to_be_visible()
    to_part(page, "My files")
    page.get_by_role("button", name=re.compile("^Delete")).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No files yet.")).to_be_visible()
    tab.check_calm()


def test_a_taken_name_is_told_and_no_second_account_is_made(demo: Demo, visit: Open) -> None:
    page = visit(NARROW).page
    page.goto(demo.url)
    page.get_by_role("button", name="New here? Register").click()
    page.get_by_label("Name").fill("LIN")
    page.get_by_label("Password").fill("another password")
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("taken")


@pytest.mark.lab("D1", "D3")
def test_what_is_refused_does_not_happen_and_what_is_approved_does(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = register(demo.url, tab, "grace")
    question = propose_experiment(page, "Series B")
    expect(question.get_by_role("heading")).to_contain_text(PERMISSION)
    question.get_by_label("Note, if you like").fill("not this week")
    question.get_by_role("button", name="Refuse").click()
    answer_comes(page, 1, "not this week")
    expect(page.locator(".tag", has_text="Refused").first).to_be_visible()
    no_experiment(page)

    to_part(page, "Assistant")
    propose_experiment(page, "Series B")
    say(page, "maybe later?")
    answer_comes(page, 2)
    no_experiment(page)

    to_part(page, "Assistant")
    propose_experiment(page, "Series B").get_by_role("button", name="Approve").click()
    answer_comes(page, 3)
    to_part(page, "Experiments")
    page.get_by_role("region", name="Yours").get_by_role("link", name=re.compile("Series B")).click()
    expect(page.get_by_text("Nothing is logged yet.")).to_be_visible()
    tab.check_calm()


@pytest.mark.lab("D1")
def test_an_experiment_is_chosen_and_its_log_is_read(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, tab, "lin")
    say(page, "record that the furnace is warm")
    choice = asked(page, "select")
    expect(choice.get_by_role("heading")).not_to_contain_text("1.")
    choice.get_by_label(re.compile("spring series")).check()
    choice.get_by_role("button", name="Choose", exact=True).click()
    check = page.locator('.message .asks:not([data-kind="select"])')
    while True:
        expect(check).to_be_visible(timeout=ANSWERED_MS)
        kind = check.get_attribute("data-kind")
        if kind == "authorize":
            break
        if kind == "collect":
            check.get_by_role("textbox").first.fill("2h30m")
        check.get_by_role("button", name=re.compile("^(Confirm|Give these)$")).click()
        expect(page.locator(f'.message .asks[data-kind="{kind}"]')).to_have_count(0, timeout=ANSWERED_MS)
    asked(page, "authorize").get_by_role("button", name="Approve").click()
    answer_comes(page, 1)
    to_part(page, "Experiments")
    row = page.get_by_role("region", name="Yours").get_by_role("listitem").first
    expect(row).to_contain_text("Current until")
    row.get_by_role("link").click()
    expect(page.locator(".log > li").first).to_contain_text("the furnace is warm")
    tab.check_calm()


@pytest.mark.lab("E3", "E4")
def test_a_thought_is_steered_and_a_result_commented(demo: Demo, visit: Open) -> None:
    tab = visit(NARROW)
    page = register(demo.url, tab, "rosalind")
    page.get_by_label("reasoning").check()
    page.get_by_label("actions").check()
    say(page, "What is the contact resistance?")
    thought = asked(page, "instruct")
    expect(thought.get_by_role("heading")).to_have_text("What I think")
    tab.check_fits()
    thought.get_by_label("Your advice").fill("what time is it")
    thought.get_by_role("button", name="Give this advice").click()
    done = asked(page, "comment")
    expect(done).to_contain_text("date_time")
    done.get_by_label("Your comment").fill("list my experiments")
    done.get_by_role("button", name="Send this comment").click()
    asked(page, "instruct").get_by_role("button", name="Stop here").click()
    answer_comes(page, 1)
    for words in ("what time is it", "list my experiments"):
        expect(page.locator(".asked-detail").get_by_text(words)).to_be_visible()
    page.reload()
    expect(page.locator(".asked-detail").get_by_text("list my experiments")).to_be_visible()
    expect(finals(page).last).to_be_in_viewport()
    expect(page.get_by_label("reasoning")).to_be_checked()
    tab.check_calm()


@pytest.mark.lab("D7", "X3")
def test_an_open_question_outlives_the_server_and_is_answered_from_another_device(site: Site, visit: Open) -> None:
    server = serve(site)
    first, second = visit(WIDE), visit(NARROW)
    page = enter(server.url, first, "okafor")
    propose_experiment(page, "Night run")
    server.kill()
    expect(page.get_by_text("Reconnecting…")).to_be_attached()
    serve(site, server.port)
    other = enter(server.url, second, "okafor")
    question = asked(other, "authorize")
    expect(question).to_contain_text("Night run")
    question.get_by_role("button", name="Approve").click()
    answer_comes(other, 1)
    expect(finals(page)).to_have_count(1, timeout=AGAIN_MS)
    expect(page.locator(".asks")).to_have_count(0)
    to_part(page, "Experiments")
    expect(page.get_by_role("region", name="Yours").get_by_role("listitem")).to_have_count(1)
    second.check_calm()


@pytest.mark.lab("B8", "H4")
def test_words_without_a_connection_are_kept_and_said_once(demo: Demo, cable: Cable, visit: Open) -> None:
    page = register(cable.url, visit(WIDE), "hedy")
    say(page, "what time is it")
    answer_comes(page, 1)
    cable.cut()
    expect(page.get_by_text("Reconnecting…")).to_be_attached()
    say(page, "what day is it")
    expect(page.get_by_text("Waiting to be sent. It is kept safe here.")).to_be_visible()
    cable.mend()
    answer_comes(page, 2)
    expect(page.locator(".message.waiting")).to_have_count(0)
    expect(page.locator(".message.own")).to_have_count(2)
    page.reload()
    expect(finals(page)).to_have_count(2)
    expect(page.locator(".message.own")).to_have_count(2)


@pytest.mark.lab("D8")
def test_a_colleague_answers_what_was_given_to_them(demo: Demo, visit: Open) -> None:
    asker, helper = visit(WIDE), visit(NARROW)
    page = register(demo.url, asker, "marie")
    other = enter(demo.url, helper, "brandt")
    question = propose_experiment(page, "Radium")
    question.get_by_text("Ask a colleague").click()
    question.get_by_label("Their name").fill("nobody at all")
    question.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    question.get_by_label("Their name").fill("brandt")
    question.get_by_label("A word to them").fill("Is the furnace free?")
    question.get_by_role("button", name="Ask", exact=True).click()
    expect(question).to_contain_text("brandt may answer this too.")

    waiting = other.get_by_role("region", name="Waiting for you")
    expect(waiting).to_contain_text("Is the furnace free?")
    helper.check_fits()
    question.get_by_role("button", name="Take it back").click()
    expect(waiting).to_have_count(0)
    question.get_by_text("Ask a colleague").click()
    question.get_by_label("Their name").fill("brandt")
    question.get_by_role("button", name="Ask", exact=True).click()
    waiting.get_by_role("button", name="Approve").click()
    expect(waiting).to_have_count(0)
    answer_comes(page, 1)
    expect(page.locator(".asked-outcome").last).to_contain_text("by brandt")
    to_part(page, "Experiments")
    expect(page.get_by_role("link", name=re.compile("Radium"))).to_be_visible()


@pytest.mark.lab("X5")
def test_a_turn_is_stopped_and_the_history_cleared(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = register(demo.url, tab, "emmy")
    propose_experiment(page, "Rings")
    page.get_by_role("button", name="Stop", exact=True).click()
    answer_comes(page, 1)
    expect(page.locator(".asks")).to_have_count(0)
    page.get_by_role("button", name="Clear the history").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Not yet").click()
    expect(finals(page)).to_have_count(1)
    page.get_by_role("button", name="Clear the history").click()
    dialog.get_by_label(re.compile("Also erase it")).check()
    dialog.get_by_role("button", name="Clear and erase").click()
    expect(page.locator(".message")).to_have_count(0)
    no_experiment(page)
    tab.check_calm()


def test_nothing_that_is_said_becomes_markup(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = register(demo.url, tab, "mallory")
    harm = '<img src=x onerror="document.title=1"> [x](javascript:alert(1)) **b**'
    say(page, harm)
    answer_comes(page, 1)
    propose_experiment(page, '<b onclick="x">bold</b>')
    page.get_by_role("button", name="Refuse").click()
    answer_comes(page, 2)
    assert page.locator(".lab img, .lab b, .lab a[href^=javascript]").count() == 0
    assert "token" not in page.url
    tab.check_calm()


@pytest.mark.lab("F6")
def test_a_file_is_dropped_and_one_that_is_too_much_is_told(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = register(demo.url, tab, "ida")
    drop(page, ["log.md", "more.md"])
    expect(page.locator(".attached")).to_contain_text("log.md")
    expect(page.get_by_text("One file at a time")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Remove")).click()
    drop(page, ["log.md"])
    say(page, "What temperature has the furnace?")
    answer = answer_comes(page, 1, "815")
    answer.locator(".source").first.click()
    expect(page.get_by_role("dialog").locator("mark").first).to_contain_text("815")
    expect(page.get_by_role("dialog").locator("iframe")).to_have_count(0)
    tab.check_calm()


def drop(page: Page, names: list[str]) -> None:
    """Files fall on the conversation, as from a desktop."""
    given = page.evaluate_handle(
        """([names, words]) => {
          const given = new DataTransfer();
          for (const name of names) given.items.add(new File([words], name, { type: "text/markdown" }));
          return given;
        }""",
        [names, "The furnace has a temperature of 815 degrees."],
    )
    for kind in ("dragover", "drop"):
        page.locator(".lab-talk").dispatch_event(kind, {"dataTransfer": given})


def test_the_conversation_works_by_keyboard_alone(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = register(demo.url, tab, "helen")
    box(page).focus()
    page.keyboard.type("create experiment")
    page.keyboard.press("Enter")
    asked(page, "collect")
    page.locator(".asks input").first.focus()
    page.keyboard.type("Keys")
    page.keyboard.press("Tab")
    page.keyboard.type("Only keys")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Give these")).to_be_focused()
    page.keyboard.press("Enter")
    check = asked(page, "verify")
    expect(check.get_by_role("heading")).to_be_focused()
    tab.check_calm()
