"""The story of a laboratory, as a new member would try it, on both stores and with every kind of client.

Sign up, add a paper and ask about it, open the quoted page; start an experiment by talking, refuse it and see that
nothing happened; steer a thought and comment on a result; the server is killed at an open question, and another
device answers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pypdfium2
import pytest
from fpdf import FPDF

from tests.conftest import STORES, make_site
from tests.lab.scene import Scene, scene_on
from tests.stories.lab_players import KINDS, Device, device

PASSWORD = "correct horse"
PAGES = (
    "Contacts to molybdenum disulfide\n\nAda Byron, Lin Li\n\nWe describe how contacts are made.",
    "Results\n\nThe contact resistance of gold on MoS2 is 740 ohm um after annealing. Nickel is worse.",
    "Outlook\n\nOther metals will be tried next year.",
)
QUESTION = "What is the contact resistance of gold on MoS2?"
YES: dict[str, dict[str, Any]] = {
    "authorize": {"decision": "allow"},
    "verify": {"decision": "confirm"},
    "instruct": {"decision": "continue"},
    "comment": {"decision": "continue"},
}


@pytest.fixture(scope="module", params=STORES)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A server on loopback that trusts paths, as clients in the field need it."""
    site = make_site(request.param, tmp_path_factory.mktemp("laboratory"), request)
    with scene_on(site, lab__trust_path_user_id=True) as made:
        yield made
    site.close()


def paper() -> bytes:
    """A PDF of three pages."""
    document = FPDF()
    document.set_title("Contacts to molybdenum disulfide")
    document.set_font("Helvetica", size=12)
    for text in PAGES:
        document.add_page()
        document.multi_cell(0, 8, text)
    return bytes(document.output())


async def signed_up(url: str, user_id: str) -> tuple[str, str]:
    """Tokens of two sign-ins: who registered, and the same person at another device."""
    who = {"user_id": user_id, "password": PASSWORD}
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        made = await http.post("/accounts/sign-up", json=who)
        assert (made.status_code, made.json()["created"]) == (200, True), made.text
        wrong = await http.post("/accounts/log-in", json={**who, "password": "another one"})
        assert (wrong.status_code, wrong.json()) == (200, {"user_id": None})
        again = await http.post("/accounts/log-up", json=who)
        assert (again.json()["user_id"], again.json()["created"]) == (user_id, False)
    return made.json()["token"], again.json()["token"]


def kind_of(reply: Any) -> str:
    """What a reply asks, or `final`."""
    return reply["question"]["kind"] if reply["inner_chat"] else "final"


async def yes(here: Device, reply: Any, **flags: Any) -> Any:
    """Agree to what is asked."""
    return await here.answer(reply, "yes", YES[kind_of(reply)], **flags)


async def a_paper_is_asked_about(here: Device) -> None:
    """Add it, ask, and open the page of the quote."""
    content = paper()
    asked = await here.send("contacts.pdf", content, "Add this paper to my papers")
    assert kind_of(asked) == "authorize"
    assert "contacts.pdf" in asked["question"]["text"]
    added = await yes(here, asked)
    assert (kind_of(added), added["error"], list(added["references"].values())) == ("final", None, [len(content)])
    answer = await here.say(QUESTION)
    assert (kind_of(answer), answer["error"]) == ("final", None)
    [source] = [each for each in answer["references_detail"] if each["ref_type"] == "paper"]
    assert (source["page"], answer["references"][source["file"]]) == (2, len(content))
    assert "740 ohm um" in source["quote"]
    assert source["quote"] in answer["reply_text"]
    opened = await here.fetch(source["file"])
    assert opened == content
    document: Any = pypdfium2.PdfDocument(opened)
    text = document[source["page"] - 1].get_textpage().get_text_range()
    assert " ".join(source["quote"].split()) in " ".join(text.split())
    document.close()


async def an_experiment_is_refused(here: Device) -> None:
    """It is talked about, refused, and is not there."""
    collect = await here.say("Create an experiment")
    assert kind_of(collect) == "collect"
    values = {"experiment_name": "Anneal", "experiment_description": "Heat the contacts."}
    words = "\n".join(f"{key}: {value}" for key, value in values.items())
    verify = await here.answer(collect, words, {"values": values})
    authorize = await yes(here, verify)
    assert (kind_of(verify), kind_of(authorize)) == ("verify", "authorize")
    assert authorize["question"]["operation"]["arguments"]["experiment_name"] == "Anneal"
    refused = await here.answer(authorize, "no", {"decision": "deny"})
    assert "Not done" in refused["reply_text"]
    assert "There are no experiments." in (await here.say("List my experiments"))["reply_text"]


async def a_thought_and_a_result_are_steered(here: Device) -> None:
    """The advice replaces the proposal; the comment leads to one more step."""
    first = await here.say("What about nickel?", enable_instruct=True)
    assert kind_of(first) == "instruct"
    assert first["question"]["proposal"]["thought"]
    advised = "List my experiments"
    second = await here.answer(first, advised, {"decision": "advise", "text": advised})
    while kind_of(second) == "instruct":
        assert "paper" not in str(second["question"]["proposal"].get("tool"))
        second = await yes(here, second)
    assert "There are no experiments." in second["reply_text"]
    result = await here.say("List my experiments", enable_comment=True)
    assert kind_of(result) == "comment"
    assert result["question"]["proposal"]["tool"] == "experiment_list"
    wish = "List my papers"
    after = await here.answer(result, wish, {"decision": "comment", "text": wish})
    assert kind_of(after) == "comment"
    assert after["question"]["proposal"]["tool"] == "recent_paper_list"
    final = await yes(here, after)
    assert "Contacts to molybdenum disulfide" in final["reply_text"] or "contacts" in final["reply_text"]


@dataclass
class Member:
    """Who they are, and the token of each device."""

    kind: str
    user_id: str
    tokens: tuple[str, str]


async def killed_at_a_question(scene: Scene, here: Device, member: Member) -> None:
    """Ask for it again; the server dies at the question, and another device says yes."""
    verify = await here.say("Create an experiment called Anneal with the description Heat the contacts")
    asked = await yes(here, verify)
    assert kind_of(asked) == "authorize"
    await scene.restart()
    await here.back()
    async with device(member.kind, scene.url, member.user_id, member.tokens[1]) as there:
        again = await there.open_question()
        same = ("question_id", "message_id", "text", "operation")
        assert [again["question"][key] for key in same] == [asked["question"][key] for key in same]
        final = await yes(there, again)
        assert (kind_of(final), final["error"]) == ("final", None)
        assert "Anneal" in final["reply_text"]
        if here.token:
            assert (await here.next_final())["message_id"] == final["message_id"]
        listed = (await there.say("List my experiments"))["reply_text"]
        assert listed.count("- Anneal") == 1


@pytest.mark.node
@pytest.mark.lab("A1", "A9", "C14", "D3", "D4", "D7", "E1", "F1", "H6")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_new_member_of_a_laboratory(scene: Scene, kind: str) -> None:
    user_id = "李雷 at home" if kind == "field" else f"{kind}.new"
    member = Member(kind, user_id, await signed_up(scene.url, user_id))
    async with device(kind, scene.url, member.user_id, member.tokens[0]) as here:
        await a_paper_is_asked_about(here)
        await an_experiment_is_refused(here)
        await a_thought_and_a_result_are_steered(here)
        await killed_at_a_question(scene, here, member)
