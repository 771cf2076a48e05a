"""What is wrong with scenarios, and with the documents in them: nobody to meet, nothing to reach, gaps. Pure."""

import re
from collections.abc import Iterable, Mapping

from parlour.catalog.filling import placeholders
from parlour.drafts.values import Value, Values
from parlour.library.checks.fields import first, of, rows, said_names, switched_on, text
from parlour.library.checks.findings import Finding
from parlour.library.checks.personas import instruction_findings
from parlour.library.checks.quizzes import quiz_findings
from parlour.library.checks.rules import WHOLE, at, told

# What a switch shows, and the values that there must be for it.
_SWITCHES: Mapping[str, tuple[str, str]] = {
    "objectives_enabled": ("objectives", "objective"),
    "problem_statement_enabled": ("problem_statements", "problem_statement"),
    "questions_enabled": ("questions", "question"),
    "video_enabled": ("videos", "video"),
    "images_enabled": ("images", "image"),
}
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override) (?:\w+ ){0,3}(?:previous|prior|above|earlier|your|system) (?:\w+ )?"
    r"(?:instructions?|rules|prompts?)\b"
    r"|\b(?:system prompt|you are now (?:a|an|the|in)\b|new instructions:)"
    r"|\b(?:ignoriere|vergiss) (?:\w+ ){0,3}(?:anweisungen|regeln)\b|忽略(?:\w{0,6})?(?:指令|指示|规则)",
    re.IGNORECASE,
)


def scenario_findings(values: Values, linked: Mapping[str, Values]) -> list[Finding]:
    """Everything that rules find. `linked`: the personas and documents by id, as they are published."""
    found: list[Finding] = []
    if not of(values, "personas"):
        advice = "Choose a persona, or write one here."
        found.append(told("scenario.no_persona", WHOLE, "There is nobody to talk to in this scenario.", advice))
    found += _gaps(values, linked)
    found += _goals(values)
    found += _media(values)
    found += quiz_findings(values)
    for persona in of(values, "personas"):
        if not persona.linked and text(persona, "instructions"):
            found += instruction_findings(persona, "personas", "instructions")
    for document in of(values, "documents"):
        if not document.linked:
            found += _orders(document, "documents", "text")
    return found


def document_findings(values: Values) -> list[Finding]:
    """What rules find in a document of its own."""
    found = [finding for value in of(values, "texts") for finding in _orders(value, "texts", "text")]
    if not any(text(value, "text") for value in of(values, "texts")) and not of(values, "uploads"):
        advice = "Write its text, or attach a file."
        found.append(told("document.empty", WHOLE, "There is nothing to read in this document.", advice))
    return found


def _orders(value: Value, type_name: str, field: str) -> Iterable[Finding]:
    match = _ORDERS.search(text(value, field))
    if match is not None:
        yield told(
            "document.orders", at(value, type_name, field, match[0]), "This reads like an order to the model.",
            "Documents are read as material only; take it out if it does not belong to the matter.",
        )  # fmt: skip


# What learners read, with the placeholders filled.
_NAMED = ("name", "description")
_READ = (("problem_statements", "problem_statement"), ("objectives", "objective"), ("descriptions", "description"))


def _gaps(values: Values, linked: Mapping[str, Values]) -> Iterable[Finding]:
    """Placeholders that nobody fills, and parameters that nobody asks for."""
    given = {text(each, "name"): each for each in of(values, "parameter_fields")}
    filled = said_names(values)
    if filled is None:
        return
    asked: set[str] = set()
    known = True
    for persona in of(values, "personas"):
        there = linked.get(persona.id)
        known = known and (there is not None or not persona.linked)
        called = _called(persona, there)
        asked |= _asked(persona, there)
        for name in sorted(_needed(persona, there, filled)):
            yield told(
                "scenario.unfilled", at(persona, "personas", None, f"{{{{{name}}}}}"),
                f"{called} needs to know '{name}', and the scenario does not say it.",
                f"Add a parameter '{name}' with its value.",
            )  # fmt: skip
    for type_name, field in _READ:
        for value in of(values, type_name):
            asked |= placeholders(text(value, field))
            for name in sorted(placeholders(text(value, field)) - filled):
                yield told(
                    "scenario.unfilled", at(value, type_name, field, f"{{{{{name}}}}}"),
                    f"A learner would read '{{{{{name}}}}}' here.", f"Add a parameter '{name}' with its value.",
                )  # fmt: skip
    for document in of(values, "documents"):
        there = linked.get(document.id)
        known = known and (there is not None or not document.linked)
        texts = [first(there, "texts", "text")] if there is not None else [text(document, "text")]
        asked |= {name for each in texts for name in placeholders(each)}
    if not known or not of(values, "personas"):
        return
    asked |= _asked_beside(values)
    for name, value in given.items():
        if name and name not in asked:
            message = f"Nothing in this scenario asks for '{name}'."
            yield told("scenario.unused_parameter", at(value, "parameter_fields", "name"), message, "Remove it.")


def _asked_beside(values: Values) -> set[str]:
    """Placeholders that may stand there as they are, in a question about templates for one."""
    fields = (("questions", "question_text"), *((kind, each) for kind in ("images", "videos") for each in _NAMED))
    texts = [text(value, field) for type_name, field in fields for value in of(values, type_name)]
    options = (option for question in of(values, "questions") for option in rows(question, "options"))
    texts += [said for option in options if isinstance(said := option.get("option_text"), str)]
    return {name for each in texts for name in placeholders(each)}


def _needed(persona: Value, there: Values | None, filled: frozenset[str]) -> frozenset[str]:
    """What a persona needs to be told, and neither says itself nor is told by the scenario."""
    if there is None:
        return placeholders(text(persona, "instructions")) - filled
    own = said_names(there)
    return frozenset() if own is None else placeholders(first(there, "instructions", "template")) - own - filled


def _asked(persona: Value, there: Values | None) -> frozenset[str]:
    if there is None:
        return placeholders(text(persona, "instructions"))
    examples = (text(each, "example") for each in of(there, "examples"))
    return placeholders("\n".join((first(there, "instructions", "template"), *examples)))


def _called(persona: Value, there: Values | None) -> str:
    return (first(there, "names", "name") if there is not None else text(persona, "name")) or "The persona"


def _goals(values: Values) -> Iterable[Finding]:
    objectives = [value for value in of(values, "objectives") if text(value, "objective")]
    if not objectives and not of(values, "questions"):
        yield told(
            "scenario.no_objectives", WHOLE, "Nothing says what the learner should reach here.",
            "Add one to three objectives.",
        )  # fmt: skip
    seen: set[str] = set()
    for value in objectives:
        key = " ".join(text(value, "objective").casefold().split()).rstrip(".")
        if key in seen:
            place = at(value, "objectives", "objective")
            yield told("scenario.same_objective", place, "This objective is there twice.", "Remove one of them.")
        seen.add(key)
    for name, (type_name, noun) in _SWITCHES.items():
        if switched_on(values, "scenario_flags", name) and not of(values, type_name):
            switch = next(each for each in of(values, "scenario_flags") if text(each, "name") == name)
            message = f"'{name}' is on, and there is no {noun} to show."
            advice = f"Add {'an' if noun[0] in 'aeiou' else 'a'} {noun}, or switch it off."
            yield told("scenario.switched_on_empty", at(switch, "scenario_flags", "value"), message, advice)


def _media(values: Values) -> Iterable[Finding]:
    for video in of(values, "videos"):
        if text(video, "upload_id") and not rows(video, "captions"):
            message = f"The video '{text(video, 'name')}' has no captions."
            advice = "Add captions (WebVTT), for those who cannot hear it and for a noisy room."
            yield told("scenario.video_without_captions", at(video, "videos", "captions", ""), message, advice)
    for image in of(values, "images"):
        if not text(image, "description"):
            message = f"The image '{text(image, 'name')}' has no description."
            advice = "Say in a sentence what is to be seen, for those who cannot see it."
            yield told("scenario.image_without_text", at(image, "images", "description"), message, advice)
