"""`/asyncapi.json`: the events of the Glow wire, from the same table and models as the server (0)."""

from collections.abc import Sequence
from typing import Any, cast

from pydantic import BaseModel

from parlour.wire.glow.alias_events import ALIAS_EVENTS
from parlour.wire.glow.aliases import GLOW_WEB
from parlour.wire.glow.events import SERVER_EVENTS
from parlour.wire.glow.names import OPERATIONS, PREFIX, SERVER_PREFIX
from parlour.wire.http.event_tables import EventTable
from parlour.wire.http.openapi import REF, schemas_of

ASYNCAPI = "3.0.0"
_EVENTS = (*SERVER_EVENTS.values(), *(model for _, model in ALIAS_EVENTS.values()))
JSON = "application/json"


def document(title: str, version: str, base_path: str = "", guests: Sequence[EventTable] = ()) -> dict[str, Any]:
    """The AsyncAPI 3 document: one channel, an operation for every client and every server event."""
    made = _glow(title, version, base_path)
    for guest in guests:
        _add(made, guest)
    return made


def _glow(title: str, version: str, base_path: str) -> dict[str, Any]:
    acks = {f"{operation.name}_ack": operation.ack for operation in OPERATIONS}
    payloads = {operation.name: operation.payload for operation in OPERATIONS}
    messages = {
        **{name: _message(name, model) for name, model in payloads.items()},
        **{name: _message(name, model) for name, model in acks.items()},
        **{name: _message(name, model) for name, model in SERVER_EVENTS.items()},
        **{f"{name}_alias": _message(name, model) for name, (_, model) in ALIAS_EVENTS.items()},
    }
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": title,
            "version": version,
            "description": "Socket.IO protocol 5 over Engine.IO 4, namespace /. Every event carries one JSON object.",
        },
        "defaultContentType": JSON,
        "channels": {
            "socket": {
                "address": f"{base_path}/socket.io",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": _operations(),
        "components": {"messages": messages, "schemas": _schemas([*payloads.values(), *acks.values()])},
    }


def _operations() -> dict[str, Any]:
    made: dict[str, Any] = {}
    for operation in OPERATIONS:
        made[operation.name] = _operation("receive", operation.name, operation.summary) | {
            "x-documented-path": PREFIX + operation.path,
            "reply": {
                "channel": {"$ref": "#/channels/socket"},
                "messages": [{"$ref": f"#/channels/socket/messages/{operation.name}_ack"}],
            },
        }
    for name, model in SERVER_EVENTS.items():
        made[f"on_{name}"] = _operation("send", name, _summary(model)) | {
            "x-documented-path": SERVER_PREFIX + name.replace("_", "/", 1)
        }
    for name, (event, model) in ALIAS_EVENTS.items():
        made[f"on_{name}_alias"] = _operation("send", f"{name}_alias", _summary(model)) | {
            "x-alias-of": event,
            "x-dialect": GLOW_WEB,
        }
    return made


def _add(made: dict[str, Any], guest: EventTable) -> None:
    """The commands and events of another protocol on the same sockets; an event both have gets its own name."""
    parts = made["components"]
    messages, operations = parts["messages"], made["operations"]
    models: list[type[BaseModel]] = []
    for name, (payload, ack) in guest.commands.items():
        messages[name], messages[f"{name}_ack"] = _plain(name, payload), _plain(f"{name}_ack", ack)
        reply = {"channel": {"$ref": "#/channels/socket"}, "messages": [_named(f"{name}_ack")]}
        operations[name] = _operation("receive", name, _summary(payload)) | {"reply": reply}
        models += [payload, ack]
    for name, model in guest.events.items():
        key = f"person_{name}" if name in messages else name
        messages[key] = _plain(name, model)
        operations[f"on_{key}"] = _operation("send", key, _summary(model))
        models.append(model)
    made["channels"]["socket"]["messages"] = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    for name, schema in schemas_of(models).items():
        schema.pop("additionalProperties", None)
        parts["schemas"][name] = schema


def _plain(name: str, model: type[BaseModel]) -> dict[str, Any]:
    made = _message(name, model)
    return made | {"payload": {"$ref": REF.format(model=model.__name__)}}


def _named(message: str) -> dict[str, str]:
    return {"$ref": f"#/channels/socket/messages/{message}"}


def _operation(action: str, message: str, summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/socket"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/socket/messages/{message}"}],
    }


def _message(name: str, model: type[BaseModel]) -> dict[str, Any]:
    return {
        "name": name.removesuffix("_ack"),
        "contentType": JSON,
        "summary": _summary(model),
        "payload": {"$ref": REF.format(model=_name(model))},
    }


def _schemas(models: list[type[BaseModel]]) -> dict[str, Any]:
    """Schemas by name. Clients must take members that no schema lists, so none forbids them."""
    events = {f"{name}Event": schema for name, schema in schemas_of(_EVENTS).items()}
    renamed = cast("dict[str, Any]", _renamed(events, {REF.format(model=name[:-5]): name for name in events}))
    for schema in renamed.values():
        schema.pop("additionalProperties", None)
    return {**schemas_of(models), **renamed}


def _renamed(value: object, names: dict[str, str]) -> object:
    """The same schemas with their references following `names`: events and acks share class names."""
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {
            key: REF.format(model=names[member])
            if key == "$ref" and isinstance(member, str) and member in names
            else _renamed(member, names)
            for key, member in members.items()
        }
    if isinstance(value, list):
        return [_renamed(member, names) for member in cast("list[object]", value)]
    return value


def _name(model: type[BaseModel]) -> str:
    return f"{model.__name__}Event" if model in _EVENTS else model.__name__


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]
