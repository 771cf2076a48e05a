"""Scenarios of the offline author, and the documents and quiz questions in them; what it says of sources it quotes."""

import re
from collections.abc import Sequence

from parlour.providers.models.scripted.author.ask import (
    Ask,
    Line,
    capital,
    first,
    in_turn,
    labelled,
    pick,
    quote,
    sentences,
    topic,
)
from parlour.providers.models.scripted.author.people import (
    matter_of,
    role_of,
    temper_of,
    the_other,
    title_of,
    who,
)

_PLACES = (
    "in your office hour", "on the telephone", "after the meeting", "in a video call", "at the front desk",
    "in the corridor, before the next appointment",
)  # fmt: skip
_TIMES = ("You have ten minutes.", "You have a quarter of an hour.", "There is time for a short conversation.")
_OPEN = (
    "What has been tried so far, you do not know.", "Who else knows about it has not been said.",
    "What would help has not been said.",
)  # fmt: skip
_TITLES = (
    "{topic}: the first conversation",
    "A conversation about {topic}",
    "{topic}, a short conversation",
    "Help with {topic}",
)
_QUESTIONS: tuple[tuple[str, str, tuple[str, str]], ...] = (
    (
        "What brings you most at the beginning of such a conversation?",
        "An open question about what has been tried so far.",
        ("The solution, as early as possible.", "A rule that settles the matter."),
    ),
    (
        "Somebody says: “It's fine.” Their face says otherwise. What do you do?",
        "Say what you notice, and ask about it.",
        ("Go on with the next point.", "Tell them that they have to speak up."),
    ),
    (
        "How do you find out whether your explanation has arrived?",
        "Have it said again in other words.",
        ("Ask: “Is that clear?”", "Repeat it, a little louder."),
    ),
    (
        "You do not know the answer to a question. What helps?",
        "Say so, and agree how both will find it out.",
        ("Say what is most likely.", "Change the subject."),
    ),
    (
        "What makes a next step likely to happen?",
        "The other person has chosen it, and it has a date.",
        ("It is large enough to be worth it.", "It was written into the rules."),
    ),
    (
        "Somebody raises their voice. What keeps the conversation open?",
        "Say back what they are upset about, and ask what happened.",
        ("Ask them to calm down first.", "Explain why nobody is to blame."),
    ),
)
_NUMBER = re.compile(r"\b\d{1,4}\b")
_VERBS = (" is ", " are ", " must ", " can ", " will ", " has ", " have ", " was ", " were ", " should ", " may ")


def name(ask: Ask) -> str:
    """What a scenario, a simulation or a document is called: after its matter."""
    about = topic(ask)
    if not about or about.startswith("“"):
        return capital(title_of(ask))[:110] or capital(
            f"{temper_of(ask).trait} {role_of(ask)}, {pick(ask, ('first conversation', 'a short conversation'))}"
        )
    return capital(pick(ask, _TITLES).format(topic=about))[:110]


def about_scenario(ask: Ask) -> str:
    """What a scenario is, for colleagues."""
    temper = temper_of(ask)
    meets = capital(who(ask))
    return labelled(f"{meets} has come about {matter_of(ask)}. To practise: {temper.aim}.")


def problem(ask: Ask) -> dict[str, object]:
    """What the learner knows before."""
    meets, temper = who(ask), temper_of(ask)
    known = f"{capital(meets)} wants to talk to you {pick(ask, _PLACES, 'place')}. The matter is {matter_of(ask)}."
    parts = [
        known,
        f"You have heard that this person {temper.shows}.",
        pick(ask, _OPEN, "open"),
        pick(ask, _TIMES, "time"),
    ]
    lines = sentences(ask)[:2]
    if lines:
        parts.insert(1, " ".join(f"The papers say: “{each.text}”" for each in lines))
    answer: dict[str, object] = {
        "name": capital(matter_of(ask).strip("“”"))[:100],
        "problem_statement": " ".join(parts),
    }
    return answer | ({"quotes": [quote(each) for each in lines]} if lines else {})


def objective(ask: Ask) -> dict[str, object]:
    """One thing to do, the next one of a list that begins with the most important."""
    meets, temper, matter = the_other(ask), temper_of(ask), matter_of(ask)
    own = (
        f"Find out with open questions what {meets} has tried so far.",
        f"{capital(temper.aim)}.",
        f"Agree with {meets} on one small step about {matter}, and on when you will look at it again.",
        f"Say in your own words what the matter is for {meets}, and have it confirmed.",
        f"Ask {meets} what would help, before you suggest anything.",
        "Say honestly what you do not know, and how both of you will find it out.",
        "End with a sentence of the other person that says what comes next.",
    )
    lines = sentences(ask)
    if lines and ask.number == 1:
        line = lines[0]
        return {"objective": f"Bring in what the papers say: “{line.text}”"[:500], "quotes": [quote(line)]}
    taken = {str(row.get("objective")) for row in ask.draft.get("objectives", ())}
    replaced = ask.about.get("replaces")
    if isinstance(replaced, dict):
        return {"objective": next((each for each in own if each not in taken), own[-1])}
    return {"objective": own[ask.number % len(own)]}


def question(ask: Ask) -> dict[str, object]:
    """A question about a sentence of a source, else one about such conversations."""
    lines = [(each, wrong) for each in sentences(ask) if (wrong := _falsified(each.text))]
    if lines:
        line, wrong = lines[ask.number % len(lines)]
        return {
            "question_text": f"Which of these stands in “{_source(ask, line)}”?",
            "allow_multiple": False,
            "time": None,
            "options": _mixed(ask, line.text, wrong),
            "quotes": [quote(line)],
        }
    text, right, others = in_turn(ask, _QUESTIONS, "question")
    return {"question_text": text, "allow_multiple": False, "time": None, "options": _mixed(ask, right, others)}


def _source(ask: Ask, line: Line) -> str:
    return next((each.name for each in ask.sources if each.number == line.source), "the text")[:120]


def _falsified(text: str) -> Sequence[str]:
    """Sentences that say another thing than the source does: another number, or the contrary."""
    found: list[str] = []
    number = _NUMBER.search(text)
    if number is not None:
        found += [f"{text[: number.start()]}{int(number[0]) + more}{text[number.end() :]}" for more in (2, 10)]
    for verb in _VERBS:
        if verb in text and f"{verb}not " not in text:
            found.append(text.replace(verb, f"{verb}not ", 1))
            break
    return tuple(found[:2]) if len(found) > 1 else ()


def _mixed(ask: Ask, right: str, wrong: Sequence[str]) -> list[dict[str, object]]:
    """The right option at a place that the run decides."""
    options: list[dict[str, object]] = [{"option_text": each, "is_correct": False} for each in wrong]
    place = pick(ask, range(len(options) + 1), "place")
    options.insert(place, {"option_text": right, "is_correct": True})
    return options


def document(ask: Ask) -> dict[str, object]:
    """A paper with its text."""
    lines = sentences(ask)[:8]
    text = paper(ask)
    if lines:
        title = f"From: {_source(ask, lines[0])}"
        return {"name": title[:120], "description": labelled("The sentences that matter here."), **text}
    about = topic(ask) or matter_of(ask)
    return {"name": f"Worksheet: {about}"[:120], "description": labelled("A sheet to fill in together."), **text}


def paper(ask: Ask) -> dict[str, object]:
    """The text of a paper: sentences of the sources as they stand there, else a sheet to fill in."""
    lines = sentences(ask)[:8]
    if lines:
        listed = "\n".join(f"- {each.text}" for each in lines)
        told = f"{first(ask, 'names', 'name') or 'Notes'}\n\n{listed}\n\n{labelled('Copied from the sources.')}"
        return {"text": told, "quotes": [quote(each) for each in lines[:5]]}
    about = topic(ask) or matter_of(ask)
    return {
        "text": "\n".join(
            (
                _heading(ask, about),
                "",
                "1. What has happened so far?",
                "2. What has been tried, and what came of it?",
                "3. What is the smallest step that could come next?",
                "4. Who does what until when?",
                "",
                labelled("Your author puts the facts in."),
            )
        )
    }


def _heading(ask: Ask, about: str) -> str:
    given = first(ask, "names", "name")
    return given if about.casefold() in given.casefold() else f"{given or 'Worksheet'}: {about}"
