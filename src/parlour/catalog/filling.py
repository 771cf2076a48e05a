"""Placeholders: what stands in `{{name}}` once a scenario is played. Pure.

A scenario's parameters fill whatever is read in it. A persona and a document bring values of their own, which hold
where the scenario says nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from parlour.catalog.entities import Document, Media, Parameter, Persona, Question, Scenario, Statement

_PLACEHOLDER = re.compile(r"\{\{ ?([a-z0-9_-]{1,64}) ?\}\}")


def placeholders(text: str) -> frozenset[str]:
    """The names between `{{` and `}}` in a text."""
    return frozenset(_PLACEHOLDER.findall(text))


def filled(text: str, scenario: Scenario, own: Sequence[Parameter] = ()) -> str:
    """`text` with its placeholders replaced by the scenario's parameters, else by `own`; unknown ones stay."""
    if "{{" not in text:
        return text
    values = {parameter.name: parameter.value for parameter in own}
    said = (each for each in scenario.parameters if each.value.strip() or each.name not in values)
    values |= {parameter.name: parameter.value for parameter in said}
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def needed_by(persona: Persona) -> frozenset[str]:
    """The placeholders of a persona's texts that it does not fill itself."""
    own = {parameter.name for parameter in persona.parameters if parameter.value.strip()}
    return placeholders("\n".join((persona.instructions, *persona.examples))) - own


def filled_persona(persona: Persona, scenario: Scenario) -> Persona:
    """A persona as it is played in a scenario: its instructions and examples filled."""
    own = persona.parameters
    examples = tuple(filled(each, scenario, own) for each in persona.examples)
    return replace(persona, instructions=filled(persona.instructions, scenario, own), examples=examples)


def filled_document(document: Document, scenario: Scenario) -> Document:
    """A document as it is read in a scenario: a form, and one with values of its own, is filled in."""
    if not (document.template or document.fields):
        return document
    text = filled(document.text, scenario, document.fields)
    return replace(document, text=text, images=_media(document.images, scenario, document.fields))


def filled_scenario(scenario: Scenario) -> Scenario:
    """A scenario as it is played: every text of it that somebody reads, filled."""
    return replace(
        scenario,
        description=filled(scenario.description, scenario),
        problem_statements=_statements(scenario.problem_statements, scenario),
        objectives=_statements(scenario.objectives, scenario),
        images=_media(scenario.images, scenario),
        videos=_media(scenario.videos, scenario),
        questions=tuple(_question(each, scenario) for each in scenario.questions),
    )


def _statements(statements: Sequence[Statement], scenario: Scenario) -> tuple[Statement, ...]:
    return tuple(replace(each, text=filled(each.text, scenario)) for each in statements)


def _media(media: Sequence[Media], scenario: Scenario, own: Sequence[Parameter] = ()) -> tuple[Media, ...]:
    return tuple(
        replace(each, name=filled(each.name, scenario, own), description=filled(each.description, scenario, own))
        for each in media
    )


def _question(question: Question, scenario: Scenario) -> Question:
    options = tuple(replace(each, option_text=filled(each.option_text, scenario)) for each in question.options)
    return replace(question, question_text=filled(question.question_text, scenario), options=options)
