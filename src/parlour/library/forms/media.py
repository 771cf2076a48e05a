"""Images and videos as values, and back."""

from collections.abc import Mapping
from typing import cast

from parlour.catalog.entities import Caption, Media
from parlour.drafts.values import Value
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, given
from parlour.library.media import readable


def media_value(media: Media) -> Value:
    """What an image would have been written from."""
    fields: dict[str, object] = {"name": media.name, "description": media.description}
    if media.upload_id is not None:
        fields |= {"upload_id": media.upload_id, "mime_type": media.mime_type}
    return given(media.id, fields)


def video_value(media: Media) -> Value:
    """What a video would have been written from."""
    captions = [
        {"upload_id": each.upload_id, "language": each.language, "label": each.label} for each in media.captions
    ]
    return given(media.id, {**media_value(media).fields, "captions": captions})


def compiled_media(form: Form, type_name: str, value: Value) -> Media:
    """The image (`images`) or the video (`videos`) that a value describes."""
    captions: list[Caption] = []
    for item in form.items(type_name, value, "captions") if type_name == "videos" else ():
        inner = Value(id=value.id, fields=object_of(item))
        upload_id = form.named("upload", type_name, inner, "upload_id")
        if not upload_id:
            form.wrong(type_name, value.id, "captions", "Captions need a file.")
            continue
        captions.append(
            Caption(
                upload_id=upload_id,
                language=form.text(type_name, inner, "language", most=NAME_CHARS_MAX),
                label=form.text(type_name, inner, "label", most=NAME_CHARS_MAX),
            )
        )
    upload_id = form.named("upload", type_name, value, "upload_id") or None
    return Media(
        id=value.id,
        name=form.text(type_name, value, "name", most=NAME_CHARS_MAX),
        description=form.text(type_name, value, "description"),
        upload_id=upload_id,
        mime_type=_mime_type(form, type_name, value, upload_id),
        captions=tuple(captions),
    )


def _mime_type(form: Form, type_name: str, value: Value, upload_id: str | None) -> str:
    """The type of the file as it is, whatever the value says; it must be one that can be shown."""
    upload = readable(form.tx, form.actor, upload_id) if upload_id is not None else None
    if upload is None:
        return form.text(type_name, value, "mime_type", most=NAME_CHARS_MAX) if upload_id is None else ""
    if not upload.mime_type.startswith(f"{type_name[:-1]}/"):
        form.wrong(type_name, value.id, "upload_id", f"This file is no {type_name[:-1]}.", "form.file")
    return upload.mime_type


def object_of(item: object) -> Mapping[str, object]:
    """An item of a list as an object; an empty one if it is none."""
    return cast("Mapping[str, object]", item) if isinstance(item, Mapping) else dict[str, object]()
