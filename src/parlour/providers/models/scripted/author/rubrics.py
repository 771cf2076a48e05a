"""Criteria of the offline author: what can be seen at each of five levels, with what the rule grader looks for.

From recorded conversations it takes the criteria that learners' words there are about, and their words as examples.
"""

import re
from collections.abc import Sequence

from parlour.kernel.dataclass import dataclass
from parlour.providers.models.scripted.author.ask import (
    Ask,
    Line,
    in_turn,
    key_words,
    quote,
    said_by_learners,
    sentences,
    text_of,
)

POINTS = 3
PASS_POINTS = 2
_LEARNER = re.compile(r"^Learner:\s+(.{3,300})$", re.MULTILINE)
_LEVEL_NAMES = ("Missing", "First signs", "On the way", "Secure", "Complete")


@dataclass(frozen=True, kw_only=True, slots=True)
class Criterion:
    """One thing that an observer can see. `cue`: the words of learners that show it; `against`: that its absence."""

    name: str
    short_name: str
    description: str
    words: Sequence[str]
    levels: Sequence[str]
    cue: str
    against: str
    good_moves: Sequence[str]
    bad_moves: Sequence[str]


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        name="Exploring with questions",
        short_name="Exploring",
        description="Asks what is really the matter before anything is done about it.",
        words=("question", "explor", "listen", "diagnos", "ask", "frage"),
        levels=(
            "Explains or judges at once; asks no question that could bring news.",
            "Asks one question, and it can be answered with yes or no.",
            "Asks one open question (what, how, why) and takes up a part of the answer.",
            "Asks two open questions; the second builds on the answer to the first.",
            "Asks three or more open questions until the other person names the difficulty in their own words.",
        ),
        cue=r"\b(what|how|why|tell me|where|when)\b[^.!]*\?",
        against=r"\b(you (should|must|have to)|it is simple|obviously)\b",
        good_moves=("open-question", "asks-tried"),
        bad_moves=("lecture", "insult"),
    ),
    Criterion(
        name="Taking feelings seriously",
        short_name="Feelings",
        description="Notices what the other person feels, in words.",
        words=("empath", "feel", "warm", "respect", "emotion", "rapport", "gefühl"),
        levels=(
            "Mocks the concern, waves it away, or contradicts the feeling.",
            "Polite in form; a feeling that was named is passed over.",
            "Names a feeling once, in words that would fit anybody (“I understand”).",
            "Names the feeling that was shown, and says what it is about.",
            "Names the feeling and the effort behind it before turning to the matter, and comes back to it at the end.",
        ),
        cue=r"\b(understand|sorry|feel|sounds|frustrat|worr|hard for you|must (be|have been))\w*",
        against=r"\b(calm down|not my (problem|job)|don't be|everybody else)\b",
        good_moves=("empathy", "praise", "apology"),
        bad_moves=("insult", "dismissive", "blame"),
    ),
    Criterion(
        name="Leaving the thinking to the other",
        short_name="Guiding",
        description="Helps in small portions, so that the other person finds the next step.",
        words=("guid", "coach", "scaffold", "support", "hint", "anleit"),
        levels=(
            "Hands over the whole answer, or decides for the other person.",
            "Explains in a row of sentences; the only questions are rhetorical.",
            "Offers one choice or hint between explanations.",
            "Leads with hints and choices; tells only what the other person cannot find out.",
            "Every step is said first by the other person; help stops as soon as the step is found.",
        ),
        cue=r"\b(what (would|could) you|try|which (one|of)|what if|say it in your|first step)\b",
        against=r"\b(the answer is|just do|let me (do|write) it)\b",
        good_moves=("guides", "asks-tried"),
        bad_moves=("gives-answer", "lecture"),
    ),
    Criterion(
        name="Checking what has arrived",
        short_name="Checking",
        description="Makes sure that both mean the same.",
        words=("check", "clear", "clarity", "understand", "explain", "summar", "prüf"),
        levels=(
            "Nothing is checked; goes on after every answer as if it had been understood.",
            "Asks only “Is that clear?” or “Okay?”.",
            "Sums up once what was said, without asking whether it is right.",
            "Sums up and asks whether it is right, or has the other person say it in their own words.",
            "Has the other person say it in their own words, and changes the explanation after what comes back.",
        ),
        cue=r"\b(you mean|did i (get|hear)|in other words|own words|so you|let me sum|is that right)\b",
        against=r"\b(clear\?|okay\?|as i said)",
        good_moves=("checks-understanding",),
        bad_moves=("lecture", "dismissive"),
    ),
    Criterion(
        name="Agreeing on a next step",
        short_name="Next step",
        description="Ends with something small that both have agreed to.",
        words=("next", "plan", "clos", "agree", "goal", "action", "vereinbar"),
        levels=(
            "Ends in the air, or with an order.",
            "Ends with a general wish, such as to try harder.",
            "Suggests a step without asking whether it fits.",
            "Names a step, asks whether it fits, and gets a yes.",
            "Both say who does what until when, and when they will look at it again.",
        ),
        cue=r"\b(next (step|time)|until|tomorrow|agree|shall we|by (monday|tuesday|wednesday|thursday|friday)|plan)\b",
        against=r"\b(good luck|try harder|up to you)\b",
        good_moves=("next-step",),
        bad_moves=("insult", "dismissive", "blame"),
    ),
    Criterion(
        name="Staying with the facts",
        short_name="Facts",
        description="Says what is known, and says so when something is not.",
        words=("fact", "honest", "accura", "knowledge", "source", "evidence", "sach"),
        levels=(
            "Promises or claims something that is not in the material.",
            "Answers a question about facts with an opinion, without saying so.",
            "Names one fact from the material that fits the question.",
            "Names the fact and where it stands, or says that it has to be looked up.",
            "Looks at the material together with the other person and says what it leaves open.",
        ),
        cue=r"\b(according to|it says|the (rules|criteria|document|list)|i don't know|look (it )?up|let us look)\b",
        against=r"\b(i promise|trust me|definitely|guarantee)\b",
        good_moves=("checks-understanding", "guides"),
        bad_moves=("dismissive", "lecture"),
    ),
    Criterion(
        name="Staying steady under pressure",
        short_name="Steadiness",
        description="Keeps a calm tone when the other person does not.",
        words=("calm", "conflict", "pressure", "de-escal", "deescal", "steady", "ruhig"),
        levels=(
            "Answers an attack with an attack, or threatens to end the conversation.",
            "Defends itself or quotes rules when criticised.",
            "Lets one attack pass without answering it, and goes on with the matter.",
            "Says back what the attack is about, and asks about it.",
            "Says back what it is about, owns what went wrong, and returns to the matter within the same message.",
        ),
        cue=r"\b(i (hear|see) (that )?you|you are right|my mistake|sorry that|what would help)\b",
        against=r"\b(calm down|not true|you always|your fault)\b",
        good_moves=("empathy", "apology"),
        bad_moves=("insult", "blame", "dismissive"),
    ),
)


def criterion(ask: Ask) -> dict[str, object]:
    """The next criterion that the draft has not got: first those that are asked for or seen, then the others."""
    taken = {text_of(row, "name") for row in ask.draft.get("standard_groups", ())}
    replaces = ask.about.get("replaces")
    if isinstance(replaces, dict):
        taken.add(str(replaces.get("name")))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    ranked = _ranked(ask)
    found = next((each for each in ranked if each.name not in taken), ranked[ask.number % len(ranked)])
    answer: dict[str, object] = {
        "name": found.name,
        "short_name": found.short_name,
        "description": found.description,
        "points": POINTS,
        "pass_points": PASS_POINTS,
        "signals": {"good_moves": found.good_moves, "bad_moves": found.bad_moves, "enough": 2},
    }
    line = _line(ask, found, found.cue)
    if line is not None:
        answer["quotes"] = [quote(line)]
    return answer


def _ranked(ask: Ask) -> list[Criterion]:
    """Criteria that the instructions or the learners' words are about first; the rest as the run decides."""
    asked = ask.asked.casefold()
    heard = (*said_by_learners(ask), *_anchored(ask))
    start = in_turn(_first_of(ask), range(len(CRITERIA)), "criteria")
    turned = (*CRITERIA[start:], *CRITERIA[:start])
    return sorted(turned, key=lambda each: -_weight(each, asked, heard))


def _first_of(ask: Ask) -> Ask:
    """The request for the first value of the type: what the whole type has in common hangs on it."""
    return Ask(artifact=ask.artifact, type=ask.type, seed=ask.seed, subject=ask.subject)


def _weight(each: Criterion, asked: str, heard: Sequence[Line]) -> int:
    named = 10 * sum(word in asked for word in each.words)
    seen = sum(bool(re.search(each.cue, line.text, re.IGNORECASE)) for line in heard)
    return named + min(seen, 5)


def level(ask: Ask) -> dict[str, object]:
    """One level of a criterion; the words of learners who were there stand in it as an example."""
    about = ask.about.get("criterion")
    group: dict[str, object] = about if isinstance(about, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    points, best = _whole(ask.about.get("points"), 0), max(1, _whole(ask.about.get("of"), POINTS))
    place = min(4, max(0, round(4 * points / best)))
    name = text_of(group, "name")
    known = next((each for each in CRITERIA if each.name == name), None)
    said = known.levels[place] if known else _plain_levels(name or "what is wanted")[place]
    others = ask.about.get("other_levels")
    taken = str(others) if others else ""
    if said in taken:
        said = f"{said} ({points} of {best} points)"
    answer: dict[str, object] = {"name": _LEVEL_NAMES[place], "description": said}
    line = _line(ask, known, known.against if place == 0 else known.cue) if known and place in (0, 3, 4) else None
    if line is None and ask.sources:
        line = _sentence(ask, group)
        if line is not None:
            answer["quotes"] = [quote(line)]
    elif line is not None:
        answer["description"] = f"{said} For example: “{line.text}”"
        answer["quotes"] = [quote(line)] if line.source else []
    return answer


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _plain_levels(name: str) -> Sequence[str]:
    """Levels of a criterion that somebody else wrote: by what is said about it, and how often."""
    return (
        f"Says nothing in the whole conversation that belongs to “{name}”.",
        f"Touches “{name}” in one sentence, without a question and without an example.",
        f"Takes up “{name}” in one message and asks one question about it.",
        f"Takes up “{name}” in two messages, each with an example or a question about what was answered.",
        f"Takes up “{name}” in three or more messages, until the other person says what came out of it.",
    )


def _anchored(ask: Ask) -> list[Line]:
    """What learners say in the example conversations of the draft itself."""
    return [
        Line(source=0, text=said.strip(), speaker="Learner")
        for row in ask.draft.get("anchors", ())
        for said in _LEARNER.findall(text_of(row, "text"))
    ]


def _line(ask: Ask, found: Criterion, cue: str) -> Line | None:
    heard = said_by_learners(ask) or _anchored(ask)
    lines = [each for each in heard if re.search(cue, each.text, re.IGNORECASE)]
    return lines[ask.number % len(lines)] if lines else None


def _sentence(ask: Ask, group: dict[str, object]) -> Line | None:
    wanted = key_words(f"{text_of(group, 'name')} {text_of(group, 'description')}")
    return next((each for each in sentences(ask) if wanted & key_words(each.text)), None)
