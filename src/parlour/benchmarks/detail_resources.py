"""What candidates are made of, as resources with ids (Glow 10.5): an id is named after what it stands for."""

from collections.abc import Sequence
from dataclasses import field

from parlour.benchmarks import detail_shapes as shapes
from parlour.benchmarks.detail_shapes import Named, model_id
from parlour.benchmarks.entities import Invocation
from parlour.catalog import actions as catalog
from parlour.catalog.benchmarks import Candidate
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import named_id
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The ids of what one candidate overrides; None where it does not."""

    model: str
    prompt: str | None
    instructions: str | None
    tools: tuple[str, ...] | None
    temperature: str | None
    reasoning: str | None
    quality: str | None
    voice: str | None
    modalities: tuple[str, ...] | None


@dataclass(kw_only=True, slots=True)
class Shelf:
    """Gathers resources while candidates are shown."""

    models: dict[str, Named] = field(default_factory=dict[str, Named])
    voices: dict[str, Named] = field(default_factory=dict[str, Named])
    temperature_levels: dict[str, Named] = field(default_factory=dict[str, Named])
    reasoning_levels: dict[str, Named] = field(default_factory=dict[str, Named])
    modalities: dict[str, Named] = field(default_factory=dict[str, Named])
    prompts: dict[str, Named] = field(default_factory=dict[str, Named])
    instructions: dict[str, Named] = field(default_factory=dict[str, Named])
    tools: dict[str, Named] = field(default_factory=dict[str, Named])
    qualities: dict[str, Named] = field(default_factory=dict[str, Named])

    def parts(self, candidate: Candidate) -> Parts:
        """The ids of a candidate's parts; they are on the shelf from now on."""
        temperature = None if candidate.temperature is None else f"{candidate.temperature:g}"
        self.models[model_id(candidate.model)] = Named(id=model_id(candidate.model), name=candidate.model)
        tools = tuple(_put(self.tools, "tools", tool.name, tool.description) for tool in candidate.tools)
        modalities = tuple(_put(self.modalities, "modalities", name) for name in candidate.modalities)
        return Parts(
            model=model_id(candidate.model),
            prompt=_put_text(self.prompts, "prompts", candidate, candidate.prompt),
            instructions=_put_text(self.instructions, "instructions", candidate, candidate.instructions),
            tools=tools or None,
            temperature=_put_if(self.temperature_levels, "temperature_levels", temperature),
            reasoning=_put_if(self.reasoning_levels, "reasoning_levels", candidate.reasoning),
            quality=_put_if(self.qualities, "qualities", candidate.quality),
            voice=_put_if(self.voices, "voices", candidate.voice),
            modalities=modalities or None,
        )


def override_of(invocation: Invocation, parts: Parts) -> shapes.Override:
    """What an invocation overrides, as a row."""
    created = rfc3339(invocation.created_at)
    return shapes.Override(
        id=named_id("overrides", invocation.id),
        test_invocation_id=invocation.id,
        created_at=created,
        updated_at=created,
        generated=False,
        mcp=False,
        active=True,
        agent_ids=None,
        reasoning_level_ids=_list(parts.reasoning),
        temperature_level_ids=_list(parts.temperature),
        voice_ids=_list(parts.voice),
        prompt_ids=_list(parts.prompt),
        instruction_ids=_list(parts.instructions),
        tool_ids=parts.tools,
        quality_ids=_list(parts.quality),
        modality_ids=parts.modalities,
    )


def rubrics_of(tx: Tx, candidates: Sequence[Candidate]) -> dict[str, shapes.Rubric]:
    """The rubrics that candidates are graded by, in the pinned versions."""
    found: dict[str, shapes.Rubric] = {}
    for pin in {candidate.rubric: None for candidate in candidates if candidate.rubric}:
        rubric = catalog.rubric_version(tx, pin.id, pin.version)
        if rubric:
            found[rubric.id] = shapes.Rubric(
                rubric_id=rubric.id,
                name=rubric.name,
                description=rubric.description,
                total_points=rubric.total_points,
                pass_points=rubric.pass_points,
            )
    return found


def _put(shelf: dict[str, Named], kind: str, name: str, description: str | None = None) -> str:
    key = named_id(kind, name)
    shelf[key] = Named(id=key, name=name, description=description)
    return key


def _put_if(shelf: dict[str, Named], kind: str, name: str | None) -> str | None:
    return None if name is None else _put(shelf, kind, name)


def _put_text(shelf: dict[str, Named], kind: str, candidate: Candidate, text: str | None) -> str | None:
    """A long text is named after its candidate."""
    if text is None:
        return None
    key = named_id(kind, candidate.id, text)
    shelf[key] = Named(id=key, name=candidate.title, description=text)
    return key


def _list(value: str | None) -> Sequence[str] | None:
    return None if value is None else (value,)
