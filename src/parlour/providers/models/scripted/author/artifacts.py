"""The offline author of everything in Appendix B: which template serves which type of which artifact."""

from collections.abc import Callable, Mapping

import msgspec

from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.scripted.author import people, records, rubrics, scenes
from parlour.providers.models.scripted.author.ask import Ask, labelled


def answer(ask: Ask) -> str:
    """The answer to a request of `library.making.prompts`, as JSON. Raises `ProviderFault` for an unknown type."""
    return msgspec.json.encode(_answer(ask)).decode()


def _answer(ask: Ask) -> Mapping[str, object]:
    if ask.choices:
        return records.choose(ask)
    if ask.artifact == "persona":
        found = _of_persona(ask)
        if found is not None:
            return found
    found = _of_any(ask) or records.record(ask)
    if found is None:
        raise ProviderFault(f"The offline author does not make {ask.type}.", retryable=False)
    return found


def _of_persona(ask: Ask) -> Mapping[str, object] | None:
    temper = people.temper_of(ask)
    match ask.type:
        case "names":
            return {"name": people.persona_name(ask)}
        case "descriptions":
            return {"description": labelled(people.description(ask))}
        case "instructions":
            return {"template": people.instructions(ask, people.own_name(ask))}
        case "examples":
            return {"example": people.example(ask)}
        case "colors":
            return {"name": temper.color_name, "description": "", "hex_code": temper.color}
        case "icons":
            return {"name": temper.icon_name, "description": "", "value": temper.icon}
        case _:
            return None


def _of_any(ask: Ask) -> Mapping[str, object] | None:
    if ask.type == "names":
        by_matter = ask.artifact in ("scenario", "document")
        return {"name": scenes.name(ask) if by_matter else records.name(ask)}
    if ask.type == "descriptions":
        about = scenes.about_scenario(ask) if ask.artifact == "scenario" else records.description(ask)
        return {"description": about}
    writer = _WRITERS.get(ask.type)
    return writer(ask) if writer is not None else None


_WRITERS: Mapping[str, Callable[[Ask], Mapping[str, object]]] = {
    "colors": records.color,
    "icons": records.icon,
    "problem_statements": scenes.problem,
    "objectives": scenes.objective,
    "questions": scenes.question,
    "personas": people.whole,
    "documents": scenes.document,
    "texts": scenes.paper,
    "standard_groups": rubrics.criterion,
    "standards": rubrics.level,
}
