"""The embedded model (lab protocol 7.5, B.3; E13): intents in both languages, quotes, truth, the same again."""

import asyncio
import json
from collections.abc import Mapping, Sequence

import pytest

from parlour.providers.models.scripted.assistant.brain import Thought, think
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.turns.ports import Finished, Piece, Request, Said, Text, ToolCall, ToolSpec, Usage

SEARCHES = ("recent_paper_search", "shared_paper_search", "experiment_log_search", "instrument_search")
REQUIRED: Mapping[str, Sequence[str]] = {
    "recent_paper_add": ["file"],
    "recent_paper_summarise": ["paper"],
    "arxiv_search": ["query"],
    **{name: ["query"] for name in (*SEARCHES, "chat_history_search")},
    "file_search": ["file", "query"],
}
NAMES: Mapping[str, Sequence[str]] = {
    "experiment_create": ["experiment_name", "experiment_description"],
    "experiment_set_current": ["experiment", "experiment_duration"],
    "experiment_log_add": ["text", "file"],
    "arxiv_search": ["query", "max_results"],
    "recent_paper_summarise": ["paper", "refresh"],
    "mcp__stage__move": ["axis", "mm", "note"],
}
TOOLS = [
    ToolSpec(
        name=name,
        description="",
        parameters={
            "type": "object",
            "properties": {
                key: {"type": "number" if key == "mm" else "integer" if key == "max_results" else "string"}
                for key in [*REQUIRED.get(name, ()), *NAMES.get(name, ())]
            },
            "required": REQUIRED.get(name, []),
        },
    )
    for name in sorted({*REQUIRED, *NAMES, "experiment_list", "recent_paper_list", "date_time", "mcp__stage__status"})
]
INTENTS = [
    ("create experiment", "experiment_create", {}),
    ("Could you start a new experiment, please?", "experiment_create", {}),
    (
        "Please create a new experiment called Contacts with the description Gold on MoS2",
        "experiment_create",
        {"experiment_name": "Contacts", "experiment_description": "Gold on MoS2"},
    ),
    ("set current experiment", "experiment_set_current", {}),
    (
        "switch my current experiment to Annealing for 2h30m",
        "experiment_set_current",
        {"experiment": "Annealing", "experiment_duration": "2h30m"},
    ),
    ("Record that the anneal ran at 350 °C.", "experiment_log_add", {"text": "the anneal ran at 350 °C."}),
    ("log that it failed", "experiment_log_add", {"text": "it failed"}),
    ("record: create experiment", "experiment_log_add", {"text": "create experiment"}),
    ("add to the log: pump on", "experiment_log_add", {"text": "pump on"}),
    ("list my experiments", "experiment_list", {}),
    ("show my experiments", "experiment_list", {}),
    ("experiment logs about annealing", "experiment_log_search", {"query": "annealing"}),
    ("What does the experiment log say on gold?", "experiment_log_search", {"query": "gold"}),
    ("add notes.pdf to my papers", "recent_paper_add", {"file": "notes.pdf"}),
    ("summarise Contacts to MoS2", "recent_paper_summarise", {"paper": "Contacts to MoS2"}),
    ("summarize Contacts to MoS2", "recent_paper_summarise", {"paper": "Contacts to MoS2"}),
    ("list my recent papers", "recent_paper_list", {}),
    ("search for MoS2 contacts on arXiv", "arxiv_search", {"query": "MoS2 contacts"}),
    ("find 5 papers about spin valves on arxiv", "arxiv_search", {"query": "spin valves", "max_results": 5}),
    ("download 2401.01234 from arxiv", "arxiv_search", {"query": "2401.01234"}),
    ("arxiv graphene", "arxiv_search", {"query": "graphene"}),
    ("how to use the AFM", "instrument_search", {"query": "AFM"}),
    ("Who is the expert for the probe station?", "instrument_search", {"query": "probe station"}),
    ("instrument evaporator", "instrument_search", {"query": "evaporator"}),
    ("what did I say about gold?", "chat_history_search", {"query": "gold"}),
    ("earlier remarks on pumps", "chat_history_search", {"query": "remarks on pumps"}),
    ("what time is it?", "date_time", {}),
    ("what day is it", "date_time", {}),
    ("run stage status", "mcp__stage__status", {}),
    (
        'run stage move axis=x mm=0.3 note="slow, please"',
        "mcp__stage__move",
        {"axis": "x", "mm": 0.3, "note": "slow, please"},
    ),
    ("新建实验", "experiment_create", {}),
    (
        "创建一个新实验，名称：退火，描述：金电极",
        "experiment_create",
        {"experiment_name": "退火", "experiment_description": "金电极"},
    ),
    ("设置当前实验", "experiment_set_current", {}),
    ("切换当前实验为退火", "experiment_set_current", {"experiment": "退火"}),
    ("记录：温度 350 度", "experiment_log_add", {"text": "温度 350 度"}),
    ("记录一下今天泵坏了", "experiment_log_add", {"text": "今天泵坏了"}),
    ("写入日志：完成", "experiment_log_add", {"text": "完成"}),
    ("列出我的实验", "experiment_list", {}),
    ("查看我的实验", "experiment_list", {}),
    ("退火的实验记录", "experiment_log_search", {"query": "退火"}),
    ("接触电阻实验日志", "experiment_log_search", {"query": "接触电阻"}),
    ("总结接触电阻那篇", "recent_paper_summarise", {"paper": "接触电阻那篇"}),
    ("概括接触电阻那篇", "recent_paper_summarise", {"paper": "接触电阻那篇"}),
    ("列出我的文献", "recent_paper_list", {}),
    ("在 arxiv 上搜索石墨烯", "arxiv_search", {"query": "石墨烯"}),
    ("在arxiv上下载 MoS2 的论文", "arxiv_search", {"query": "MoS2"}),
    ("探针台怎么用？", "instrument_search", {"query": "探针台"}),
    ("探针台找谁？", "instrument_search", {"query": "探针台"}),
    ("镀膜仪器", "instrument_search", {"query": "镀膜"}),
    ("我之前说过关于金的什么", "chat_history_search", {"query": "金"}),
    ("我之前问过退火", "chat_history_search", {"query": "退火"}),
    ("现在几点？", "date_time", {}),
    ("今天星期几", "date_time", {}),
    ("执行 stage move axis=y mm=-2", "mcp__stage__move", {"axis": "y", "mm": -2}),
]
PDF = {"handle": "files/k7/p.pdf", "name": "p.pdf", "type": "application/pdf", "text_status": "ok"}


def _think(words: str, tools: Sequence[ToolSpec] = TOOLS, **script: object) -> Thought:
    return think(Request(model="scripted", messages=[], task="assist", tools=tools, script={"words": words, **script}))


def _calls(thought: Thought) -> list[tuple[str, object]]:
    return [(call.name, json.loads(call.arguments)) for call in thought.calls]


def _found(tool: str, *quotes: str, first: int = 1, **members: object) -> Mapping[str, object]:
    passages = [
        {"n": n, "title": f"Paper {n}", "page": n, "quote": quote, "ref_type": "paper", **members}
        for n, quote in enumerate(quotes, start=first)
    ]
    return {"tool": tool, "status": "done" if quotes else "nothing", "text": "", "passages": passages}


def _step(*outcomes: Mapping[str, object], **members: object) -> Mapping[str, object]:
    return {"thought": "I look.", "calls": [], "outcomes": outcomes, **members}


@pytest.mark.lab("E1")
@pytest.mark.parametrize(("words", "tool", "arguments"), INTENTS)
def test_an_intent_starts_its_tool_with_the_persons_words(
    words: str, tool: str, arguments: Mapping[str, object]
) -> None:
    thought = _think(words)
    assert _calls(thought) == [(tool, arguments)]
    assert thought.text.count("。" if any(char > "\u3000" for char in words) else ". ") <= 1


@pytest.mark.parametrize(
    "words", ["add this paper to my papers", "把这篇论文加入我的文献", "添加这篇论文", "summarise it"]
)
def test_a_file_that_is_pointed_at_is_the_one_of_the_message(words: str) -> None:
    ((_, arguments),) = _calls(_think(words, files=[PDF]))
    assert arguments in ({"file": "files/k7/p.pdf"}, {"paper": "files/k7/p.pdf"})


def test_without_the_file_it_asks_for_it_and_calls_nothing() -> None:
    assert _think("add this paper to my papers") == Thought(text="Please send the file together with this request.")


@pytest.mark.parametrize(
    "words", ["run a benchmark of contacts", "what time does annealing take?", "is it a new experiment?"]
)
def test_what_only_resembles_an_intent_is_searched(words: str) -> None:
    assert [name for name, _ in _calls(_think(words))] == list(SEARCHES)


def test_a_question_is_searched_where_it_may_be_answered() -> None:
    words = "What is the contact resistance of gold on MoS2?"
    query = {"query": "contact resistance gold MoS2"}
    assert _calls(_think(words)) == [(name, query) for name in SEARCHES]
    with_file = _calls(_think(words, files=[PDF]))
    assert with_file[0] == ("file_search", {"file": "files/k7/p.pdf", **query})
    earlier = _calls(_think("Which contact resistance did we discuss last time?"))
    assert earlier[-1][0] == "chat_history_search"


@pytest.mark.lab("E13")
def test_it_quotes_verbatim_at_most_three_with_source_and_page() -> None:
    quotes = [
        "Gold contacts have 2 kΩ.",
        "The contact  resistance\nis 1 kΩ.",
        "Nothing of it.",
        "Gold is soft.",
        "gold MoS2",
    ]
    answer = _think(
        "What is the contact resistance of gold on MoS2?",
        steps=[_step(_found("shared_paper_search", *quotes, holder="lin"), _found("recent_paper_search"))],
    ).text
    assert "“The contact resistance is 1 kΩ.” (Paper 2, page 2, held by lin) [2]" in answer
    assert answer.count("“") == 3
    assert "Nothing of it." not in answer


@pytest.mark.lab("E13")
def test_it_says_plainly_that_nothing_was_found() -> None:
    steps = [_step(*(_found(name) for name in SEARCHES))]
    assert _think("How tall is the Eiffel tower?", steps=steps).text == (
        "I found nothing about this in your papers, the laboratory's papers, experiment logs, instruments."
    )
    assert (
        _think("埃菲尔铁塔有多高？", steps=steps).text == "我在您的文献、实验室文献、实验记录、仪器中没有找到相关内容。"
    )
    assert _think("How tall?", tools=()).text == "I have nothing that I could search for an answer, so I cannot say."


@pytest.mark.lab("E13")
def test_a_chinese_question_gets_a_chinese_answer_with_the_chinese_passage() -> None:
    words = "金和二硫化钼的接触电阻是多少？"
    assert _calls(_think(words))[0][0] == "recent_paper_search"
    answer = _think(
        words, steps=[_step(_found("recent_paper_search", "接触电阻为 2 kΩ。"), _found("instrument_search"))]
    )
    assert answer.text == "我找到了以下内容：\n\n“接触电阻为 2 kΩ。”（Paper 1、第 1 页）[1]"


def test_the_experts_of_an_instrument_are_named() -> None:
    outcome = {"tool": "instrument_search", "status": "done", "text": "Experts of AFM: ada, lin.", "passages": []}
    assert _think("who is the expert for the AFM?", steps=[_step(outcome)]).text == "Experts of AFM: ada, lin."
    assert _think("AFM找谁？", steps=[_step(outcome)]).text == "AFM 的专家：ada, lin。"


@pytest.mark.lab("D3")
@pytest.mark.parametrize(
    ("status", "text", "said"),
    [
        ("done", "The experiment X was created.", "The experiment X was created."),
        (
            "refused",
            "Refused by the person. Nothing was done.",
            "Not done: experiment_create. Refused by the person. Nothing was done.",
        ),
        ("abandoned", "", "You gave this up, so nothing was done: experiment_create."),
        ("failed", "no such file", "This did not work: no such file"),
    ],
)
def test_what_a_tool_did_is_told_truthfully(status: str, text: str, said: str) -> None:
    outcome = {"tool": "experiment_create", "status": status, "text": text}
    assert _think("create experiment", steps=[_step(outcome)]) == Thought(text=said)


def test_an_unknown_outcome_is_told_as_unknown() -> None:
    outcome = {"tool": "mcp__stage__move", "status": "unknown", "text": "The server did not answer."}
    assert "not known whether" in _think("run stage move mm=1", steps=[_step(outcome)]).text
    assert "不清楚" in _think("执行 stage move mm=1", steps=[_step(outcome)]).text


def test_advice_and_comments_are_new_instructions() -> None:
    advised = _think("What about gold?", steps=[_step(advice="list my experiments")])
    assert _calls(advised) == [("experiment_list", {})]
    commented = _think("What about gold?", steps=[_step(_found("recent_paper_search", "gold"), comment="And silver?")])
    assert _calls(commented)[0] == ("recent_paper_search", {"query": "silver"})
    empty = _think("What about gold?", steps=[_step(_found("recent_paper_search", "Gold."), comment="ok, go on")])
    assert "“Gold.”" in empty.text or empty.calls
    answered = _think("Hello", steps=[_step(answer="Hello.", advice="what time is it?")])
    assert _calls(answered) == [("date_time", {})]


def test_the_last_step_answers_from_what_there_is() -> None:
    thought = _think(
        "What about gold?", steps=[_step(_found("recent_paper_search", "Gold."), comment="And silver?")], last=True
    )
    assert "“Gold.”" in thought.text
    assert not thought.calls


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("Hello!", "Ask me about"),
        ("What can you do?", "I look things up"),
        ("你好", "您可以问我"),
        ("你能做什么？", "逐字引用"),
        ("Thanks!", "welcome"),
    ],
)
def test_greetings_get_a_short_answer(words: str, part: str) -> None:
    thought = _think(words)
    assert part in thought.text
    assert not thought.calls


def test_a_file_without_text_is_told() -> None:
    scan = {**PDF, "text_status": "no_text"}
    assert _think("", files=[scan]).text == "The file p.pdf has no text that I can read."
    assert _think("What about gold?", files=[scan], steps=[_step(_found("recent_paper_search"))]).text.endswith(
        "The file p.pdf has no text that I can read."
    )
    assert _think("", files=[PDF]).text.startswith("I have the file p.pdf.")


def test_a_tool_that_is_not_offered_is_not_called() -> None:
    assert _think("run laser fire power=9").text == "The tool mcp__laser__fire is not there now, so I did nothing."
    without = [tool for tool in TOOLS if tool.name != "arxiv_search"]
    assert "cannot be reached now" in _think("search arxiv for gold", tools=without).text
    assert "无法访问" in _think("在 arxiv 上搜索金", tools=without).text


@pytest.mark.lab("E13")
def test_the_same_request_gets_the_same_pieces() -> None:
    async def pieces() -> list[Piece]:
        request = Request(
            model="scripted",
            messages=[Said(role="user", content="What about gold contacts?")],
            task="assist",
            tools=TOOLS,
            script={"words": "What about gold contacts?"},
        )
        return [piece async for piece in ScriptedModel().stream(request)]

    first = asyncio.run(pieces())
    assert first == asyncio.run(pieces())
    assert isinstance(first[0], Text)
    assert [piece.name for piece in first if isinstance(piece, ToolCall)] == list(SEARCHES)
    assert first[-2:] == [Usage(input_tokens=0, output_tokens=0), Finished(reason="tool_calls")]
