"""What a value of each type is: which members an answer has, within which bounds, and what it is for.

`SHAPES` is data. Members that rules fill (points of a level, which scenario a time limit belongs to) are not asked
for; `planning` puts them into the slot, `keeping` into the value.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from parlour.kernel.dataclass import dataclass

NAME_MAX = 120
LINE_MAX = 500
TEXT_MAX = 2_000
LONG_MAX = 8_000
DOCUMENT_MAX = 12_000
QUOTES_MAX = 5
QUOTE_MAX = 400

Holds = Literal["string", "int", "number", "bool", "strings", "options"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One member of an answer. `most` characters of a text, items of a list, or the highest number."""

    holds: Holds = "string"
    most: float = NAME_MAX
    least: float = 0
    must: bool = True
    choices: Sequence[str] = ()
    pattern: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """The members of an answer by name; `purpose` tells the model what the value is for.

    `claims`: what it says about the world must rest on the sources, if there are any.
    """

    purpose: str
    members: Mapping[str, Member]
    claims: bool = False


_NAME = Member()
_DESCRIPTION = Member(most=TEXT_MAX, must=False)
_LINE = Member(most=LINE_MAX)
_TEXT = Member(most=TEXT_MAX)
_LONG = Member(most=LONG_MAX)
_FLAG = Member(holds="bool")
_HEX = Member(most=7, pattern=r"#[0-9a-fA-F]{6}")
_SLUG = Member(most=64, pattern=r"[a-z0-9][a-z0-9_-]*")
_NAMED: Mapping[str, Member] = {"name": _NAME, "description": Member(most=TEXT_MAX)}
LEVELS = ("minimal", "low", "medium", "high")
CHAT_SWITCHES = (
    "text_enabled", "audio_enabled", "hints_enabled", "copy_paste_allowed", "show_images", "show_objectives",
    "show_problem_statement", "strengths_enabled", "improvements_enabled", "replacements_enabled",
    "analyses_enabled", "use_custom", "use_previous",
)  # fmt: skip

SHAPES: Mapping[str, Shape] = {
    "names": Shape(purpose="The name, as it stands in lists. Short; no quotation marks.", members={"name": _NAME}),
    "descriptions": Shape(
        purpose="One to three sentences that tell a colleague what this is and when to use it.",
        members={"description": _TEXT},
    ),
    "colors": Shape(
        purpose="A colour that fits, dark enough for white text.",
        members={"name": _NAME, "description": _DESCRIPTION, "hex_code": _HEX},
    ),
    "icons": Shape(
        purpose="One emoji that stands for it, in `value`; `name` says what it shows.",
        members={"name": _NAME, "description": _DESCRIPTION, "value": Member(most=16)},
    ),
    "instructions": Shape(
        purpose="What the model is told that plays or works as this. In the second person: who you are, how you speak,"
        " what you want, what you do not say at first and what makes you say it, what you never do, how long you"
        " speak. A persona may hold placeholders like {{place}} and {{matter}} that scenarios fill.",
        members={"template": _LONG},
    ),
    "examples": Shape(
        purpose="One thing that the persona might say, word for word, in its own voice; no stage directions.",
        members={"example": _LINE},
    ),
    "parameter_fields": Shape(
        purpose="What the placeholder of `about.parameter` stands for: a few words that fit into a sentence.",
        members={"value": _LINE},
    ),
    "voices": Shape(
        purpose="The language and accent to speak with, as in BCP 47.",
        members={"voice": Member(most=64, pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]*")},
    ),
    "problem_statements": Shape(
        purpose="What the learner knows before the conversation: the situation, what is at stake, what is open. It"
        " does not say how to solve it.",
        members={"name": _NAME, "problem_statement": _TEXT},
        claims=True,
    ),
    "objectives": Shape(
        purpose="One thing that the learner is to do, begun with a verb, that an observer can see in the conversation.",
        members={"objective": _LINE},
        claims=True,
    ),
    "questions": Shape(
        purpose="A quiz question with two to six options. At least one is right; exactly one, unless `allow_multiple`."
        " Wrong options are plausible and as long as right ones. `time`: second of the video at which it is asked, or"
        " null.",
        members={
            "question_text": _LINE,
            "allow_multiple": _FLAG,
            "time": Member(holds="int", most=86_400, must=False),
            "options": Member(holds="options", most=6, least=2),
        },
        claims=True,
    ),
    "personas": Shape(
        purpose="Somebody whom the learner meets. `instructions` in the second person: who you are, how you speak, what"
        " you want, what you do not say at first and what makes you say it. Placeholders only those that"
        " parameter_fields of the draft name.",
        members={
            "name": _NAME,
            "description": _TEXT,
            "icon": Member(most=16, must=False),
            "color": Member(most=7, must=False, pattern=r"(#[0-9a-fA-F]{6})?"),
            "instructions": _LONG,
            "examples": Member(holds="strings", most=5),
        },
        claims=True,
    ),
    "documents": Shape(
        purpose="A paper that the learner may consult: what it is, and its whole text.",
        members={"name": _NAME, "description": _DESCRIPTION, "text": Member(most=DOCUMENT_MAX)},
        claims=True,
    ),
    "texts": Shape(
        purpose="The whole text of the document, in plain paragraphs.",
        members={"text": Member(most=DOCUMENT_MAX)},
        claims=True,
    ),
    "fields": Shape(
        purpose="One choice that there is: its name, what it means, and the words that it puts in.",
        members={"name": _NAME, "description": _DESCRIPTION, "value": _LINE},
        claims=True,
    ),
    "images": Shape(purpose="A picture: a title, and in `description` exactly what it shows.", members=_NAMED),
    "videos": Shape(purpose="A short film: a title, and in `description` exactly what happens.", members=_NAMED),
    "flags": Shape(purpose="Whether what `about.meaning` says holds for this.", members={"value": _FLAG}),
    "scenario_flags": Shape(
        purpose="A switch of the conversations with this scenario, and whether it is on.",
        members={"name": Member(choices=CHAT_SWITCHES), "value": _FLAG},
    ),
    "scenario_time_limits": Shape(
        purpose="How long a conversation may last, in seconds, and whether it may go on after that (`negative`).",
        members={"time_limit_seconds": Member(holds="int", most=86_400, least=60), "negative": _FLAG},
    ),
    "simulation_availability": Shape(
        purpose="When the training opens (`about.type` start) or closes (end), as RFC 3339 in UTC.",
        members={"time": Member(most=40, pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")},
    ),
    "standard_groups": Shape(
        purpose="One criterion: a single thing that an observer can see, that no other criterion counts. `points`: the"
        " best that it gives; `pass_points`: what is good enough.",
        members={
            "name": _NAME,
            "short_name": Member(most=40, must=False),
            "description": _TEXT,
            "points": Member(holds="int", most=100, least=1),
            "pass_points": Member(holds="int", most=100),
        },
        claims=True,
    ),
    "standards": Shape(
        purpose="One level of the criterion `about.criterion`: what is seen and heard at exactly this level, told"
        " apart from the levels in `about.other_levels` by what is done, not by words like good or often.",
        members={"name": _NAME, "description": _TEXT},
        claims=True,
    ),
    "prompts": Shape(
        purpose="A system prompt: task, rules and tone, and what is never done.",
        members={"system_prompt": _LONG, "name": _NAME, "description": _DESCRIPTION},
    ),
    "temperature_levels": Shape(
        purpose="How freely the model chooses its words, from 0 to 2.",
        members={"temperature": Member(holds="number", most=2)},
    ),
    "reasoning_levels": Shape(
        purpose="How much the model is to think first.", members={"reasoning_level": Member(choices=LEVELS)}
    ),
    "qualities": Shape(
        purpose="The quality of what it makes.", members={"quality": Member(choices=("low", "standard", "high"))}
    ),
    "modalities": Shape(
        purpose="What the model reads (`is_input`) or makes.",
        members={"modality": Member(choices=("text", "image", "audio", "video", "file")), "is_input": _FLAG},
    ),
    "pricing": Shape(
        purpose="What is charged. Only a price that stands in the instructions or sources; else 0.",
        members={
            "pricing_type": Member(choices=("input", "output")),
            "price": Member(holds="number", most=100_000),
            "unit_name": _NAME,
            "unit_category": _NAME,
            "unit_value": Member(holds="int", most=10**9, least=1),
        },
    ),
    "request_limits": Shape(
        purpose="How many requests a day.", members={"requests_per_day": Member(holds="int", most=100_000, least=1)}
    ),
    "values": Shape(purpose="The technical name by which it is called.", members={"value": _LINE}),
    "protocols": Shape(
        purpose="How people are recognised.", members={"value": Member(choices=("oidc", "oauth2", "saml", "ldap"))}
    ),
    "slugs": Shape(purpose="A short name for addresses.", members={"value": _SLUG}),
    "endpoints": Shape(
        purpose="The address of the service. Only one that stands in the instructions or sources; else one at"
        " example.invalid.",
        members={"base_url": Member(most=LINE_MAX, pattern=r"https?://[^\s]+")},
    ),
    "items": Shape(
        purpose="One thing that has to be configured; `encrypted` if it is a secret. Never a secret itself.",
        members={**_NAMED, "encrypted": _FLAG},
    ),
    "keys": Shape(purpose="What a key is called and what it is for. Never the key itself.", members=_NAMED),
    "provider_keys": Shape(purpose="What a key is called and what it is for. Never the key itself.", members=_NAMED),
    "args": Shape(
        purpose="One argument of the tool.",
        members={
            "name": _SLUG,
            "description": _TEXT,
            "field_type": Member(choices=("string", "int", "number", "bool", "any[]")),
            "required": _FLAG,
            "default_value": Member(most=LINE_MAX, must=False),
        },
    ),
    "args_outputs": Shape(
        purpose="How an argument is put into the tool's output: a template with {{name}}.",
        members={"name": _NAME, "template": _TEXT},
    ),
    "roles": Shape(
        purpose="A part that people have.",
        members={"role": _SLUG, "name": _NAME, "description": _TEXT},
    ),
    "agents": Shape(purpose="A worker with a model: what it is called and what it does.", members=_NAMED),
    "models": Shape(
        purpose="A model: its technical name in `value`.", members={"value": _LINE, "name": _NAME, "description": _TEXT}
    ),
    "tools": Shape(
        purpose="A tool: what it is called, what it does, its operation.", members={**_NAMED, "operation": _SLUG}
    ),
    "providers": Shape(purpose="A service that offers models.", members={**_NAMED, "value": _SLUG}),
    "auths": Shape(
        purpose="A way in.",
        members={**_NAMED, "slug": _SLUG, "protocol": Member(choices=("oidc", "oauth2", "saml", "ldap"))},
    ),
    "settings": Shape(purpose="A set of settings: what it is called and what it is for.", members=_NAMED),
    "conditional_parameters": Shape(
        purpose="A parameter that becomes available with this choice: its name and what it means.", members=_NAMED
    ),
}  # fmt: skip

# What is chosen from a list: the number of the choice in the request.
CHOICE: Shape = Shape(
    purpose="Choose the one of `choices` that fits the draft and the instructions best: its `number`.",
    members={"choice": Member(holds="int", most=10_000, least=1)},
)


def schema(shape: Shape, *, sources: int) -> Mapping[str, object]:
    """The JSON schema of an answer, in the subset that vendors enforce; with sources it must quote."""
    members: dict[str, object] = {name: _schema(member) for name, member in shape.members.items()}
    if sources and shape.claims:
        quote = _object({"source": {"type": "integer"}, "quote": {"type": "string"}})
        members["quotes"] = {"type": "array", "items": quote}
    return _object(members)


def _schema(member: Member) -> Mapping[str, object]:
    match member.holds:
        case "string":
            return {"type": "string", "enum": [*member.choices]} if member.choices else {"type": "string"}
        case "int" | "number":
            kind = "integer" if member.holds == "int" else "number"
            return {"type": kind if member.must else [kind, "null"]}
        case "bool":
            return {"type": "boolean"}
        case "strings":
            return {"type": "array", "items": {"type": "string"}}
        case "options":
            option = _object({"option_text": {"type": "string"}, "is_correct": {"type": "boolean"}})
            return {"type": "array", "items": option}


def _object(members: Mapping[str, object]) -> Mapping[str, object]:
    return {"type": "object", "properties": members, "required": [*members], "additionalProperties": False}


def text_fault(name: str, said: str, member: Member) -> str | None:
    """Why a text is not what the member wants, in words that a model can act on."""
    if not said:
        return f"'{name}' is empty." if member.must else None
    if len(said) > member.most:
        return f"'{name}' is longer than {int(member.most)} characters."
    if not is_clean(said):
        return f"'{name}' has control characters."
    if member.choices and said not in member.choices:
        return f"'{name}' must be one of: {', '.join(member.choices)}."
    if member.pattern and not re.fullmatch(member.pattern, said):
        return f"'{name}' must have the form {member.pattern}."
    return None


def is_clean(text: str) -> bool:
    """Whether a text is free of control characters but for line breaks and tabs."""
    return all(character >= " " or character in "\n\r\t" for character in text)
