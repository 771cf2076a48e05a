"""`/openapi.json` and `/asyncapi.json` tell what the server does (Glow 0, case 16)."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from openapi_spec_validator import validate

from parlour.app import Parlour
from parlour.settings import Settings
from parlour.wire.glow.asyncapi import document
from parlour.wire.glow.encode import ENCODERS
from parlour.wire.glow.events import SERVER_EVENTS
from parlour.wire.glow.names import OPERATIONS as ROWS
from tests.wire.house import House
from tests.wire.http_client import OPERATIONS


def refs(value: Any) -> list[str]:
    """Every `$ref` in a document."""
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [ref for member in value.values() for ref in refs(member)]
    return [ref for member in value for ref in refs(member)] if isinstance(value, list) else []


def resolve(root: Any, ref: str) -> Any:
    """What a reference points to; `KeyError` if it points to nothing."""
    for step in ref.removeprefix("#/").split("/"):
        root = root[step]
    return root


@pytest.fixture(scope="module")
def openapi(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The document, as the application writes it."""
    parlour = Parlour(Settings(data=tmp_path_factory.mktemp("data")))
    return json.loads(json.dumps(parlour.app.openapi()))


def test_the_openapi_document_is_valid_and_complete(openapi: Any) -> None:
    validate(openapi)
    assert openapi["openapi"].startswith("3.1")
    assert {"bearer", "apiKey", "ticket"} <= openapi["components"]["securitySchemes"].keys()
    for path in ["connect", "disconnect", *(row.path for row in ROWS)]:
        operation = openapi["paths"][OPERATIONS + path]["post"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert "ok" in resolve(openapi, schema["$ref"])["properties"]
        assert {"401", "404", "422"} <= operation["responses"].keys()
        assert "security" not in operation
    assert openapi["security"] == [{"bearer": []}, {"apiKey": []}]
    assert openapi["paths"]["/socket/v5/events"]["get"]["security"][-1] == {"ticket": []}
    assert openapi["paths"]["/healthz"]["get"]["security"] == []
    for ref in refs(openapi):
        resolve(openapi, ref)


@pytest.mark.case(16)
def test_the_documented_payloads_allow_what_the_server_takes(openapi: Any) -> None:
    schemas = openapi["components"]["schemas"]
    name = "0197c5a0-0000-7000-8000-000000000000"
    for schema, payload in {
        "AttemptStart": {"home_id": None, "practice_id": name, "infinite_mode": None, "more": 1},
        "AttemptMessage": {"attempt_id": name, "chat_id": name, "message": "Hi", "parent_message_id": None},
        "AttemptJoin": {"chat_id": name, "since": 0, "epoch": None, "client_request_id": None},
        "AttemptEnd": {"attempt_id": name, "chat_id": name, "grade": None},
        "HttpConnect": {"person_since": None},
        "Nothing": {},
    }.items():
        jsonschema.validate(payload, schemas[schema] | {"components": openapi["components"]})
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**payload, "client_request_id": ""}, schemas[schema])


def test_the_asyncapi_document_is_complete_and_every_reference_leads_somewhere() -> None:
    made = json.loads(json.dumps(document("Parlour", "1", "/x")))
    assert made["asyncapi"] == "3.0.0"
    assert made["channels"]["socket"]["address"] == "/x/socket.io"
    for ref in refs(made):
        resolve(made, ref)
    for row in ROWS:
        operation = made["operations"][row.name]
        assert operation["action"] == "receive"
        assert operation["x-documented-path"] == OPERATIONS + row.path
        ack = resolve(made, resolve(made, operation["reply"]["messages"][0]["$ref"])["$ref"])
        assert "ok" in resolve(made, ack["payload"]["$ref"])["properties"]
    for name in SERVER_EVENTS:
        operation = made["operations"][f"on_{name}"]
        assert operation["action"] == "send"
        message = resolve(made, resolve(made, operation["messages"][0]["$ref"])["$ref"])
        assert (message["name"], message["contentType"]) == (name, "application/json")
        schema = resolve(made, message["payload"]["$ref"])
        assert "_meta" in schema["properties"]
        assert "additionalProperties" not in schema
    for schema in made["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_event_that_is_emitted_has_a_model() -> None:
    from parlour.wire.glow import encode

    source = Path(encode.__file__).read_text()
    emitted = set(re.findall(r'"(attempt_[a-z_]+)"', source)) - {"attempt_id"}
    assert emitted <= SERVER_EVENTS.keys()
    assert len(ENCODERS) >= len(emitted)


async def test_the_documents_are_served(house: House) -> None:
    async with httpx.AsyncClient(base_url=house.url, timeout=60) as client:
        opened = await client.get("/openapi.json")
        assert (opened.status_code, opened.headers["content-type"]) == (200, "application/json")
        assert (await client.get("/asyncapi.json")).json()["info"]["title"] == "Parlour"
