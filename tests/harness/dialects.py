"""What a server told, held against the models that `/asyncapi.json` documents."""

from parlour.wire.glow.alias_events import ALIAS_EVENTS, Alias
from parlour.wire.glow.event_bases import Event
from parlour.wire.glow.events import SERVER_EVENTS
from parlour.wire.lab.events import EVENTS

# Aliases of media say which kind they are of; their table names the events of images.
_OF_MEDIA = {
    "images_generation_progress": frozenset(
        f"{kind}_generation_{stage}" for kind in ("images", "videos") for stage in ("started", "progress")
    ),
    "images_generation_complete": frozenset({"images_generation_complete", "videos_generation_complete"}),
}


def check_event(name: str, payload: object) -> Event:
    """An emitted event against its model; raises `KeyError` or `pydantic.ValidationError`.

    Logged events (those with a `room`) must have their whole position.
    """
    event = SERVER_EVENTS[name].model_validate(payload)
    place = (event.meta.room, event.meta.epoch, event.meta.seq)
    if any(part is None for part in place) != all(part is None for part in place):
        raise ValueError("_meta must have room, epoch and seq together")
    return event


def check_alias(name: str, payload: object) -> Alias:
    """An alias against its model; raises `KeyError`, `ValueError` or `pydantic.ValidationError`."""
    event, model = ALIAS_EVENTS[name]
    alias = model.model_validate(payload)
    if alias.meta.alias_of not in _OF_MEDIA.get(event, frozenset({event})):
        raise ValueError(f"{name} is an alias of {event}")
    return alias


def check_lab_event(name: str, payload: object) -> None:
    """An event of the laboratory against its model; raises `KeyError` or `pydantic.ValidationError`."""
    EVENTS[name].model_validate(payload)
