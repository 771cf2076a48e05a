"""The history: finding, putting away, taking along (issue 3)."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.acting import answered, end, go, graded, say, sign_in, start
from tests.browser.browsing import NARROW, WIDE, Demo, Open, Visit

pytestmark = pytest.mark.browser

WORDS = "Ida, which violin would you take?"


@pytest.fixture(name="told")
def a_told_conversation(demo: Demo, visit: Open) -> Visit:
    """A tab at the history, with one conversation that has ended."""
    tab = sign_in(demo.url, demo, visit(WIDE))
    start(tab.page, "First panel")
    say(tab.page, WORDS)
    answered(tab.page)
    end(tab.page)
    graded(tab.page)
    go(tab.page, "history")
    expect(tab.page.locator(".history > li").first).to_be_visible()
    return tab


@pytest.mark.parametrize(
    ("words", "suffix", "holds"),
    [
        ("Text to read", ".md", WORDS),
        ("Table", ".csv", "simulation_name"),
        ("Data", ".jsonl", WORDS),
        ("Learning record", ".json", '"verb"'),
    ],
)
def test_an_attempt_is_taken_along_as_a_file(told: Visit, tmp_path: Path, words: str, suffix: str, holds: str) -> None:
    page = told.page
    row = page.locator(".history > li").first
    row.locator("summary").click()
    with page.expect_download() as expected:
        row.get_by_role("button", name=words).click()
    file = tmp_path / expected.value.suggested_filename
    expected.value.save_as(file)
    text = file.read_text()
    assert file.suffix == suffix
    assert holds in text
    expect(row.locator("summary")).to_be_focused()
    told.check_calm()


def test_an_attempt_is_put_away_and_taken_back(told: Visit) -> None:
    page = told.page
    rows = page.locator(".history > li")
    before = rows.count()
    place = rows.first.locator("a").first.get_attribute("href")
    rows.first.get_by_role("button", name="Archive").click()
    expect(page.locator(f'.history > li > a[href="{place}"]')).to_have_count(0)
    expect(rows).to_have_count(before - 1)
    page.get_by_label("Show").select_option("archived")
    archived = page.locator(".history > li", has=page.locator(f'a[href="{place}"]'))
    expect(archived).to_be_visible()
    archived.get_by_role("button", name="Take back").click()
    expect(archived).to_have_count(0)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(f'.history > li > a[href="{place}"]')).to_be_visible()
    told.check_calm()


def test_a_row_names_the_card_that_it_was_begun_from(told: Visit) -> None:
    expect(told.page.locator(".history > li").first).to_contain_text("First panel")


def test_words_that_were_said_are_found_and_lead_there(told: Visit) -> None:
    page = told.page
    page.get_by_label("Search").fill("violin")
    hit = page.locator(".hit-list li").first
    expect(hit.locator("mark")).to_have_text("violin")
    expect(page.get_by_text("No conversation fits this.")).to_be_visible()
    hit.get_by_role("link").click()
    expect(page.locator(".message.marked")).to_contain_text(WORDS)
    told.check_calm()


def test_the_list_is_narrowed_by_kind_and_day(told: Visit) -> None:
    page = told.page
    page.get_by_label("Kind").select_option("practice")
    expect(page.get_by_text("No conversation fits this.")).to_be_visible()
    page.get_by_label("Kind").select_option("assigned")
    expect(page.locator(".history > li").first).to_be_visible()
    page.get_by_label("Until").fill("2001-01-01")
    expect(page.get_by_text("No conversation fits this.")).to_be_visible()
    told.check_calm()


def test_the_history_fits_a_phone(told: Visit) -> None:
    told.page.set_viewport_size(NARROW)
    told.page.locator(".history > li").first.locator("summary").click()
    told.check_fits()
