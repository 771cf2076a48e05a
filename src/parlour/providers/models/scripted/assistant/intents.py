"""Which tool a message asks for, by rule (lab protocol 7.5, appendix B.3). Pure; first match wins.

Arguments are parts of the person's words and nothing else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Literal

from parlour.kernel.dataclass import dataclass

Greeting = Literal["hello", "thanks", "help"]
_TEXT_CHARACTERS_MAX = 8_000
_ARGUMENT_CHARACTERS_MAX = 2_000
_PAIRS_MAX = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """A tool and what the words say for its arguments."""

    tool: str
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    make: Callable[[re.Match[str]], Intent]


_LEAD = (
    r"^\s*(?:(?:hi|hello|hey|ok|okay|please|now|then|so|and)\b[,!. ]*)*"
    r"(?:(?:can|could|would|will) (?:you|we) (?:please )?|i(?:'d| would) like (?:you )?to |i want (?:you )?to |"
    r"let(?:'s| us) |help me (?:to )?|please )*"
)
_LEAD_ZH = r"^\s*(?:(?:请|麻烦|帮我|帮忙|你|您|能不能|可以|我想要?|我要|现在|再)[，, ]*)*"
_LOG_PAST = r"(?!\s*logs?\b)"
_TRIM = " \t\r\n?.!,;:。？！，；：、\"'“”‘’「」《》"
_FILLERS = re.compile(
    r"^(?:(?:me|for|about|on|of|to|the|a|an|any|some|all|new|recent|latest|papers?|articles?|preprints?|work|"
    r"\d{1,2}(?=\s+(?:papers?|articles?|preprints?)))\s+)+",
    re.IGNORECASE,
)
_FILLERS_ZH = re.compile(
    r"^(?:关于|一下|有关|的|到|过|什么|查找|搜索|查看|显示|有没有|找|请问|请|我的|这台|这个|那台|\s)+"
)
_TAIL_ZH = re.compile(r"(?:的|相关的?|方面的?|论文|文献|文章|吗|呢|什么|该|应该|要|\s)+$")
_PAIR = re.compile(r"([A-Za-z_][\w.-]*)\s*=\s*(\"[^\"]*\"|'[^']*'|“[^”]*”|\S+)")


def intent_of(words: str) -> Intent | None:
    """The intent of a message, if it has one of appendix B.3."""
    text = words[:_TEXT_CHARACTERS_MAX].strip()
    for rule in _RULES:
        found = rule.pattern.search(text)
        if found:
            return rule.make(found)
    return None


def greeting_of(words: str) -> Greeting | None:
    """What a message is that asks for nothing: a greeting, thanks, or a question what can be done."""
    text = " ".join(re.sub(r"[\W_]+", " ", words.casefold()).split())
    return next((kind for kind, pattern in _GREETINGS if pattern.fullmatch(text)), None)


def about_earlier_talk(words: str) -> bool:
    """Whether the message asks about what was said before."""
    return bool(_EARLIER.search(words))


def tidy(text: str) -> str:
    """An argument without the marks and filler words around it."""
    text = text.strip(_TRIM)
    text = _FILLERS.sub("", text + " ").strip()
    text = _TAIL_ZH.sub("", _FILLERS_ZH.sub("", text)) or text
    return text.strip(_TRIM)[:_ARGUMENT_CHARACTERS_MAX]


def _named(tool: str, **groups: str) -> Callable[[re.Match[str]], Intent]:
    """An intent whose arguments are the named groups of the match, tidied; absent ones are left out."""

    def make(match: re.Match[str]) -> Intent:
        found = {name: tidy(match[group] or "") for name, group in groups.items()}
        return Intent(tool=tool, arguments={name: value for name, value in found.items() if value})

    return make


def _entry(match: re.Match[str]) -> Intent:
    text = match["text"].strip()
    return Intent(tool="experiment_log_add", arguments={"text": text[:_TEXT_CHARACTERS_MAX]} if text else {})


def _arxiv(match: re.Match[str]) -> Intent:
    parts = [part for part in match.groupdict().values() if part]
    query = " ".join(filter(None, (tidy(part) for part in parts)))
    arguments: dict[str, object] = {"query": query} if query else {}
    count = re.search(r"(?<![\d.])([1-9]|10)\s*(?:papers?|articles?|preprints?|results?|篇)", match[0], re.IGNORECASE)
    if count:
        arguments["max_results"] = int(count[1])
        arguments["query"] = tidy(query.replace(count[0], "", 1)) or query
    return Intent(tool="arxiv_search", arguments=arguments)


def _external(match: re.Match[str]) -> Intent:
    arguments: dict[str, object] = {}
    for key, value in _PAIR.findall(match["rest"])[:_PAIRS_MAX]:
        arguments[key] = _value(value)
    return Intent(tool=f"mcp__{match['server']}__{match['tool']}", arguments=arguments)


def _value(text: str) -> object:
    """A value as it was written: a number, true or false, else a string without its quotes."""
    if text[0] in "\"'“":
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    text = text.rstrip(",;，；")
    if re.fullmatch(r"[+-]?\d{1,15}", text):
        return int(text)
    if re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", text):
        return float(text)
    return text


def _rules(table: Sequence[tuple[str, Callable[[re.Match[str]], Intent]]]) -> tuple[_Rule, ...]:
    return tuple(_Rule(pattern=re.compile(pattern, re.IGNORECASE | re.DOTALL), make=make) for pattern, make in table)


_RULES = _rules(
    [
        # The external tools come first: their form is exact, and their values may hold any other phrase.
        (r"^\s*run\s+(?P<server>[\w-]+)\s+(?P<tool>[\w.-]+)(?P<rest>(?:\s.*)?)$", _external),
        (r"^\s*执行\s*(?P<server>[\w-]+)\s+(?P<tool>[\w.-]+)(?P<rest>(?:\s.*)?)$", _external),
        (
            _LEAD + r"(?:create|start|begin|set up|make|new)\s+(?:(?:a|an|the|my|another|new)\s+)*experiment\b"
            + _LOG_PAST
            + r"(?:\s*[,:]?\s*(?:called|named|with (?:the )?name|:)\s*(?P<name>.+?))?"
            r"(?:[,;]?\s*(?:described as|with (?:the |a )?description|description)\s*[:=]?\s*(?P<text>.+))?"
            r"(?:,?\s*(?:please|now|for me))*[.!?]*\s*$",
            _named("experiment_create", experiment_name="name", experiment_description="text"),
        ),
        (
            _LEAD_ZH + r"(?:新建|创建|建立|開始|开始|创立)(?:一个|一项|个)?(?:新的?)?实验(?!记录|日志)"
            r"(?:\s*[，,：:]?\s*(?:叫做?|名为|名叫|名称[是为]?|：|:)\s*(?P<name>[^，,；;。]+))?"
            r"(?:[，,；;。]\s*(?:描述|说明|内容)[是为：:]*\s*(?P<text>.+))?",
            _named("experiment_create", experiment_name="name", experiment_description="text"),
        ),
        (
            _LEAD + r"(?:set|switch|change|choose)\s+(?:(?:to|the|my|a|another|new)\s+)*current experiment\b"
            r"(?:\s*(?:to|as|:)\s*(?P<name>.+?))?(?:\s+for\s+(?P<span>\d.*?))?"
            r"(?:,?\s*(?:please|now))*[.!?]*\s*$",
            _named("experiment_set_current", experiment="name", experiment_duration="span"),
        ),
        (
            _LEAD_ZH + r"(?:设置|设定|切换|更换)(?:一下)?(?:我的)?当前实验"
            r"(?:\s*(?:为|到|成|：|:)\s*(?P<name>[^，,。]+))?"
            r"(?:[，,]\s*(?:时长|持续)?[为是：:]*(?P<span>.+))?",
            _named("experiment_set_current", experiment="name", experiment_duration="span"),
        ),
        (_LEAD + r"(?:record|log)\s+that\s+(?P<text>.+)$", _entry),
        (_LEAD + r"(?:record|log)(?:\s+(?:this|the following))?\s*[:：]\s*(?P<text>.*)$", _entry),
        (_LEAD + r"(?:add|write|record)(?:\s+(?:this|it))?\s+(?:in|to|into)\s+(?:the|my)\s+(?:experiment\s+)?log\b"
         r"\s*[:：,]?\s*(?P<text>.*)$", _entry),
        (_LEAD_ZH + r"记录(?:(?:一下|如下)\s*[：:，,]?|\s*[：:])\s*(?P<text>.*)$", _entry),
        (_LEAD_ZH + r"(?:写入|记入|加入)(?:到)?(?:实验)?日志\s*[：:，,]?\s*(?P<text>.*)$", _entry),
        (_LEAD_ZH + r"把(?P<text>.+?)(?:写入|记入)(?:到)?(?:实验)?日志", _entry),
        (
            _LEAD + r"(?:list|show|what are)\s+(?:me\s+)?(?:all\s+)?(?:of\s+)?my\s+(?:own\s+)?experiments\b",
            _named("experiment_list"),
        ),
        (_LEAD_ZH + r"(?:列出|查看|显示)(?:一下)?(?:所有)?我的(?:所有)?实验(?!记录|日志)", _named("experiment_list")),
        (
            r"\bexperiment(?:al)?\s+logs?\b(?:\s+\w+){0,3}?\s+(?:about|of|on|for|mentioning)\s+(?P<query>.+)$",
            _named("experiment_log_search", query="query"),
        ),
        (
            r"实验(?:记录|日志)(?:里|中)?(?:有没有|有)?(?:关于|提到)(?P<query>.+)$",
            _named("experiment_log_search", query="query"),
        ),
        (_LEAD_ZH + r"(?P<query>.+?)(?:的)?实验(?:记录|日志)", _named("experiment_log_search", query="query")),
        (
            _LEAD + r"add\s+(?:(?:this|the|that|my|these|it)\b\s*)?(?P<file>[^\n]*?)"
            r"\s*to\s+my\s+(?:recent\s+)?papers\b",
            _named("recent_paper_add", file="file"),
        ),
        (
            _LEAD_ZH + r"把(?P<file>.*?)(?:加入|添加|放入|加)(?:到|进)?我的(?:最近的?)?(?:文献|论文)",
            _named("recent_paper_add", file="file"),
        ),
        (_LEAD_ZH + r"添加(?:这篇|这个|该)(?:论文|文献|文件)", _named("recent_paper_add")),
        (_LEAD + r"summari[sz]e\b(?P<paper>.*)$", _named("recent_paper_summarise", paper="paper")),
        (_LEAD_ZH + r"(?:总结|概括)(?:一下)?(?P<paper>.*)$", _named("recent_paper_summarise", paper="paper")),
        (
            _LEAD + r"(?:list|show)\s+(?:me\s+)?(?:all\s+)?(?:of\s+)?my\s+(?:recent\s+)?papers\b",
            _named("recent_paper_list"),
        ),
        (
            _LEAD_ZH + r"(?:列出|查看|显示)(?:一下)?(?:所有)?我的(?:所有)?(?:最近的?)?(?:文献|论文)",
            _named("recent_paper_list"),
        ),
        (
            _LEAD + r"(?:search|find|download|look up|look for|get)\b(?P<query>.*?)\b(?:on|from|in|at)\s+arxiv\b"
            r"(?P<rest>.*)$",
            _arxiv,
        ),
        (_LEAD + r"(?:search|look through|query)\s+arxiv\b(?P<query>.*)$", _arxiv),
        (
            _LEAD_ZH + r"(?:在|从|到)?\s*arxiv\s*(?:上|里|中)?\s*(?:搜索|查找|下载|搜|找)(?P<query>.*)$",
            _arxiv,
        ),
        (r"^\s*arxiv\b[\s:：]*(?P<query>\S.*)$", _arxiv),
        (
            r"\bhow\s+(?:(?:do|can|should|must)\s+(?:i|we|you|one)\s+|to\s+)(?:use|operate)\s+(?P<query>.+)$",
            _named("instrument_search", query="query"),
        ),
        (
            r"\bwho(?:\s+is|'s|\s+are)\s+(?:the\s+|an?\s+)?(?:experts?|super-?users?)\s+(?:for|of|on|in|at)\s+(?P<query>.+)$",
            _named("instrument_search", query="query"),
        ),
        (r"^\s*instruments?\s*:?\s+(?P<query>.+)$", _named("instrument_search", query="query")),
        (_LEAD_ZH + r"(?:怎么|如何)(?:使用|用|操作)(?P<query>.+)$", _named("instrument_search", query="query")),
        (_LEAD_ZH + r"(?P<query>.+?)(?:怎么|如何)(?:使用|用|操作)", _named("instrument_search", query="query")),
        (_LEAD_ZH + r"(?P<query>.+?)(?:应该|该|要)?找谁", _named("instrument_search", query="query")),
        (_LEAD_ZH + r"(?P<query>.+?)仪器", _named("instrument_search", query="query")),
        (
            r"\bwhat\s+(?:did|have|had)\s+(?:i|we|you)\s+(?:say|said|ask|asked|tell|told|talk|talked|discuss|discussed|"
            r"mention|mentioned)\b(?:\s+(?:you|me))?(?:\s+(?:about|of|on))?\s*(?P<query>.*)$",
            _named("chat_history_search", query="query"),
        ),
        (r"^\s*earlier\b[\s,:]*(?P<query>.+)$", _named("chat_history_search", query="query")),
        (
            r"我们?(?:之前|以前|上次|刚才)(?:说|问|聊|提|讨论)(?:过|到|了)?(?P<query>.*)$",
            _named("chat_history_search", query="query"),
        ),
        (
            _LEAD + r"(?:tell me\s+)?what(?:'s|\s+is)?\s+(?:the\s+|today's\s+)?(?:current\s+)?"
            r"(?:time|date|day|weekday)\b"
            r"(?:\s+(?:is\s+it|is\s+today|is\s+it\s+(?:today|now)|today|now|it\s+is|of\s+the\s+week))*[?.!\s]*$",
            _named("date_time"),
        ),
        (
            r"(?:现在|当前)(?:是)?(?:几点|什么时间|什么时候)|今天(?:是)?(?:几号|几月几号|星期几|周几|礼拜几|什么日期)|几点了",
            _named("date_time"),
        ),
    ]
)  # fmt: skip

_GREETINGS: tuple[tuple[Greeting, re.Pattern[str]], ...] = (
    (
        "hello",
        re.compile(
            r"(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|greetings|there|parlour|assistant|"
            r"how are you|你好|您好|嗨|早上好|上午好|下午好|晚上好|大家好|在吗)\s*)+"
        ),
    ),
    ("thanks", re.compile(r"(?:(?:many|ok|okay|great|thanks|thank you|thx|a lot|very much|谢谢你?|多谢|好的)\s*)+")),
    (
        "help",
        re.compile(
            r"(?:hi |hello |hey )?(?:help(?: me)?|what (?:can|do) you do(?: for me)?|how can you help(?: me)?|"
            r"who are you|what are you|(?:你好|您好)?\s*(?:你|您)?(?:能|可以|会)(?:做|干|帮我做?)(?:些)?什么|"
            r"帮助|你是谁|您是谁)"
        ),
    ),
)
_EARLIER = re.compile(
    r"\b(?:earlier|previously|last time|before)\b.*\b(?:i|we|you)\b|\b(?:i|we|you)\b.*\b(?:earlier|previously|"
    r"last time|before|already (?:said|asked|told))\b|(?:之前|以前|上次|刚才|早些时候).*(?:说|问|聊|提|讨论|对话)",
    re.IGNORECASE | re.DOTALL,
)
