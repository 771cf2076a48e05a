"""Images and videos of an attempt as they are read. Their files: `GET /api/v1/uploads/{upload_id}`."""

from collections.abc import Sequence

from parlour.catalog import entities
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image of a scenario. `mime_type` is null while its file is not known."""

    image_id: str
    upload_id: str | None
    name: str
    description: str
    mime_type: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Caption:
    """What is said in a video, as a WebVTT file."""

    upload_id: str
    language: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Video:
    """A video of a scenario. `mime_type` is null while its file is not known."""

    video_id: str
    upload_id: str | None
    name: str
    description: str
    mime_type: str | None
    captions: Sequence[Caption]


def shown_image(image: entities.Media) -> Image:
    """An image."""
    return Image(
        image_id=image.id,
        upload_id=image.upload_id,
        name=image.name,
        description=image.description,
        mime_type=image.mime_type or None,
    )


def shown_video(video: entities.Media) -> Video:
    """A video with its captions."""
    return Video(
        video_id=video.id,
        upload_id=video.upload_id,
        name=video.name,
        description=video.description,
        mime_type=video.mime_type or None,
        captions=[
            Caption(upload_id=caption.upload_id, language=caption.language, label=caption.label)
            for caption in video.captions
        ],
    )
