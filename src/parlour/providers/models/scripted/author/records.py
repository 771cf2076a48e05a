"""What the offline author says of everything that is neither persona nor scenario nor rubric: plain, and no facts."""

import re
from collections.abc import Callable, Mapping

from parlour.providers.models.scripted.author.ask import (
    Ask,
    capital,
    first,
    in_turn,
    key_words,
    labelled,
    pick,
    quote,
    sentences,
    text_of,
    topic,
    wish,
    written,
)

_COLORS = (
    ("Slate blue", "#2c5282"), ("Green", "#2f855a"), ("Burnt orange", "#c05621"), ("Indigo", "#4c51bf"),
    ("Raspberry", "#b83280"), ("Teal", "#2c7a7b"),
)  # fmt: skip
_ICONS = (("Speech", "💬"), ("Compass", "🧭"), ("Book", "📘"), ("Bridge", "🌉"), ("Target", "🎯"))
_DATE = re.compile(r"\b(\d{4}-\d\d-\d\d)\b")
_MINUTES = re.compile(r"\b(\d{1,3})\s*(?:-\s*)?(?:min|minute)", re.IGNORECASE)
_NUMBER = re.compile(r"\b(\d{1,6})\b")
_TEMPERATURE = re.compile(r"\b([01](?:\.\d+)?|2(?:\.0+)?)\b")
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
_LANGUAGES: Mapping[str, str] = {
    "german": "de", "deutsch": "de", "chinese": "zh", "french": "fr", "spanish": "es", "italian": "it",
    "american": "en-us", "british": "en-gb", "english": "en-gb",
}  # fmt: skip
_ON = frozenset(("active", "simulation_rubric", "persona_parameter"))
_FLAG_WORDS: Mapping[str, tuple[str, ...]] = {
    "practice": ("practice", "practise", "by themselves", "self-directed", "üben"),
    "video_rubric": ("video",),
    "template": ("template", "form ", "formular"),
    "document_parameter": ("document",),
    "scenario_parameter": ("scenario",),
    "video_parameter": ("video",),
}
_ARGS = ("query", "limit", "language", "name", "date", "reason")
_LEVELS = ("medium", "low", "high", "minimal")


def subject(ask: Ask) -> str:
    """What the draft is about: its name, its topic, or what it is."""
    return first(ask, "names", "name") or topic(ask) or ask.artifact.replace("_", " ")


def name(ask: Ask) -> str:
    """A name after the topic."""
    about = topic(ask)
    words = {"rubric": "Rubric", "eval": "Evaluation", "cohort": "Cohort", "simulation": "Training"}
    kind = words.get(ask.artifact, capital(ask.artifact.replace("_", " ")))
    said = wish(ask) if ask.artifact in ("rubric", "simulation", "eval", "cohort") else ""
    if len(said.split()) > 2 or (said and not about):
        return capital(said)
    if about:
        return capital(f"{about}: {kind.casefold()}")[:110]
    return f"{kind} {pick(ask, ('one', 'two', 'three', 'north', 'south', 'spring', 'autumn'))}"


def description(ask: Ask) -> str:
    """A sentence about it; the first fitting one of the sources stands in it."""
    about = topic(ask)
    kind = capital(ask.artifact.replace("_", " "))
    named = subject(ask)
    told = f"{kind} about {about}." if about else f"{kind}: {named}."
    return labelled(f"{capital(named)}." if not about and named.casefold().startswith(kind.casefold()) else told)


def choose(ask: Ask) -> dict[str, object]:
    """The choice that shares most words with what is asked for; among equals the next one."""
    wanted = key_words(f"{ask.asked}\n{written(ask)}\n{ask.about}")
    scores = [len(wanted & key_words(f"{each.get('name')} {each.get('about')}")) for each in ask.choices]
    best = max(scores, default=0)
    equal = [number for number, score in enumerate(scores, 1) if score == best] or [1]
    return {"choice": in_turn(ask, equal, "choice") if best == 0 else equal[0]}


def flag(ask: Ask) -> dict[str, object]:
    """Whether the instructions speak of it, else as is usual."""
    named = text_of(ask.about, "flag")
    folded = f"{ask.asked} ".casefold()
    return {"value": named in _ON or any(word in folded for word in _FLAG_WORDS.get(named, ()))}


def _switch(ask: Ask) -> dict[str, object]:
    folded = ask.asked.casefold()
    for word, switch in (("hint", "hints_enabled"), ("voice", "audio_enabled"), ("copy", "copy_paste_allowed")):
        if word in folded:
            without = re.search(rf"\b(?:no|without|not?)\b[^.]{{0,20}}{word}", folded)
            return {"name": switch, "value": without is None}
    return {"name": "hints_enabled", "value": True}


def _number(ask: Ask, pattern: re.Pattern[str], otherwise: float) -> float:
    found = pattern.search(ask.asked)
    return float(found[1]) if found else otherwise


def _named(ask: Ask) -> dict[str, object]:
    what = ask.type.removesuffix("s").replace("_", " ")
    label = f"{capital(what)} for {subject(ask)}"
    return {
        "name": f"{label} {ask.number + 1}"[:110] if ask.of > 1 else label[:110],
        "description": labelled(f"{label}."),
    }


def _field(ask: Ask) -> dict[str, object]:
    lines = sentences(ask)
    if lines:
        line = lines[ask.number % len(lines)]
        words = " ".join(line.text.split()[:6])
        return {"name": words[:110], "description": labelled(line.text), "value": line.text, "quotes": [quote(line)]}
    word = in_turn(ask, ("first", "second", "third", "fourth", "other"), "field")
    label = f"{subject(ask)}: {word} choice"
    return {
        "name": capital(label)[:110],
        "description": labelled("To be filled in by its author."),
        "value": label[:400],
    }


def _media(ask: Ask) -> dict[str, object]:
    about = topic(ask) or first(ask, "problem_statements", "problem_statement") or subject(ask)
    label = f"{capital(about)[:80]}"
    return {"name": label, "description": f"A calm, realistic view of: {about[:400]}. No writing, no known people."}


def _argument(ask: Ask) -> dict[str, object]:
    word = in_turn(ask, _ARGS, "arg")
    return {
        "name": word, "description": labelled(f"The {word} to work with."), "field_type": "string",
        "required": ask.number == 0, "default_value": "",
    }  # fmt: skip


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:60] or "one"


def _time(ask: Ask) -> dict[str, object]:
    dates = _DATE.findall(ask.asked)
    wanted = 1 if text_of(ask.about, "type") == "end" else 0
    day = dates[wanted] if wanted < len(dates) else (dates[0] if dates else text_of(ask.about, "today"))
    return {"time": f"{day}T{'23:59:59' if wanted else '00:00:00'}Z"}


def _limit(ask: Ask) -> dict[str, object]:
    minutes = _number(ask, _MINUTES, 15)
    return {"time_limit_seconds": min(86_400, max(60, int(minutes * 60))), "negative": True}


def _prompt(ask: Ask) -> dict[str, object]:
    return {"name": f"Prompt of {subject(ask)}"[:110], "description": labelled("A prompt."), "system_prompt": task(ask)}


def task(ask: Ask) -> str:
    """What a worker is told that is no persona."""
    about = topic(ask) or subject(ask)
    wish = " ".join(ask.asked.split())[:600]
    lines = (
        f"You work on {about}.",
        f"What is wanted: “{wish}”" if wish else "",
        "Say only what the material says. If it does not say it, say so.",
        "Answer in plain, short sentences, in the language of the question.",
    )
    return "\n".join(filter(None, lines))


def _pricing(ask: Ask) -> dict[str, object]:
    kind = ("input", "output")[ask.number % 2]
    return {
        "pricing_type": kind, "price": 0, "unit_name": "token", "unit_category": "text", "unit_value": 1_000_000,
    }  # fmt: skip


def _address(ask: Ask) -> dict[str, object]:
    found = _ADDRESS.search(ask.asked)
    return {"base_url": found[0].rstrip(".,") if found else "https://example.invalid/v1"}


def _output(ask: Ask) -> dict[str, object]:
    rows = ask.draft.get("args", ())
    word = text_of(rows[ask.number % len(rows)], "name") if rows else "value"
    return {"name": f"{word} shown", "template": f"{capital(word)}: {{{{{word}}}}}"}


def voice(ask: Ask) -> str:
    """The language that the instructions name."""
    folded = ask.asked.casefold()
    return next((code for word, code in _LANGUAGES.items() if word in folded), "en-gb")


_WRITERS: Mapping[str, Callable[[Ask], Mapping[str, object]]] = {
    "flags": flag,
    "scenario_flags": _switch,
    "fields": _field,
    "images": _media,
    "videos": _media,
    "args": _argument,
    "args_outputs": _output,
    "prompts": _prompt,
    "pricing": _pricing,
    "endpoints": _address,
    "simulation_availability": _time,
    "scenario_time_limits": _limit,
    "voices": lambda ask: {"voice": voice(ask)},
    "temperature_levels": lambda ask: {"temperature": _number(ask, _TEMPERATURE, 0.7)},
    "reasoning_levels": lambda ask: {"reasoning_level": next((e for e in _LEVELS if e in ask.asked), "medium")},
    "qualities": lambda ask: {"quality": "standard"},
    "modalities": lambda ask: {"modality": "text", "is_input": ask.number % 2 == 0},
    "request_limits": lambda ask: {"requests_per_day": max(1, min(100_000, int(_number(ask, _NUMBER, 100))))},
    "values": lambda ask: {"value": _slug(subject(ask))},
    "slugs": lambda ask: {"value": _slug(subject(ask))},
    "protocols": lambda ask: {"value": "oidc"},
    "items": lambda ask: {**_named(ask), "encrypted": "secret" in ask.asked.casefold()},
    "roles": lambda ask: {**_named(ask), "role": _slug(subject(ask))},
    "models": lambda ask: {**_named(ask), "value": _slug(subject(ask))},
    "tools": lambda ask: {**_named(ask), "operation": "search"},
    "providers": lambda ask: {**_named(ask), "value": _slug(subject(ask))},
    "auths": lambda ask: {**_named(ask), "slug": _slug(subject(ask)), "protocol": "oidc"},
    "instructions": lambda ask: {"template": task(ask)},
    "parameter_fields": lambda ask: {"value": _parameter(ask)},
    **dict.fromkeys(("keys", "provider_keys", "agents", "settings", "conditional_parameters"), _named),
}


def _parameter(ask: Ask) -> str:
    word = text_of(ask.about, "parameter")
    if any(each in word for each in ("place", "where", "room", "location")):
        return in_turn(ask, ("the office hour", "the front desk", "a video call"), "place")
    about = topic(ask) or first(ask, "names", "name")
    return about or f"the {word.replace('_', ' ').replace('-', ' ')}"


def color(ask: Ask) -> dict[str, object]:
    """A colour for something that is no persona."""
    label, code = pick(ask, _COLORS)
    return {"name": label, "description": "", "hex_code": code}


def icon(ask: Ask) -> dict[str, object]:
    """A sign for something that is no persona."""
    label, sign = pick(ask, _ICONS)
    return {"name": label, "description": "", "value": sign}


def record(ask: Ask) -> Mapping[str, object] | None:
    """The answer for a type that is told the same way wherever it stands; None for another."""
    writer = _WRITERS.get(ask.type)
    return writer(ask) if writer is not None else None
