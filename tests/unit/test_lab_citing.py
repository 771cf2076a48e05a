"""Sources of an answer, quoted material, tool policies, and flows that misbehave: without a store."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec
import pytest

from parlour.assistant.entities import JsonValue, Member, Reference, Step, TurnId
from parlour.assistant.loop import citing, flows
from parlour.assistant.loop.acting import cut
from parlour.assistant.loop.context import quoted
from parlour.assistant.loop.journal import Journal, Kept
from parlour.assistant.sentences import SENTENCES
from parlour.assistant.tools.policy import Policies, is_offered, is_raised, policy_of
from parlour.assistant.tools.ports import Call, Do, Flow, Outcome, Passage, Policy, RefusedError, Tool
from parlour.assistant.tools.registry import Toolbox, fault_of, spec_of
from parlour.kernel.ids import AccountId

PAPER = Reference(ref_type="paper", title="Contacts", file="files/a/C.pdf", page=4, possessor="lin", quote="740  ohm")
LOG = Reference(
    ref_type="experiment_log", title="Annealing", experiment="Annealing", logged_at=1_700_000_000_000, author="ada"
)
WEB = Reference(ref_type="web", title="A record", url="an address")
INSTRUMENT = Reference(ref_type="instrument", title="Stage", experts=("lin", "bo"))


def journal(*outcomes: Outcome) -> Journal:
    """The journal of a turn that made these calls."""
    rows: dict[tuple[int, str], Step] = {}
    for n, outcome in enumerate(outcomes, 1):
        rows[n, f"call_{n}_01"] = Step(
            turn_id=TurnId("t"),
            n=n,
            name=f"call_{n}_01",
            kind="tool",
            title="Look",
            tool="look",
            arguments="{}",
            pause_id=None,
            outcome=outcome.status,
            output=msgspec.json.encode(outcome).decode(),
            started_at=n,
            finished_at=n,
        )
    return Journal(rows)


def found(*references: Reference, text: str = "They measured 740 ohm in all.") -> Outcome:
    """An outcome with a passage for each reference."""
    return Outcome(status="done", text="", passages=tuple(Passage(reference=each, text=text) for each in references))


def tool(**changed: object) -> Tool:
    """A tool that does nothing."""

    def run(call: Call) -> Flow:
        yield Do(name="nothing", act=lambda _: None)
        return Outcome(status="done", text="")

    schema = {"type": "object", "properties": {"mm": {"type": "number"}}, "required": ["mm"]}
    made = Tool(name="move", description="Moves.", parameters=schema, titles={}, run=run)
    return replace(made, **changed)  # type: ignore[arg-type]


def test_numbers_run_over_the_turn_and_each_source_has_one_line() -> None:
    known = journal(found(PAPER, LOG), found(PAPER, WEB, INSTRUMENT))
    cited = citing.cited("So [3], and [2, 5].", known, "en")
    assert cited.text.splitlines() == [
        "So [3], and [2, 5].",
        "",
        "Sources",
        "- [3] Contacts, p. 4 (held by lin)",
        "- [2] Annealing (by ada; 2023-11-14 22:13 UTC)",
        "- [5] Stage (experts: lin, bo)",
    ]
    assert cited.references == (PAPER, LOG, INSTRUMENT)
    assert citing.cited("[1][3]", known, "en").text.endswith("- [1][3] Contacts, p. 4 (held by lin)")
    assert citing.cited("Nothing [9].", known, "en") == citing.Cited(text="Nothing [9].", references=())


def test_what_a_tool_did_is_named_in_any_case_once_and_without_a_quote() -> None:
    known = journal(replace(found(PAPER), references=(PAPER, LOG, LOG)))
    assert citing.cited("Added.", known, "zh").text == (
        "Added.\n\n来源\n- Contacts，第 4 页 (持有者：lin)\n- Annealing (作者：ada; 2023-11-14 22:13 UTC)"
    )
    assert [each.quote for each in citing.cited("Added.", known, "en").references] == [None, None]
    assert [each.quote for each in citing.cited("Added [1].", known, "en").references] == ["740  ohm", None]


@pytest.mark.parametrize("quote", ["741 ohm", " ", "x" * 501])
def test_a_quote_must_stand_in_the_text(quote: str) -> None:
    passage = Passage(reference=replace(PAPER, quote=quote), text=f"740 ohm {'x' * 600}")
    assert citing.checked(passage).quote is None


def test_marks_inside_what_is_quoted_cite_nothing() -> None:
    """A quoted list of references has numbers of its own (4.3)."""
    listed = "Proceedings 7, 12-19. [2] Lin M (2024) Contacts. They measured 740 ohm [3] in all."
    known = journal(found(PAPER, text=listed), found(LOG, WEB))
    answer = "“[2] Lin M (2024) Contacts. They measured 740 ohm [3] in all.” (Contacts) [1]"
    assert citing.cited(answer, known, "en").references == (PAPER,)
    assert citing.cited("Contacts [2], they measured 740 ohm [1].", known, "en").references == (LOG, PAPER)


def test_at_most_ten_references() -> None:
    many = [replace(PAPER, page=n) for n in range(1, 15)]
    text = "".join(f"[{n}]" for n in range(1, 15))
    assert len(citing.cited(text, journal(found(*many)), "en").references) == 10


def test_the_delimiter_cannot_occur_inside() -> None:
    assert quoted("a <</quoted k3y>> b", "k3y") == "<<quoted k3y>>\na <</quoted [removed]>> b\n<</quoted k3y>>"


def test_outcomes_are_cut() -> None:
    assert cut(found(PAPER), 64_000) == found(PAPER)
    large = replace(found(*[PAPER] * 50, text="é" * 5_000), text="z" * 100_000)
    short = cut(large, 64_000)
    assert len(msgspec.json.encode(short)) <= 64_000
    assert short.text.endswith("[cut]")
    assert 0 < len(short.passages) <= 50


@pytest.mark.parametrize(
    ("configured", "mm", "expected"),
    [({}, 0.5, "auto"), ({}, 2, "deny"), ({"move": "ask"}, 0.5, "ask"), ({"move": "auto"}, 2, "deny")],
)
def test_the_stricter_of_name_and_arguments(configured: Policies, mm: float, expected: Policy) -> None:
    def rules(arguments: Mapping[str, JsonValue]) -> Policy:
        return "auto" if arguments["mm"] == 0.5 else "deny"

    assert policy_of(tool(policy_of=rules), {"mm": mm}, configured) == expected


def test_a_name_replaces_the_default() -> None:
    assert policy_of(tool(policy="ask"), {}, {"move": "auto"}) == "auto"
    assert not is_offered(tool(), {"move": "deny"})
    assert not is_offered(tool(policy="deny"), {})
    assert is_raised(tool(), {"move": "ask"})
    assert not is_raised(tool(policy="ask"), {"move": "ask"})


def test_the_first_source_of_a_name_counts() -> None:
    class One:
        def __init__(self, description: str) -> None:
            self.description = description

        def tools(self) -> list[Tool]:
            return [tool(description=self.description)]

    box = Toolbox([One("ours"), One("theirs")], {})
    assert [each.description for each in box.offered()] == ["ours"]
    assert box.find("other") is None


def test_arguments_must_fit() -> None:
    assert fault_of(tool(), {"mm": 1}) is None
    assert "required" in (fault_of(tool(), {}) or "")
    assert "user_id" in (fault_of(tool(), {"mm": 1, "user_id": "eve"}) or "")
    assert fault_of(tool(parameters={"type": 7}), {"mm": 1}) is not None
    assert spec_of(tool()).parameters["additionalProperties"] is False


def test_flows_that_misbehave_end_as_failed() -> None:
    def broken(_: Call) -> Flow:
        yield Do(name="a", act=lambda _: None)
        raise KeyError("bug")

    def endless(_: Call) -> Flow:
        while True:
            yield Do(name="a", act=lambda _: None)

    member = Member(account_id=AccountId("a"), user_id="ada", language="en", timezone="UTC")
    call = Call(call_id="c", turn_id=TurnId("t"), member=member, arguments={})
    kept = {k: ("a", Kept()) for k in range(1, flows.WISHES_MAX + 1)}
    assert isinstance(flows.run(broken(call), {}), flows.Wants)
    for flow, given in ((broken(call), kept), (endless(call), kept), (endless(call), {1: ("b", Kept())})):
        ended = flows.run(flow, given)
        assert isinstance(ended, Outcome)
        assert ended.status == "failed"


def test_what_is_thrown_in_names_the_end() -> None:
    def flow() -> Flow:
        yield Do(name="a", act=lambda _: None)
        return Outcome(status="done", text="")

    assert flows.run(flow(), {1: ("a", Kept(error="refused", why="no"))}) == Outcome(status="refused", text="no")
    assert isinstance(flows.error_of(Kept(error="refused")), RefusedError)


def test_both_languages_say_everything() -> None:
    assert SENTENCES["en"].keys() == SENTENCES["zh"].keys()
