"""The settings of authoring: who must look at content before it is published, and what makes pictures."""

from pydantic import BaseModel, ConfigDict, Field


class AuthoringSettings(BaseModel):
    """Writing content (Glow 6.10). Models are named PROVIDER:MODEL, as everywhere.

    `two_person`: content is published only when somebody else than its writers has approved it.
    `model` writes drafts (else `model` of the server). `image_model` and `video_model` are of openai_compatible
    providers; without one nothing makes pictures. What is spoken uses the engine of `speech.out`. An account keeps
    `media_files_max` files for content with `media_total_bytes_max` bytes; those that nothing names go after
    `media_unused_hours`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    two_person: bool = False
    model: str | None = None
    image_model: str | None = None
    image_size: str = Field(default="1024x1024", pattern=r"^[0-9]{2,5}x[0-9]{2,5}$")
    video_model: str | None = None
    video_seconds: int = Field(default=8, ge=1, le=600)
    media_seconds_max: float = Field(default=600.0, gt=0)
    media_bytes_max: int = Field(default=50 * 1024 * 1024, ge=1)
    media_total_bytes_max: int = Field(default=2 * 1024**3, ge=0)
    media_files_max: int = Field(default=2_000, ge=0)
    media_unused_hours: float = Field(default=24.0, gt=0)
    drafts_max: int = Field(default=200, ge=1)
    draft_bytes_max: int = Field(default=1024 * 1024, ge=10_000)
    values_max: int = Field(default=1_000, ge=1)
    sources_max: int = Field(default=20, ge=0)
    source_chars_max: int = Field(default=60_000, ge=1_000)
    runs_parallel_max: int = Field(default=5, ge=1)
    checks_seconds_max: float = Field(default=900.0, gt=0)
