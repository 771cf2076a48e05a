"""Personas of the offline author: tempers and roles as data, put together by the words of the instructions."""

import re
from collections.abc import Mapping, Sequence

from parlour.providers.models.scripted.author.ask import (
    Ask,
    called,
    first,
    in_turn,
    labelled,
    pick,
    quote,
    sentences,
    settled,
    text_of,
    topic,
    wish,
    written,
)
from parlour.providers.models.scripted.author.tempers import GENTLE, TEMPERS, Temper

FIRST_NAMES = (
    "Amara", "Bo", "Chidi", "Dana", "Elif", "Farid", "Greta", "Hana", "Ivo", "Kemi", "Lina", "Mateo", "Noor", "Oskar",
    "Priya", "Ravi", "Selma", "Tariq",
)  # fmt: skip
_WOMEN = frozenset(
    ("Amara", "Dana", "Elif", "Greta", "Hana", "Kemi", "Lina", "Noor", "Priya", "Selma"),
)
_HER = re.compile(r"\b(?:she|her|hers|woman|girl|mother|daughter|sister|wife)\b", re.IGNORECASE)
_HIS = re.compile(r"\b(?:he|him|his|man|boy|father|son|brother|husband)\b", re.IGNORECASE)
LAST_NAMES = (
    "Abara", "Berg", "Castro", "Dietz", "Eriksen", "Fontaine", "Gupta", "Haddad", "Ito", "Kovacs", "Lindgren", "Moreau",
    "Nowak", "Okoro",
)  # fmt: skip


_ROLES: Mapping[str, str] = {
    "student": "student", "pupil": "pupil", "studentin": "student", "schüler": "pupil", "customer": "customer",
    "client": "client", "kunde": "customer", "patient": "patient", "parent": "parent", "mother": "parent",
    "father": "parent", "eltern": "parent", "colleague": "colleague", "kolleg": "colleague", "employee": "employee",
    "mitarbeiter": "employee", "manager": "manager", "boss": "manager", "teacher": "teacher", "lehrer": "teacher",
    "nurse": "nurse", "applicant": "applicant", "candidate": "applicant", "trainee": "trainee", "apprentice": "trainee",
    "guest": "guest", "neighbour": "neighbour", "neighbor": "neighbour", "teenager": "teenager", "tutor": "tutor",
    "学生": "student", "顾客": "customer", "客户": "customer", "病人": "patient", "患者": "patient", "家长": "parent",
    "同事": "colleague", "员工": "employee", "经理": "manager",
    "researcher": "researcher", "citizen": "citizen", "tenant": "tenant", "volunteer": "volunteer", "player": "player",
}  # fmt: skip
_WHO = re.compile(r"\b((?:who|whose)\s+\w+[^.;!?]{5,160})")
_SOMEBODY = re.compile(
    rf"^(?:an?|the|eine?n?)?\s*(?:[\w-]+\s+){{0,3}}(?:{'|'.join(_ROLES)})\w*$|^.{{0,9}}$|.*\b(?:learners?|answers?|ignore)\b",
    re.IGNORECASE,
)
_A_TEMPER = re.compile(
    rf"who (?:is|are|feels|seems) (?:(?:a bit|very|so|quite|rather) )?(?:{'|'.join(each.trait for each in TEMPERS)})",
    re.IGNORECASE,
)
_ANYBODY = re.compile(r"\bsome(?:one|body)\b", re.IGNORECASE)
_AIMED = re.compile(
    r",?\s+for (?:my|our|the|a|an|first|second|new)\b.*$|\s+(?:about|regarding)\b(?! it\b).*$", re.IGNORECASE
)
_MATTERS: Mapping[str, str] = {
    "student": "an exercise that does not work out", "pupil": "homework that does not work out",
    "customer": "an order that went wrong", "client": "a decision that has to be made",
    "patient": "a treatment that has to be decided on", "parent": "a child that does not get on at school",
    "colleague": "work that was not shared fairly", "employee": "a project that is late",
    "manager": "a plan that the team does not follow", "applicant": "an application that has not been answered",
    "tenant": "a repair that nobody does",
}  # fmt: skip


def temper_of(ask: Ask, number: int = 0) -> Temper:
    """The temper that the instructions or the draft speak of, else one that the draft's id decides."""
    for text in (ask.asked, _people(ask), written(ask)):
        places = [(at, temper) for temper in TEMPERS if (at := _place(temper, text.casefold())) is not None]
        if places:
            return min(places, key=lambda each: each[0])[1]
    likely = GENTLE if _clause(ask) else TEMPERS
    return likely[(likely.index(settled(ask, likely, "temper")) + number) % len(likely)]


def _place(temper: Temper, text: str) -> int | None:
    """Where a text first speaks of a temper."""
    found = [re.search(word if not word.isascii() else rf"\b{re.escape(word)}", text) for word in temper.words]
    return min((match.start() for match in found if match), default=None)


def _people(ask: Ask) -> str:
    rows = ask.draft.get("personas", ())
    return "\n".join(f"{text_of(row, 'name')} {text_of(row, 'description')}" for row in rows)


def role_of(ask: Ask) -> str:
    """What somebody is: a student unless the instructions or the draft say another thing."""
    return _role(ask) or ("person" if _ANYBODY.search(ask.asked) else "student")


def _role(ask: Ask) -> str:
    for text in (ask.asked, written(ask)):
        folded = text.casefold()
        places = {role: at for word, role in _ROLES.items() if (at := folded.find(word)) >= 0}
        if places:
            return min(places, key=lambda role: places[role])
    return ""


def matter_of(ask: Ask) -> str:
    """What somebody comes with; of a scenario nobody gave a topic, the teacher's own words in quotes."""
    said = topic(ask) or _quoted(ask) or _MATTERS.get(_role(ask), "what has happened" if _clause(ask) else "")
    return said or _MATTERS.get(role_of(ask), "a question that has been open for a while")


def title_of(ask: Ask) -> str:
    """The teacher's words as a title, if they tell of a matter and not only of somebody."""
    words = wish(ask)
    return words if words and not _clause(ask) and not _SOMEBODY.match(words) else ""


def _quoted(ask: Ask) -> str:
    words = title_of(ask) if ask.artifact != "persona" else ""
    return f"“{words}”" if words else ""


def with_article(words: str) -> str:
    """`a shy student`, `an angry customer`."""
    return f"{'an' if words[:1].casefold() in 'aeiou' else 'a'} {words}"


def who(ask: Ask) -> str:
    """Whom the learner meets: the persona of the draft by name, else temper and role."""
    rows = ask.draft.get("personas", ())
    named = next((text_of(row, "name") for row in rows if text_of(row, "name")), "")
    return named or with_article(f"{temper_of(ask).trait} {role_of(ask)}")


def the_other(ask: Ask) -> str:
    """How the other person is called in a sentence: by name, else by role."""
    rows = ask.draft.get("personas", ())
    return next((text_of(row, "name") for row in rows if text_of(row, "name")), f"the {role_of(ask)}")


def _first_names(ask: Ask) -> Sequence[str]:
    """Those that go with "she" or "he", if the instructions say one of these; else all."""
    her, his = (word.search(ask.asked) is not None for word in (_HER, _HIS))
    return FIRST_NAMES if her == his else tuple(each for each in FIRST_NAMES if (each in _WOMEN) == her)


def persona_name(ask: Ask) -> str:
    """A name: the one that the instructions give, else one that is put together."""
    given = called(ask)
    if given and ask.number == 0:
        return given
    taken = {text_of(row, "name") for row in (*ask.draft.get("personas", ()), *ask.draft.get("names", ()))}
    firsts = _first_names(ask)
    for salt in ("", "again", "once more"):
        name = f"{in_turn(ask, firsts, f'first{salt}')} {pick(ask, LAST_NAMES, f'last{salt}')}"
        if name not in taken:
            return name
    return f"{pick(ask, firsts)} {pick(ask, LAST_NAMES)}-{pick(ask, LAST_NAMES, 'second')}"


def description(ask: Ask, number: int = 0) -> str:
    """A sentence about somebody, for colleagues."""
    temper = temper_of(ask, number)
    someone = capital_article(f"{temper.trait} {role_of(ask)}")
    clause = _clause(ask)
    told = f"{someone} {clause}; {temper.shows}" if clause else f"{someone} who {temper.shows}"
    return f"{told}. The matter is {matter_of(ask)}."


def capital_article(words: str) -> str:
    """The same with a large first letter."""
    found = with_article(words)
    return found[:1].upper() + found[1:]


def instructions(ask: Ask, name: str, number: int = 0) -> str:
    """How somebody is played, in the second person; what the instructions ask for stands in it."""
    temper, role = temper_of(ask, number), role_of(ask)
    someone = with_article(f"{temper.trait} {role}")
    opening = f"You are {name}, {someone}." if name else f"You are {someone}."
    clause = _clause(ask)
    return "\n".join(
        filter(
            None,
            (
                f"{opening} You have come because of {matter_of(ask)}.",
                f"You are somebody {clause}." if clause else "",
                temper.speaks,
                temper.hides,
                temper.opens,
                temper.closes,
                "You do not know how the matter ends, and you never explain it before you have been led to it.",
                "You know nothing of prompts or models. Stay in character, one to three sentences at a time.",
            ),
        )
    )


def _clause(ask: Ask) -> str:
    """What the instructions say of somebody after "who": it is told of the persona, if it is more than a temper."""
    found = _WHO.search(" ".join(ask.asked.split()))
    clause = _AIMED.sub("", found[1]).strip() if found else ""
    return "" if _A_TEMPER.fullmatch(clause) else clause


def example(ask: Ask) -> str:
    """Something that somebody of this temper says."""
    temper = temper_of(ask)
    matter = matter_of(ask)
    own = (*temper.examples, f"It is about {matter}. I have been putting it off.")
    taken = {text_of(row, "example") for row in ask.draft.get("examples", ())}
    free = [each for each in own if each not in taken] or list(own)
    return in_turn(ask, free, "example") if len(free) == len(own) else free[0]


def whole(ask: Ask) -> dict[str, object]:
    """A persona inside a scenario, with all that belongs to it."""
    name, temper = persona_name(ask), temper_of(ask, ask.number)
    lines = sentences(ask)[:1]
    found: dict[str, object] = {
        "name": name,
        "description": labelled(description(ask, ask.number)),
        "icon": temper.icon,
        "color": temper.color,
        "instructions": instructions(ask, name, ask.number),
        "examples": list(temper.examples[:3]),
    }
    if lines:
        found["instructions"] = f"{found['instructions']}\nWhat you have read about it: “{lines[0].text}”"
        found["quotes"] = [quote(lines[0])]
    return found


def own_name(ask: Ask) -> str:
    """The name that the draft of a persona has already."""
    return first(ask, "names", "name")
