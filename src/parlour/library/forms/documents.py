"""Documents as values, and back."""

from parlour.catalog import actions as catalog
from parlour.catalog.entities import Document
from parlour.drafts.values import Value, Values
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, derived, links, singles
from parlour.library.forms.media import compiled_media, media_value
from parlour.library.forms.parameters import compiled_fields, parameter_values


def values(document: Document) -> Values:
    """What a document would have been written from."""
    flag = derived(document.id, "flags", 0, {"name": "template", "value": document.template})
    several: dict[str, tuple[Value, ...]] = {
        "fields": parameter_values(document.fields),
        "images": tuple(map(media_value, document.images)),
    }
    return {
        **singles(
            document.id,
            {
                "names": {"name": document.name},
                "descriptions": {"description": document.description},
                "texts": {"text": document.text},
                "uploads": {"upload_id": document.upload_id},
            },
        ),
        "flags": (flag,),
        **{type_name: found for type_name, found in several.items() if found},
        **links("departments", document.department_ids),
    }


def compiled(form: Form) -> Document:
    """The document that values describe."""
    uploads = form.all("uploads")
    stood = catalog.document(form.tx, form.artifact_id)
    return Document(
        id=form.artifact_id,
        name=form.one("names", "name", most=NAME_CHARS_MAX),
        description=form.one("descriptions", "description"),
        text=form.one("texts", "text"),
        upload_id=(form.named("upload", "uploads", uploads[0], "upload_id") or None) if uploads else None,
        template=form.flag("flags", "template") is True,
        department_ids=form.linked("departments", "department"),
        fields=compiled_fields(form, stood.fields if stood else ()),
        images=tuple(compiled_media(form, "images", each) for each in form.all("images")),
    )


def of_cells(value: Value) -> Values:
    """The values of a document that is written inside a scenario."""
    fields = value.fields
    return {
        **singles(
            value.id,
            {
                "names": {"name": fields.get("name")},
                "descriptions": {"description": fields.get("description")},
                "texts": {"text": fields.get("text")},
                "uploads": {"upload_id": fields.get("upload_id")},
            },
        ),
        "flags": (derived(value.id, "flags", 0, {"name": "template", "value": fields.get("template") is True}),),
    }
