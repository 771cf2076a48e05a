"""Flows of section 17 with a server that may die before any line (lab protocol 17, 18.E1, X1, X3).

Flows 9, 10 and those in which time, speech or a connection plays a part are in test_embedded_stories.py and
test_flows_apart.py. Every flow is run as it is, and with a restart before each of its lines (on PostgreSQL before one);
`PARLOUR_TEST_FLOW_CUTS=all` does that on both stores, and runs each flow with one restart, for each line.
"""

import os
from collections.abc import Awaitable, Callable, Iterator

import pytest

from parlour.audit import actions as audit
from parlour.audit.entities import Wanted
from tests.harness.site import Site
from tests.lab.flow_scripts import write_story
from tests.lab.flows import EVERY, NEVER, Flow
from tests.lab.scene import Scene, scene_on

Told = Callable[[Flow], Awaitable[None]]
LINES_MAX = 20
SAMPLE = 3
ALL = os.environ.get("PARLOUR_TEST_FLOW_CUTS") == "all"
CUTS = [NEVER, EVERY, *(range(1, LINES_MAX) if ALL else ())]


@pytest.fixture(scope="module")
def scene(lab_site: Site) -> Iterator[Scene]:
    """A server that can be killed, on each store, with the played turns."""
    with scene_on(lab_site, lab__script=write_story(lab_site.folder)) as made:
        yield made


async def plain(flow: Flow) -> None:
    """1."""
    said = await flow.start("plain, please")
    final = await flow.final("A plain answer.")
    await flow.nothing()
    again = await flow.poll(after=said.headers["x-message-id"])
    assert (again["message_id"], again["reply_text"]) == (final["message_id"], final["reply_text"])


async def created_in_two_parts(flow: Flow, words: str) -> None:
    """2."""
    await flow.start(words)
    await flow.asked("collect", "experiment_name", "experiment_description")
    await flow.say("experiment_name: Contacts")
    await flow.asked("collect", "experiment_description")
    await flow.say("Gold on MoS2")
    verify = await flow.asked("verify")
    shown = {each["key"]: each["value"] for each in verify["fields"]}
    assert (shown["experiment_name"], shown["experiment_description"]) == ("Contacts", "Gold on MoS2")
    await flow.say("ok")
    authorize = await flow.asked("authorize")
    assert authorize["operation"]["arguments"]["experiment_name"] == "Contacts"
    assert flow.scene.count("experiments", flow.member) == 0
    await flow.say("好的")
    await flow.final()
    assert flow.scene.count("experiments", flow.member) == 1


async def two_parts_played(flow: Flow) -> None:
    """2, with played turns."""
    await created_in_two_parts(flow, "set up an experiment")


async def two_parts_embedded(flow: Flow) -> None:
    """2, with the built-in rules."""
    await created_in_two_parts(flow, "create an experiment")


async def abandoned(flow: Flow) -> None:
    """3."""
    await flow.start("set up an experiment")
    await flow.asked("collect")
    await flow.say("forget it")
    await flow.final()
    assert flow.scene.count("experiments", flow.member) == 0


async def refused(flow: Flow) -> None:
    """4."""
    await flow.start("create an experiment called X with the description Y")
    await flow.asked("verify")
    await flow.say("yes")
    await flow.asked("authorize")
    await flow.say("no")
    await flow.final("Not done")
    assert flow.scene.count("experiments", flow.member) == 0


async def logged_with_nothing_set_up(flow: Flow) -> None:
    """5: eight inner replies."""
    await flow.start("note down the pump")
    for kind, words in (
        ("collect", "name: Pumps\ndescription: About pumps"),
        ("verify", "yes"),
        ("authorize", "yes"),
        ("select", "1"),
        ("verify", "yes"),
        ("collect", "2 h"),
        ("verify", "yes"),
        ("authorize", "可以"),
    ):
        await flow.asked(kind)
        await flow.say(words)
    await flow.final("It stands in the log.")
    assert flow.scene.count("experiments", flow.member) == 1
    assert flow.scene.count("log_entries", flow.member, "author_id") == 1


async def instructed(flow: Flow) -> None:
    """6."""
    await flow.start("advise me", enable_instruct=True)
    first = await flow.asked("instruct")
    assert first["proposal"]["tool"] == "experiment_list"
    await flow.say("rather look at my papers", enable_instruct=True)
    second = await flow.asked("instruct")
    assert second["proposal"]["answer"] == "A long answer."
    await flow.say("make it shorter", enable_instruct=False)
    final = await flow.final("A short answer.")
    trace = await flow.get(f"turns/{final['turn_id']}")
    assert [each["tool"] for each in trace["steps"] if each["kind"] == "tool"] == ["recent_paper_list"]


async def instructed_to_go_on(flow: Flow) -> None:
    """6, with nothing to add: what was proposed is carried out."""
    await flow.start("two steps", enable_instruct=True)
    for words in ("continue", "go on", "继续"):
        await flow.asked("instruct")
        await flow.say(words)
    final = await flow.final("Both were looked at.")
    trace = await flow.get(f"turns/{final['turn_id']}")
    tools = [each["tool"] for each in trace["steps"] if each["kind"] == "tool"]
    assert tools == ["experiment_list", "recent_paper_list"]


async def commented(flow: Flow) -> None:
    """7."""
    await flow.start("two steps", enable_comment=True)
    first = await flow.asked("comment")
    assert first["proposal"]["tool"] == "experiment_list"
    await flow.say("look at the papers too")
    second = await flow.asked("comment")
    assert second["proposal"]["tool"] == "recent_paper_list"
    await flow.say("no comment", enable_comment=False)
    await flow.final("Both were looked at.")


async def without_tools_no_comment(flow: Flow) -> None:
    """7, without tools: straight to the final."""
    await flow.start("plain, please", enable_comment=True)
    await flow.final("A plain answer.")


async def both(flow: Flow) -> None:
    """8."""
    await flow.start("make it", enable_instruct=True, enable_comment=True)
    for kind, words in (
        ("instruct", "continue"),
        ("verify", "yes"),
        ("authorize", "yes"),
        ("comment", "well done"),
        ("instruct", "continue"),
    ):
        await flow.asked(kind)
        await flow.say(words)
    await flow.final("That is all.")
    assert flow.scene.count("experiments", flow.member) == 1


async def outer_while_waiting(flow: Flow) -> None:
    """11."""
    await flow.start("set up an experiment")
    await flow.asked("collect")
    await flow.say("name: A\ndescription: B", inner=False)
    await flow.asked("verify")
    await flow.say("yes", inner=False)
    await flow.asked("authorize")
    await flow.say("yes", inner=False)
    await flow.final()
    assert flow.scene.count("experiments", flow.member) == 1


async def inner_while_idle(flow: Flow) -> None:
    """12."""
    await flow.say("plain, please", "started")
    await flow.final("A plain answer.")


async def a_yes_that_came_too_early(flow: Flow) -> None:
    """13."""
    await flow.start("slowly make one")
    await flow.say("yes", "queued")
    await flow.asked("verify")
    await flow.say("ok")
    await flow.asked("authorize")
    await flow.say("no")
    first = await flow.final()
    assert flow.scene.count("experiments", flow.member) == 0
    assert (await flow.final())["turn_id"] != first["turn_id"]


async def upgraded_while_waiting(flow: Flow) -> None:
    """21."""
    await flow.start("make it")
    await flow.asked("verify")
    await flow.say("yes")
    asked = await flow.asked("authorize")
    await flow.scene.restart()
    again = await flow.asked("authorize")
    assert {**again, "expires_at": ""} == {**asked, "expires_at": ""}
    assert flow.delivered[-1] == flow.delivered[-2]
    await flow.say("yes")
    await flow.final("That is all.")
    assert flow.scene.count("experiments", flow.member) == 1


async def by_a_colleague(flow: Flow) -> None:
    """22."""
    lin = flow.scene.member()
    await flow.start("make it")
    await flow.asked("verify")
    await flow.say("yes")
    asked = (await flow.asked("authorize"))["question_id"]
    await flow.post(f"questions/{asked}/assign", {"to": lin.user_id})
    theirs = Flow(flow.scene, lin)
    await flow.next_line()
    answered = await theirs.post(f"questions/{asked}/answer", {"answer": {"decision": "allow"}})
    assert answered == {"question_id": asked, "state": "answered", "answer": {"decision": "allow"}}
    await flow.final("That is all.")
    closed = await flow.get(f"questions/{asked}")
    assert closed["answered_by"] == lin.user_id
    rows = flow.scene.site.database().read_here(lambda tx: audit.list_rows(tx, Wanted(subject=asked)))
    assert lin.account_id in [row.actor for row in rows]
    assert (flow.scene.count("experiments", flow.member), flow.scene.count("experiments", lin)) == (1, 0)


async def cancelled(flow: Flow) -> None:
    """23."""
    await flow.start("make it")
    await flow.asked("verify")
    queued = await flow.call("POST", "chat_text", json={"text": "plain", "question_id": "none"})
    assert queued.json()["code"] == "question_closed"
    told = await flow.post("cancel", {})
    assert (len(told["cancelled"]), told["state"]) == (1, "IDLE")
    await flow.final("I stopped")
    await flow.start("think long")
    await flow.say("plain, please", "queued", inner=False)
    assert (await flow.post("cancel", {}))["state"] == "RUNNING"
    await flow.final("I stopped")
    await flow.final("A plain answer.")
    assert flow.scene.count("experiments", flow.member) == 0


async def cleared_while_waiting(flow: Flow) -> None:
    """24."""
    await flow.start("make it")
    await flow.asked("verify")
    assert await flow.post("clear_history") is None
    await flow.nothing()
    await flow.say("yes", "started")
    await flow.final()
    listed = (await flow.get("messages"))["messages"]
    assert [(each["role"], each["text"]) for each in listed if each["role"] == "person"] == [("person", "yes")]
    assert flow.scene.count("experiments", flow.member) == 0


FLOWS: list[Told] = [
    plain,
    two_parts_played,
    two_parts_embedded,
    abandoned,
    refused,
    logged_with_nothing_set_up,
    instructed,
    instructed_to_go_on,
    commented,
    without_tools_no_comment,
    both,
    outer_while_waiting,
    inner_while_idle,
    a_yes_that_came_too_early,
    upgraded_while_waiting,
    by_a_colleague,
    cancelled,
    cleared_while_waiting,
]


@pytest.mark.lab("E1", "D7", "C5", "X3")
@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: {NEVER: "never", EVERY: "every"}.get(cut, f"line {cut}"))
@pytest.mark.parametrize("told", FLOWS, ids=lambda told: told.__name__)
async def test_a_flow_is_the_same_with_a_restart_before_any_line(scene: Scene, told: Told, cut: int) -> None:
    sampled = cut == EVERY and scene.shared and not ALL
    flow = Flow(scene, scene.member(), SAMPLE if sampled else cut)
    await told(flow)
    await flow.close()
