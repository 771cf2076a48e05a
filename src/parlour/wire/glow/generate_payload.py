"""What clients send to `generate` (Glow 7.3), within the bounds of 4.2."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from parlour.wire.glow.payloads import (
    INSTRUCTION_CHARACTERS_MAX,
    INSTRUCTIONS_MAX,
    LIST_MAX,
    Id,
    Instruction,
    Name,
    Payload,
)
from parlour.wire.http.texts import NoNul

METADATA_BYTES_MAX = 16 * 1024
CREATE = "create"
DRAFT = "draft"


class GenerateItem(BaseModel):
    """A name with an operation on it."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    name: Name
    operation: Name


class ExtraMessage(BaseModel):
    """A message that the model reads before it writes, and that is not kept."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    role: Literal["user", "assistant", "developer", "system"]
    content: Annotated[str, StringConstraints(max_length=INSTRUCTION_CHARACTERS_MAX), NoNul]


def _made_of(operation: str) -> BeforeValidator:
    """A plain string stands for an item with the usual operation."""

    def item(value: object) -> object:
        return {"name": value, "operation": operation} if isinstance(value, str) else value

    return BeforeValidator(item)


def _small(metadata: dict[str, Any]) -> dict[str, Any]:
    written = msgspec.json.encode(metadata)
    if len(written) > METADATA_BYTES_MAX:
        raise ValueError(f"It has at most {METADATA_BYTES_MAX} bytes")
    if b"\\u0000" in written:
        raise ValueError("it has a NUL character")
    return metadata


def _schema(operation: str) -> WithJsonSchema:
    item: dict[str, object] = {
        "type": "object",
        "required": ["name", "operation"],
        "properties": {"name": {"type": "string"}, "operation": {"type": "string"}},
    }
    return WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, item],
            "description": f"A name with an operation; a plain name means the operation {operation}.",
        }
    )


ArtifactItem = Annotated[GenerateItem, _made_of(DRAFT), _schema(DRAFT)]
TypeItem = Annotated[GenerateItem, _made_of(CREATE), _schema(CREATE)]
Metadata = Annotated[dict[str, Any], AfterValidator(_small)]


class Generate(Payload):
    """Have a model write values of an artifact (7.3)."""

    artifact_types: Annotated[list[ArtifactItem], Field(min_length=1, max_length=LIST_MAX)]
    resource_types: Annotated[list[TypeItem], Field(max_length=LIST_MAX)]
    entry_types: Annotated[list[TypeItem], Field(max_length=LIST_MAX)] | None = None
    artifact_id: Id | None = None
    draft_id: Id | None = None
    user_instructions: Annotated[list[Instruction], Field(max_length=INSTRUCTIONS_MAX)] | None = None
    save: bool = False
    run_id: Id | None = None
    group_id: Id | None = None
    modality: Name = "call"
    extra_messages: Annotated[list[ExtraMessage], Field(max_length=INSTRUCTIONS_MAX)] | None = None
    metadata: Metadata | None = None
