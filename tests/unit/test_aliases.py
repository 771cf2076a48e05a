"""Aliases of dialect `glow-web` for what no attempt tells (Glow 9.7); those of attempts are tested at the socket."""

from parlour.wire.glow import aliases
from tests.harness.dialects import check_alias

META = {"id": "e-1", "at": "2026-01-01T09:00:00.000Z", "room": "person:P", "epoch": "e", "seq": 1}
RUN = {"artifact_type": "chat", "group_id": "G1", "run_id": "R1"}


def frames(name: str, payload: dict[str, object], known: aliases.Known = aliases.NOTHING) -> list[str]:
    """The names of a group; every alias is held against its model."""
    made = aliases.group(name, {**payload, "_meta": META}, known)
    assert made.frames[made.event] == (name, {**payload, "_meta": META})
    for number, (alias, members) in enumerate(made.frames):
        if number != made.event:
            assert check_alias(alias, {**members}).meta.alias_of == name
    return [alias for alias, _ in made.frames]


def progress(completed: int, last: str) -> dict[str, object]:
    counts = {"completed_resources": completed, "total_resources": 2, "percentage": 50 * completed}
    return {**RUN, **counts, "last_completed_resource": last}


def test_a_run_is_told_under_the_name_of_its_artifact() -> None:
    known = aliases.Known(types=("names", "personas"))
    assert frames("generation_progress", progress(0, ""), known) == ["chat_generation_started", "generation_progress"]
    started = aliases.group("generation_progress", {**progress(0, ""), "_meta": META}, known).frames[0][1]
    assert started["resource_types"] == ["names", "personas"]
    assert "percentage" not in started
    assert frames("generation_progress", progress(1, "names")) == ["generation_progress", "chat_generation_progress"]
    for stage in ("saved", "complete", "error"):
        assert frames(f"generation_{stage}", {**RUN}) == [f"generation_{stage}", f"chat_generation_{stage}"]


def test_media_are_told_once_more_with_their_file() -> None:
    for kind in ("images", "videos"):
        value: dict[str, object] = {**RUN, "resource_type": kind, "tool_call_id": "T1"}
        started = frames(f"{kind}_generation_started", value)
        assert started == [f"{kind}_generation_started", "chat_generation_media_progress"]
        assert frames(f"{kind}_generation_progress", value)[1] == "chat_generation_media_progress"
        assert frames(f"{kind}_generation_complete", value) == [f"{kind}_generation_complete"]
        file = {"upload_id": "U1", "mime_type": "image/png", "file_size": 7}
        name = f"{kind}_generation_complete"
        assert frames(name, {**value, **file})[1] == "chat_generation_media_complete"
        told = aliases.group(name, {**value, **file, "_meta": META}).frames[1][1]
        assert (told["file_path"], told["modality"]) == ("/api/v1/uploads/U1", kind.removesuffix("s"))


def test_an_artifact_that_is_not_known_has_no_alias() -> None:
    error: dict[str, object] = {"message": "No."}
    for name, payload in (("generation_error", error), ("generation_progress", progress(0, ""))):
        assert frames(name, {**payload, "artifact_type": ""}) == [name]


def test_an_event_without_a_row_stands_alone() -> None:
    assert frames("attempt_ended", {"attempt_id": "A1"}) == ["attempt_ended"]


def test_a_dialect_that_is_not_known_is_none() -> None:
    asked = [aliases.dialect_of(name, "none") for name in ("glow-web", "other", None, "")]
    assert asked == ["glow-web", None, None, None]
    assert aliases.dialect_of(None, "glow-web") == aliases.dialect_of("other", "glow-web") == "glow-web"
