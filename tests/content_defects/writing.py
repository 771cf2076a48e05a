"""Short ways to write content down as values, as the forms give them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parlour.drafts.values import Value, Values

Level = tuple[int, str, str]


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """A criterion with its levels (points, name, description), lowest first."""

    name: str
    description: str
    levels: Sequence[Level]
    passing: int | None = None
    points: int | None = None


def rubric(
    *criteria: Criterion, name: str = "Talking with people", points: int | None = None, passing: int | None = None
) -> Values:
    """A rubric; what is not given is right."""
    best = [max((level[0] for level in each.levels), default=0) for each in criteria]
    total = sum(best)
    groups = tuple(
        Value(
            id=f"g{number}",
            fields={
                "name": each.name,
                "description": each.description,
                "points": each.points if each.points is not None else most,
                "pass_points": each.passing if each.passing is not None else -(-most * 6 // 10),
            },
        )
        for number, (each, most) in enumerate(zip(criteria, best, strict=True))
    )
    standards = tuple(
        Value(
            id=f"s{number}-{place}",
            fields={"name": title, "description": said, "points": worth, "standard_group_id": f"g{number}"},
        )
        for number, each in enumerate(criteria)
        for place, (worth, title, said) in enumerate(each.levels)
    )
    return {
        "names": one({"name": name}),
        "points": one({"value": points if points is not None else total}),
        "pass_points": one({"value": passing if passing is not None else -(-total * 6 // 10)}),
        "standard_groups": groups,
        "standards": standards,
    }


def persona(name: str, instructions: str, *examples: str) -> Values:
    """A persona."""
    return {
        "names": one({"name": name}),
        "descriptions": one({"description": "Somebody to talk to."}),
        "instructions": one({"template": instructions}),
        "examples": tuple(Value(id=f"e{n}", fields={"example": each}) for n, each in enumerate(examples)),
    }


def scenario(persona_instructions: str = "", **types: Sequence[Mapping[str, object]]) -> Values:
    """A scenario with a persona in it."""
    met = ({"name": "Mara Lind", "instructions": persona_instructions or MARA},)
    given: dict[str, Sequence[Mapping[str, object]]] = {
        "names": ({"name": "A talk after class"},),
        "personas": met,
        "objectives": ({"objective": "Find out what has happened before you suggest anything."},),
        **types,
    }
    return {
        kind: tuple(Value(id=f"{kind}-{number}", fields=dict(fields)) for number, fields in enumerate(rows))
        for kind, rows in given.items()
    }


def one(fields: Mapping[str, object]) -> tuple[Value, ...]:
    """The one value of a type."""
    return (Value(id="v", fields=fields),)


MARA = (
    "You are Mara Lind, 34, a nurse on a surgical ward. Yesterday you gave a patient the wrong tablet and have told "
    "nobody. You talk about the shifts and the noise first. Only when somebody asks calmly and does not judge do you "
    "say what happened. If you are told off you close down. One to three sentences at a time."
)
