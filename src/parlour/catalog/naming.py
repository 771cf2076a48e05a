"""What the objects of a bundle are called: their ids, whether written down or made from pack, kind and slug."""

from collections.abc import Iterable, Mapping

from parlour.catalog.entities import Kind
from parlour.catalog.prices import price_id
from parlour.catalog.sources import ContentName, Sources
from parlour.catalog.yaml_reader import Errors, Place
from parlour.kernel.ids import is_id, named_id

# The section of a bundle in which the objects of a kind stand.
SECTIONS: Mapping[Kind, str] = {
    "document": "documents",
    "dialogue": "dialogues",
    "persona": "personas",
    "scenario": "scenarios",
    "rubric": "rubrics",
    "simulation": "simulations",
    "cohort": "cohorts",
    "home": "home",
    "practice": "practice",
    "record": "records",
    "eval": "evals",
    "recording": "recordings",
    "benchmark": "benchmarks",
}
# What is a part of something else, and of what. A chat is part of an entry, which is named by kind and slug.
_PART_OF: Mapping[str, Kind] = {
    "problem_statement": "scenario",
    "objective": "scenario",
    "parameter": "scenario",
    "image": "scenario",
    "video": "scenario",
    "question": "scenario",
    "option": "scenario",
    "standard_group": "rubric",
    "standard": "rubric",
    "recorded": "recording",
    "candidate": "benchmark",
    "value": "record",
    "own_parameter": "persona",
    "flag": "persona",
    "field": "document",
    "picture": "document",
}


class Naming:
    """Gives every object of a bundle and its parts their ids.

    An object without an `id` of its own has `named_id(pack, kind, slug)`; the parts of one that has are named after
    that id, so that they are the same in whichever pack it travels.
    """

    def __init__(self, pack: str, sources: Sources) -> None:
        self._pack = pack
        self._models: dict[str, str] = {}
        for slug, price in sources.prices.items():
            self._models.setdefault(price.model, slug)
        self._explicit: dict[tuple[str, str], tuple[str, Place]] = {}
        self._slugs: list[tuple[Kind, str]] = []
        for kind, section in SECTIONS.items():
            for slug, source in getattr(sources, section).items():
                self._slugs.append((kind, slug))
                if source.id is not None:
                    self._explicit[kind, slug] = (source.id, source.place)

    def id(self, kind: str, *slugs: str) -> str:
        """The id of an object (kind, slug), or of a part of one (kind, slug of the object, ...)."""
        of, rest = (slugs[0], slugs[1:]) if kind == "chat" else (_PART_OF.get(kind, kind), slugs)
        found = self._explicit.get((of, rest[0])) if rest else None
        if found is None:
            return named_id(self._pack, kind, *slugs)
        return named_id(found[0], kind, *rest[1:]) if len(slugs) > 1 else found[0]

    def names(self) -> Iterable[ContentName]:
        """Every object of the bundle. The price of a model is called as its first line is."""
        for kind, slug in self._slugs:
            _, place = self._explicit.get((kind, slug), (None, None))
            yield ContentName(kind=kind, slug=slug, id=self.id(kind, slug), place=place)
        for model, slug in self._models.items():
            yield ContentName(kind="price", slug=slug, id=price_id(model))

    def check(self, errors: Errors) -> None:
        """Note ids that are none, and those that two objects have."""
        taken: dict[str, str] = {}
        for (_, slug), (given, place) in self._explicit.items():
            if not is_id(given):
                errors.add(place, f"'{slug}': '{given}' is no id; leave it out, or write it as an export does")
        for name in self.names():
            other = taken.setdefault(name.id, name.slug)
            if other != name.slug and name.place is not None:
                errors.add(name.place, f"'{name.slug}' has the id of '{other}'")
