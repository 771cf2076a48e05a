"""Content as files over REST: an artifact as a bundle, and quiz questions of other programs into a draft and out."""

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from parlour.catalog.bundles import load_bundle
from parlour.kernel.ids import named_id
from parlour.library.bundles.qti import read_qti, write_qti
from parlour.library.bundles.quiz import QuizOption, QuizQuestion
from tests.wire.authors import DRAFTS, Author, fields
from tests.wire.house import UNKNOWN, House

GIFT = "Who? {=you ~me}\n\nBoth? {~%50%one ~%50%two ~%-100%three}\n\nSure. {F}\n"
SCENARIO = named_id("teaching-practice", "scenario", "recursion")


@pytest.fixture
async def author(house: House) -> AsyncIterator[Author]:
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(Author(house.site, house.process, "instructor"))


async def test_an_artifact_goes_out_as_a_bundle_that_can_be_imported(author: Author, tmp_path: Path) -> None:
    answer = await author.http.get(f"/api/v1/artifacts/{SCENARIO}/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/yaml")
    assert answer.headers["content-disposition"].startswith("attachment")
    file = tmp_path / "bundle.yaml"
    file.write_bytes(answer.content)
    bundle = load_bundle(file)
    assert [each.id for each in bundle.scenarios] == [SCENARIO]
    assert {each.name for each in bundle.personas} == {"Maya Okafor"}
    assert bundle.cohorts == ()
    await author.ask("GET", f"/artifacts/{UNKNOWN}/export", status=404)
    await author.ask("GET", f"/artifacts/{SCENARIO}/questions?format=csv", status=422)


async def test_questions_come_into_a_draft_and_out_of_what_is_published(author: Author) -> None:
    draft = await author.begin("scenario")
    path = f"{DRAFTS}/{draft['id']}/questions"
    after = await author.ask("POST", path, {"format": "auto", "text": GIFT})
    who, both, sure = fields(after, "questions")
    assert (who["question_text"], both["allow_multiple"]) == ("Who?", True)
    assert [(each["option_text"], each["is_correct"]) for each in sure["options"]] == [("True", False), ("False", True)]
    more = (QuizQuestion(text="Zipped?", options=(QuizOption(text="a", correct=True), QuizOption(text="b"))),)
    packed = base64.b64encode(write_qti(more, "3.0")).decode()
    after = await author.ask("POST", path, {"text": packed, "expected_version": after["version"]})
    assert fields(after, "questions")[-1]["question_text"] == "Zipped?"
    refused = await author.ask("POST", path, {"text": "Fine? {=a ~b}\n\nWhy? {}"}, 422)
    assert [each["message"] for each in refused["errors"]] == ["line 3: an essay; only choices can be asked"]
    for text in ("UEsDB not base64", "<!DOCTYPE a><a/>", "<a>"):
        await author.ask("POST", path, {"text": text}, 422)
    stale = await author.ask("POST", path, {"text": GIFT, "expected_version": 1}, 409)
    assert stale["draft"]["version"] == after["version"]
    assert len(fields(await author.read(draft), "questions")) == 4, "what was refused left nothing behind"
    await author.ask("POST", f"{DRAFTS}/{UNKNOWN}/questions", {"text": GIFT}, 404)
    persona = await author.begin()
    await author.ask("POST", f"{DRAFTS}/{persona['id']}/questions", {"text": GIFT}, 422)


async def test_published_questions_are_given_in_both_formats(author: Author) -> None:
    cards = await author.ask("GET", "/artifacts?type=scenario&limit=50")
    with_questions: list[str] = []
    for card in cards["items"]:
        gift = await author.http.get(f"/api/v1/artifacts/{card['id']}/questions?format=gift")
        assert gift.status_code == 200, gift.text
        qti = await author.http.get(f"/api/v1/artifacts/{card['id']}/questions?format=qti")
        if gift.content:
            with_questions.append(card["id"])
            assert len(read_qti(qti.content)) == gift.text.count("::Question")
    assert with_questions
