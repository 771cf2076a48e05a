"""Dialect `glow-web`: further frames for a client that listens to other names (Glow 9.7).

A frame is derived from a documented event, and from the few things of `Known` that the event does
not say. How many frames an event becomes depends on the event alone, so that an offset may name
one of them. A new alias is a row of `ALIASES`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, cast

from parlour.kernel.dataclass import dataclass

Dialect = Literal["none", "glow-web"]
GLOW_WEB: Dialect = "glow-web"
UPLOADS_PATH = "/api/v1/uploads/"
_MODALITIES = {"images": "image", "videos": "video"}
FAILED_TEXT = "The reply could not be made."

Payload = Mapping[str, object]
Frame = tuple[str, Mapping[str, object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What a reader knows beside an event: ids of its chat and grade, the whole text so far of the reply or of
    the replayed turn, the types that a run was asked for."""

    group_id: str | None = None
    run_id: str | None = None
    text: str = ""
    types: tuple[str, ...] = ()


NOTHING = Known()
Make = Callable[[Payload, Known], Sequence[Frame]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The frames of one event, in order; `event` is the place of the documented one."""

    frames: tuple[Frame, ...]
    event: int


def dialect_of(asked: str | None, default: Dialect) -> str | None:
    """The dialect of a reader, None for none: what it asks for if there is such a one, else the default (2.2)."""
    return GLOW_WEB if GLOW_WEB in (asked, default) else None


def group(name: str, payload: Payload, known: Known = NOTHING) -> Group:
    """An event with its aliases. They have its `_meta`, and `alias_of` in it."""
    made = ALIASES.get(name)
    if made is None:
        return Group(frames=((name, payload),), event=0)
    before, after = made[0](payload, known), made[1](payload, known)
    meta = {**cast("Payload", payload["_meta"]), "alias_of": name}
    aliases: list[Frame] = [(alias, {**members, "_meta": meta}) for alias, members in (*before, *after)]
    return Group(frames=(*aliases[: len(before)], (name, payload), *aliases[len(before) :]), event=len(before))


def _none(_payload: Payload, _known: Known) -> Sequence[Frame]:
    return ()


def _value(kind: str, stage: str, known: Known, number: object, **members: object) -> Frame:
    """A frame of Glow 9.6 of a turn or a grade, of an entry type; `number` tells its tool call from others."""
    return f"{kind}_generation_{stage}", {
        "artifact_type": "attempt",
        "entry_type": kind,
        "group_id": known.group_id,
        "run_id": known.run_id,
        "tool_call_id": number,
        "tool_name": f"create_{kind}",
        **members,
    }


def _pair(kind: str, known: Known, row: Payload) -> Sequence[Frame]:
    """A value that is there at once: begun and complete."""
    number = row["id"]
    done = {"entry_id": number, "generated": True, "success": True}
    return (_value(kind, "started", known, number), _value(kind, "complete", known, number, **done, **row))


def _reply_started(payload: Payload, known: Known) -> Sequence[Frame]:
    number = payload["message_id"]
    return (_value("contents", "started", known, number, message_id=number),)


def _text(payload: Payload, known: Known) -> Sequence[Frame]:
    """`content` of both is the whole text so far."""
    number = payload["message_id"]
    whole = ("attempt_assistant_delta", {"chat_id": payload["chat_id"], "message_id": number, "content": known.text})
    if payload["content_type"] == "reset":
        return (whole,)
    said = {"arguments_delta": payload["content"], "message_id": number, "persona_id": payload["persona_id"]}
    return (whole, _value("contents", "progress", known, number, **said, content=known.text))


def _contents(payload: Payload, known: Known) -> Sequence[Frame]:
    """One frame a content. A reply without any still ends what its start began (9.6)."""
    number, failed = payload["message_id"], payload["status"] == "failed"
    rows = cast("Sequence[Payload]", payload["contents"]) or ({"id": None, "content": "", "persona_id": None},)
    stage = "error" if failed else "complete"
    told: list[Frame] = []
    for row in rows:
        said = {
            "id": row["id"],
            "entry_id": row["id"],
            "message_id": number,
            "content": row["content"],
            "persona_id": row["persona_id"],
            "success": not failed,
        }
        end = {"message": FAILED_TEXT, "error_stage": "model"} if failed else {"generated": True}
        told.append(_value("contents", stage, known, number, **said, **end))
    return told


def _reply_completed(payload: Payload, known: Known) -> Sequence[Frame]:
    success = payload["status"] != "failed"
    return (
        (
            "attempt_complete",
            {
                "artifact_type": "attempt",
                "chat_id": payload["chat_id"],
                "group_id": known.group_id,
                "resource_type": "contents",
                "run_id": known.run_id,
                "success": success,
                "message": "" if success else FAILED_TEXT,
                "final_content": payload["content"],
                "completed": True,
            },
        ),
    )


def _hints(payload: Payload, known: Known) -> Sequence[Frame]:
    told: list[Frame] = []
    for row in cast("Sequence[Payload]", payload["hints"]):
        told.extend(_pair("hints", known, {**row, "message_id": payload["message_id"]}))
    return told


def _grading(payload: Payload, known: Known) -> Sequence[Frame]:
    entry = payload["entry"]
    if entry is None:
        return (("attempt_grade_start", {"chat_id": payload["chat_id"], "grade_id": payload["grade_id"]}),)
    return _pair("feedbacks", known, cast("Payload", entry))


def _remark(payload: Payload, known: Known) -> Sequence[Frame]:
    return _pair(str(payload["resource_type"]), known, cast("Payload", payload["entry"]))


def _graded(payload: Payload, _known: Known) -> Sequence[Frame]:
    members = ("chat_id", "grade_id", "score", "passed")
    return (("attempt_grade_complete", {member: payload[member] for member in members}),)


def _test(payload: Payload, known: Known) -> Sequence[Frame]:
    match payload["type"]:
        case "run_delta":
            ids = {"invocation_id": payload["invocation_id"], "run_id": payload["run_id"]}
            return (("test_run_delta", {**ids, "content": known.text}),)
        case "all_complete":
            told = {"invocation_id": payload["invocation_id"], "total_runs": payload["total_runs"], "success": True}
            return (("test_all_complete", told),)
        case _:
            return ()


def _run_begun(payload: Payload, known: Known) -> Sequence[Frame]:
    if not (payload["artifact_type"] and _is_first(payload)):
        return ()
    run = {member: payload[member] for member in ("artifact_type", "group_id", "run_id")}
    return ((f"{payload['artifact_type']}_generation_started", {**run, "resource_types": list(known.types)}),)


def _run_progress(payload: Payload, known: Known) -> Sequence[Frame]:
    return () if _is_first(payload) else _of_artifact("progress")(payload, known)


def _is_first(payload: Payload) -> bool:
    """The first event of a run has no resource yet (6.10.2)."""
    return payload["completed_resources"] == 0 and not payload["last_completed_resource"]


def _of_artifact(stage: str) -> Make:
    """The same payload under the name of the primary artifact, if that is known."""

    def make(payload: Payload, _known: Known) -> Sequence[Frame]:
        artifact = payload.get("artifact_type")
        return ((f"{artifact}_generation_{stage}", payload),) if artifact else ()

    return make


def _media(stage: str) -> Make:
    """What is told of a picture or a film; its end only if there is a file."""

    def make(payload: Payload, _known: Known) -> Sequence[Frame]:
        artifact, upload_id = payload.get("artifact_type"), payload.get("upload_id")
        if not artifact or (stage == "complete" and not upload_id):
            return ()
        kind = payload.get("resource_type")
        told: dict[str, object] = {
            "modality": _MODALITIES[str(kind)],
            **{member: payload.get(member) for member in ("artifact_type", "group_id", "run_id")},
            "resource_type": kind,
            "resource_id": payload.get("resource_id"),
            "message": payload.get("message") or "",
        }
        if stage != "complete":
            return ((f"{artifact}_generation_media_progress", {**told, "status": stage}),)
        file = {
            "file_path": f"{UPLOADS_PATH}{upload_id}",
            "mime_type": payload.get("mime_type"),
            "file_size": payload.get("file_size"),
            "upload_id": upload_id,
        }
        return ((f"{artifact}_generation_media_complete", {**told, **file}),)

    return make


# The documented event, the frames before it, the frames after it.
ALIASES: Mapping[str, tuple[Make, Make]] = {
    "attempt_assistant_start": (_none, _reply_started),
    "attempt_progress": (_none, _text),
    "attempt_hint_progress": (_hints, _none),
    "attempt_assistant_complete": (_contents, _reply_completed),
    "attempt_grading_progress": (_grading, _none),
    "attempt_content_progress": (_remark, _none),
    "attempt_graded": (_none, _graded),
    "test_progress": (_none, _test),
    "generation_progress": (_run_begun, _run_progress),
    "generation_saved": (_none, _of_artifact("saved")),
    "generation_complete": (_none, _of_artifact("complete")),
    "generation_error": (_none, _of_artifact("error")),
    **{f"{kind}_generation_started": (_none, _media("started")) for kind in _MODALITIES},
    **{f"{kind}_generation_progress": (_none, _media("in_progress")) for kind in _MODALITIES},
    **{f"{kind}_generation_complete": (_none, _media("complete")) for kind in _MODALITIES},
}
