"""What can be authored: every artifact type with the fields of its values, for pages that make forms of them."""

from collections.abc import Mapping, Sequence

from parlour.catalog.anchors import LEVELS
from parlour.drafts.artifacts import ARTIFACTS, OWN_TYPES, SINGLE, draft_types
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.library import access
from parlour.library.drafting.fields import DRAFTED, known_fields
from parlour.library.forms.records import SECRET_TYPES
from parlour.library.forms.scenarios import ENABLED
from parlour.library.forms.simulations import FLAGS
from parlour.library.links import link_to

_LONG = frozenset(
    ("description", "template", "text", "problem_statement", "system_prompt", "example", "objective", "question_text")
)
_LABELS: Mapping[str, str] = {
    "names": "Name",
    "descriptions": "Description",
    "colors": "Color",
    "icons": "Icon",
    "instructions": "Instructions",
    "voices": "Voice",
    "parameter_fields": "Parameters",
    "standard_groups": "Criteria",
    "standards": "Levels",
    "points": "Points",
    "pass_points": "Points to pass",
    "profiles": "Learners",
    "profile_personas": "Who plays whom",
    "anchors": "Example conversations",
    "questions": "Quiz questions",
    "scenario_flags": "What is shown",
    "dialogues": "Dialogue of the offline model",
    "request_limits": "Requests a day",
    "emails": "E-mail address",
    "texts": "Text",
    "uploads": "File",
}
_TYPE_LABELS: Mapping[str, str] = {"eval": "Evaluation", "auth": "Sign-in", "profile": "Person"}
_CHOICES: Mapping[tuple[str, str, str], Sequence[str]] = {
    ("scenario", "scenario_flags", "name"): tuple(ENABLED),
    ("simulation", "scenario_flags", "name"): FLAGS,
    ("cohort", "simulation_availability", "type"): ("start", "end"),
    ("rubric", "anchors", "level"): LEVELS,
    ("rubric", "flags", "name"): ("simulation_rubric", "video_rubric"),
    ("simulation", "flags", "name"): ("practice",),
    ("document", "flags", "name"): ("template",),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldAbout:
    """A field of a value. `long`: it is edited in several lines; `choices`: the only values that it may have."""

    name: str
    kind: str
    long: bool
    choices: Sequence[str] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceAbout:
    """A resource type of an artifact. `single`: it has one value at most; `link_to`: the artifact type that its values
    name; `can_generate`: `generate` knows it."""

    name: str
    label: str
    single: bool
    link_to: str | None
    can_generate: bool
    fields: Sequence[FieldAbout]


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeAbout:
    """An artifact type. `id_name`: what its id is called in requests to generate; null if there is nothing to edit."""

    type: str
    label: str
    id_name: str | None
    may_create: bool
    resource_types: Sequence[ResourceAbout]


def types_for(actor: Actor) -> tuple[TypeAbout, ...]:
    """What an actor may author; nothing for who does not."""
    if not access.may_author(actor):
        return ()
    allowed = (each for each in DRAFTED if each not in access.RESTRICTED or actor.rank >= access.ADMIN_RANK)
    return tuple(
        TypeAbout(
            type=each,
            label=_TYPE_LABELS.get(each, _worded(each)),
            id_name=ARTIFACTS[each].id_name,
            may_create=access.may_create(actor, each),
            resource_types=tuple(_resource(each, type_name) for type_name in draft_types(each)),
        )
        for each in allowed
    )


def _resource(artifact_type: str, type_name: str) -> ResourceAbout:
    own = type_name in OWN_TYPES.get(artifact_type, {})
    return ResourceAbout(
        name=type_name,
        label=_LABELS.get(type_name, _worded(type_name)),
        single=type_name in SINGLE,
        link_to=link_to(artifact_type, type_name),
        can_generate=not own and type_name not in SECRET_TYPES,
        fields=tuple(
            FieldAbout(name=name, kind=kind, long=name in _LONG, choices=_CHOICES.get((artifact_type, type_name, name)))
            for name, kind in known_fields(artifact_type, type_name).items()
        ),
    )


def _worded(name: str) -> str:
    return name.replace("_", " ").capitalize()
