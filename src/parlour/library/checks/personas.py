"""What is wrong with a persona: it is no person, it solves the matter itself, it contradicts itself. Pure.

The rules know English, German and Chinese wording, and look for what is said to the model, so a "never" before it
makes it right again.
"""

import re
from collections.abc import Iterable, Sequence

from parlour.catalog.filling import placeholders
from parlour.drafts.values import Value, Values
from parlour.library.checks.fields import first, of, said_names, text
from parlour.library.checks.findings import Finding
from parlour.library.checks.languages import length_of, words_of
from parlour.library.checks.persona_wording import (
    ASIDE,
    ASSISTANT_TALK,
    BRIEF,
    CALLED,
    COACHES,
    CONDITION,
    LENGTHY,
    LOST,
    MACHINE,
    NAMED,
    NEGATED,
    OPPOSITES,
    SENTENCE,
    SOLVES,
    STEREOTYPE,
    YOU_ARE,
)
from parlour.library.checks.rules import WHOLE, at, told

WORDS_MIN = 15


def persona_findings(values: Values, used_by: Sequence[Values] = ()) -> list[Finding]:
    """Everything that rules find. `used_by` are the scenarios that play it as it is published."""
    instructions = next(iter(of(values, "instructions")), None)
    if instructions is None or not text(instructions, "template"):
        advice = "Say who this is, what they want, what they hide, and what makes them open up or close down."
        return [told("persona.no_instructions", WHOLE, "Nobody has said how this persona behaves.", advice)]
    found = list(instruction_findings(instructions, "instructions", "template"))
    found += _other_name(instructions, first(values, "names", "name"))
    found += _examples(values)
    needed = placeholders(text(instructions, "template"))
    own = said_names(values)
    for scenario in used_by:
        told_there = said_names(scenario)
        missing = sorted(needed - own - told_there) if own is not None and told_there is not None else []
        if missing:
            name = first(scenario, "names", "name")
            which = f"The scenario '{name}'" if name else "A scenario of others"
            found.append(
                told(
                    "persona.unfilled", at(instructions, "instructions", "template", f"{{{{{missing[0]}}}}}"),
                    f"{which} plays this persona and does not say what '{missing[0]}' is.",
                    "Add the parameter to that scenario, or take the placeholder out.",
                )
            )  # fmt: skip
    return found


def instruction_findings(value: Value, type_name: str, field: str) -> Iterable[Finding]:
    """What is wrong with the instructions in a field, of a persona of its own or of one inside a scenario."""
    said = text(value, field)
    if length_of(said) < WORDS_MIN:
        yield told(
            "persona.thin", at(value, type_name, field), "These instructions are too short to play a person by.",
            "Say who this is, what they want, what they hide, and what makes them open up or close down.",
        )  # fmt: skip
    rules = (
        ("persona.not_a_person", MACHINE, "The instructions make a machine of the persona.",
         "Describe a person. That it is played by a model is said for you."),
        ("persona.gives_answer", SOLVES, "The persona is told to solve the matter itself; nothing is left to practise.",
         "Say what the learner has to do before the persona gets there, and that it never gets there alone."),
        ("persona.coaches", COACHES, "The persona is told to coach or grade the learner; that breaks the character.",
         "Leave grading to the rubric, and hints to the hints."),
        ("persona.stereotype", STEREOTYPE, "This says something about a group of people, not about this person.",
         "Describe this one person."),
    )  # fmt: skip
    for code, pattern, message, advice in rules:
        quote = _unless_negated(pattern, said)
        if quote is not None:
            yield told(code, at(value, type_name, field, quote), message, advice)
    pair = _contradiction(said)
    if pair is not None:
        yield told(
            "persona.contradiction", at(value, type_name, field, pair[1]),
            f"'{pair[0]}' and '{pair[1]}' contradict each other.",
            "Say which one holds, or when it is the one and when the other.",
        )  # fmt: skip


def _unless_negated(pattern: re.Pattern[str], said: str) -> str | None:
    """The first match in a sentence that neither forbids it nor makes it a case ("if you are given the answer")."""
    for sentence in SENTENCE.split(said):
        clause = LOST.sub("", sentence or "")
        for match in pattern.finditer(clause):
            before = clause[: match.start()]
            if not NEGATED.search(before) and not CONDITION.search(before) and not NEGATED.search(match[0]):
                return match[0].strip()
    return None


def _contradiction(said: str) -> tuple[str, str] | None:
    brief, lengthy = BRIEF.search(said), LENGTHY.search(said)
    if brief and lengthy:
        return brief[0], lengthy[0]
    traits = [
        ASIDE.split(match[1])[0] for match in YOU_ARE.finditer(said) if not NEGATED.search(ASIDE.split(match[1])[0])
    ]
    words = {word for trait in traits for word in words_of(trait)}
    joined = " ".join(traits)
    for ones, others in OPPOSITES:
        one, other = _either(ones, words, joined), _either(others, words, joined)
        if one and other:
            return one, other
    return None


def _either(wanted: Sequence[str], words: set[str], joined: str) -> str | None:
    return next((each for each in wanted if each in words or (not each.isascii() and each in joined)), None)


def _other_name(value: Value, name: str) -> Iterable[Finding]:
    said = text(value, "template")
    match = CALLED.search(said) or NAMED.search(said)
    if match is None or not name:
        return
    own = set(words_of(name))
    if own.isdisjoint(words_of(match[1])):
        yield told(
            "persona.other_name", at(value, "instructions", "template", match[1]),
            f"The persona is called '{name}', its instructions say '{match[1]}'.", "Use one name.",
        )  # fmt: skip


def _examples(values: Values) -> Iterable[Finding]:
    examples = [value for value in of(values, "examples") if text(value, "example")]
    if not examples:
        yield told(
            "persona.no_examples", WHOLE, "There is no example of how this persona talks.",
            "Two or three sentences in its own voice keep it in character.",
        )  # fmt: skip
    for value in examples:
        match = ASSISTANT_TALK.search(text(value, "example"))
        if match is not None:
            yield told(
                "persona.example_breaks", at(value, "examples", "example", match[0]),
                "This example sounds like a helpdesk, not like a person who has come with something.",
                "Write what this person would say in this situation.",
            )  # fmt: skip
