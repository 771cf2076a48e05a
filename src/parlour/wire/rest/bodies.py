"""What the bodies of requests are made of, read with their types and bounds."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

VERSION_MAX = 2**31 - 1

Id = Annotated[str, StringConstraints(min_length=36, max_length=36)]
Version = Annotated[int, Field(ge=1, le=VERSION_MAX)]


class Given(BaseModel):
    """A body, or a part of one: no coercion, no unknown members."""

    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="forbid", frozen=True)

    def has(self, name: str) -> bool:
        """Whether a member was sent, be it as null."""
        return name in self.model_fields_set
