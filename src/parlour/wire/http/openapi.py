"""`/openapi.json`: what FastAPI writes, with credentials and with schemas of payloads it does not parse.

A wire that validates its bodies itself names their models with `body_of`; `complete_openapi`
then puts their schemas into the document.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from parlour.wire.http.areas import each_route

REF = "#/components/schemas/{model}"

SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A session token, an API key, or a JWT of the configured issuer.",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "An API key."},
    "ticket": {
        "type": "apiKey",
        "in": "query",
        "name": "ticket",
        "description": "The ticket of an HTTP session for its event stream, or of an upload for its bytes.",
    },
}
CREDENTIALS: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}]
_ANNOTATIONS = frozenset({"title", "description", "default"})
PUBLIC: list[dict[str, list[str]]] = []


def body_of(model: type[BaseModel], *, required: bool, also: Mapping[str, object] | None = None) -> dict[str, object]:
    """The `requestBody` of a route whose payload is `model`, for `openapi_extra`; `also`: what else it takes, by
    media type."""
    schema = {"$ref": REF.format(model=model.__name__)}
    return {"required": required, "content": {"application/json": {"schema": schema}, **(also or {})}}


def schemas_of(models: Iterable[type[BaseModel]]) -> dict[str, dict[str, Any]]:
    """The JSON schemas of models by name, nested ones included; an optional member may be null.

    Only names that are the class's own name are given, which is what `body_of` refers to.
    """
    unique = list(dict.fromkeys(models))
    _, document = models_json_schema([(model, "validation") for model in unique], ref_template=REF)
    found = cast("dict[str, dict[str, Any]]", document.get("$defs", {}))
    for schema in found.values():
        required = set(cast("list[str]", schema.get("required", ())))
        members = cast("dict[str, dict[str, Any]]", schema.get("properties", {}))
        for name, member in members.items():
            if name not in required and not _is_nullable(member):
                members[name] = {"anyOf": [member, {"type": "null"}]}
    return found


def complete_openapi(app: FastAPI, models: Callable[[], Iterable[type[BaseModel]]], public: Iterable[str]) -> None:
    """Make `app` serve a document with security schemes and the schemas of `models`.

    Every operation needs credentials but those of the paths in `public`, and those that say otherwise.
    """
    open_paths = frozenset(public)

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, models(), open_paths)
        return app.openapi_schema

    app.openapi = document


def _document(app: FastAPI, models: Iterable[type[BaseModel]], public: frozenset[str]) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=list(each_route(app.routes)),
        servers=[{"url": app.root_path}] if app.root_path else None,
    )
    components = made.setdefault("components", {})
    components["securitySchemes"] = SECURITY_SCHEMES
    schemas = components.setdefault("schemas", {})
    for name, schema in schemas_of(models).items():
        schemas.setdefault(name, schema)
    made["security"] = CREDENTIALS
    for path, operations in cast("Mapping[str, dict[str, dict[str, Any]]]", made["paths"]).items():
        for operation in operations.values():
            if path in public:
                operation.setdefault("security", PUBLIC)
    return made


def _is_nullable(schema: Mapping[str, Any]) -> bool:
    choices = cast("list[Mapping[str, Any]]", schema.get("anyOf", [schema]))
    return any(choice.get("type") == "null" or not choice.keys() - _ANNOTATIONS for choice in choices)
