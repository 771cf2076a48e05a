"""What a client makes of an attempt: a snapshot, and the events after it, by the rules of Glow 9.2 alone.

`Picture` holds what events can change: chats and their states, messages with contents, hints and
branches, grades with their items, quiz answers, and where the attempt stands. Applying an event twice
changes nothing, so the events of the person room, which have no place in the snapshot, do no harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Grade:
    """A grade and its items by id. `state` as in the detail; what is not known yet is None."""

    state: str = "pending"
    score: int | None = None
    passed: bool | None = None
    total_points: int | None = None
    pass_points: int | None = None
    source: str | None = None
    summary: str | None = None
    items: dict[str, tuple[object, ...]] = field(default_factory=dict)


@dataclass
class Chat:
    """A chat. `copied`: made of an earlier one, so that its words were never told (Glow 7.14)."""

    completed: bool = False
    copied: bool = False
    messages: dict[str, Json] = field(default_factory=dict)
    grades: dict[str, Grade] = field(default_factory=dict)
    responses: dict[str, Json] = field(default_factory=dict)
    speaking: dict[str, str] = field(default_factory=dict)  # bubbles that are open: the words so far


@dataclass
class Picture:
    """An attempt as a client has it."""

    attempt_id: str
    active: bool = True
    chats: dict[str, Chat] = field(default_factory=dict)
    applied: int = 0

    # --- from a snapshot ---

    @classmethod
    def of(cls, detail: Json) -> "Picture":
        """The part of an attempt detail that events can change."""
        made = cls(attempt_id=detail["attempt"]["id"], active=detail["is_active"])
        for shown in detail["entries"]["attempt_chat"]:
            chat = made.chats[shown["id"]] = Chat(
                completed=shown["completed"], copied=shown["source_chat_id"] is not None
            )
            if shown["grade"]:
                chat.grades[shown["grade"]["id"]] = _grade_of(detail, shown)
            for row in shown["responses"]:
                known = chat.responses.setdefault(row["response_id"], _response(row))
                known["option_ids"].append(row["option_id"])
        for message in detail["entries"]["attempt_message"]:
            made.chats[message["chat_id"]].messages[message["id"]] = {
                "type": message["type"],
                "parent": message["parent_message_id"],
                "status": message["status"],
                "contents": [(each["persona_id"], each["content"]) for each in message["contents"]],
                "hints": {hint["id"]: (hint["idx"], hint["hint"]) for hint in message["hints"]},
                "number": message["number"],
            }
        return made

    # --- from events ---

    def hear(self, name: str, payload: Json) -> None:
        """Apply an event, if it is about this attempt."""
        chat_id = payload.get("chat_id")
        if payload.get("attempt_id") == self.attempt_id and name in ("attempt_chat_started", "attempt_chat_ended"):
            self.chats.setdefault(payload["chat_id"], Chat(copied=name == "attempt_chat_ended"))
        if name == "attempt_ended" and payload["attempt_id"] == self.attempt_id:
            self.active = False
            self.applied += 1
        chat = self.chats.get(chat_id or "")
        act = getattr(self, f"_{name}", None)
        if chat is not None and act is not None:
            act(chat, payload)
            self.applied += 1

    def _attempt_chat_ended(self, chat: Chat, payload: Json) -> None:
        chat.completed = True
        if payload["grade_id"]:
            chat.grades.setdefault(payload["grade_id"], Grade())

    def _attempt_user_start(self, chat: Chat, payload: Json) -> None:
        chat.speaking[payload["message_id"]] = ""

    def _attempt_user_delta(self, chat: Chat, payload: Json) -> None:
        chat.speaking[payload["message_id"]] = payload["transcript"]

    def _attempt_user_complete(self, chat: Chat, payload: Json) -> None:
        """Nothing but the end of a bubble without content; of a message that is there, words that were corrected."""
        chat.speaking.pop(payload["message_id"], None)
        if not payload["content"]:
            return
        message = chat.messages.setdefault(
            payload["message_id"],
            {
                "type": "query",
                "parent": payload["parent_message_id"],
                "status": "complete",
                "contents": [],
                "hints": {},
                "number": len(chat.messages) + 1,
            },
        )
        message["contents"] = [(payload["persona_id"], payload["content"])]

    def _attempt_assistant_start(self, chat: Chat, payload: Json) -> None:
        chat.messages.setdefault(
            payload["message_id"],
            {
                "type": "response",
                "parent": payload["parent_message_id"],
                "status": "streaming",
                "contents": [],
                "hints": {},
                "number": len(chat.messages) + 1,
            },
        )

    def _attempt_progress(self, chat: Chat, payload: Json) -> None:
        message = chat.messages[payload["message_id"]]
        text = "" if payload["content_type"] == "reset" else text_of(message["contents"]) + payload["content"]
        message["contents"] = [(payload.get("persona_id"), text)]

    def _attempt_assistant_complete(self, chat: Chat, payload: Json) -> None:
        message = chat.messages[payload["message_id"]]
        said = [(each["persona_id"], each["content"]) for each in payload["contents"]]
        told = text_of(message["contents"])
        assert told == payload["content"], f"the pieces made {told!r}, the message is {payload['content']!r}"
        message |= {"status": payload["status"], "contents": said}

    def _attempt_hint_progress(self, chat: Chat, payload: Json) -> None:
        hints = chat.messages[payload["message_id"]]["hints"]
        hints |= {hint["id"]: (hint["idx"], hint["hint"]) for hint in payload["hints"]}

    def _attempt_grading_progress(self, chat: Chat, payload: Json) -> None:
        if payload.get("branch_message_id"):
            return
        grade = chat.grades.setdefault(payload["grade_id"], Grade())
        if payload["entry"]:
            grade.items[payload["entry"]["id"]] = _item("feedbacks", payload["entry"])

    def _attempt_content_progress(self, chat: Chat, payload: Json) -> None:
        if payload.get("branch_message_id"):
            return
        grade = chat.grades.setdefault(payload["grade_id"], Grade())
        grade.items[payload["entry"]["id"]] = _item(payload["resource_type"], payload["entry"])

    def _attempt_graded(self, chat: Chat, payload: Json) -> None:
        if payload.get("branch_message_id"):
            return
        grade = chat.grades.setdefault(payload["grade_id"], Grade())
        grade.state, grade.summary = "done", payload["feedback"]
        for name in ("score", "passed", "total_points", "pass_points", "source"):
            setattr(grade, name, payload[name])

    def _attempt_response_result(self, chat: Chat, payload: Json) -> None:
        chat.responses.setdefault(
            payload["response_id"],
            {
                "question_id": payload["question_id"],
                "is_correct": payload["is_correct"],
                "scored": payload["scored"],
                "option_ids": list(payload["option_ids"]),
            },
        )

    # --- to compare ---

    def shown(self) -> Json:
        """What is compared: derived values (siblings, active path, the grade that counts) are made here anew."""
        chats = {key: _shown_chat(chat) for key, chat in self.chats.items()}
        return {"active": self.active, "chats": chats}


def derived(detail: Json) -> Mapping[str, tuple[object, ...]]:
    """What the server derived for every message of chats that were not copied: index, count, on the active path."""
    copied = {chat["id"] for chat in detail["entries"]["attempt_chat"] if chat["source_chat_id"]}
    return {
        each["id"]: (each["sibling_index"], each["sibling_count"], each["on_active_path"])
        for each in detail["entries"]["attempt_message"]
        if each["chat_id"] not in copied
    }


def own_derived(picture: Picture) -> Mapping[str, tuple[object, ...]]:
    """The same from the tree that the client has (Glow 6.3.4)."""
    found: dict[str, tuple[object, ...]] = {}
    for chat in picture.chats.values():
        if chat.copied:
            continue
        ordered = sorted(chat.messages.items(), key=lambda each: each[1]["number"])
        parents = {message["parent"] for _, message in ordered}
        at = next((key for key, _ in reversed(ordered) if key not in parents), None)
        path: set[str] = set()
        while at is not None:
            path.add(at)
            at = chat.messages[at]["parent"]
        for key, message in ordered:
            same = [
                other for other, one in ordered if (one["parent"], one["type"]) == (message["parent"], message["type"])
            ]
            found[key] = (same.index(key), len(same), key in path)
    return found


def is_seen(detail: Json, payload: Json) -> bool:
    """Whether a snapshot has seen an event: it has what stands in a chat's log up to its `room`, and no more (10.2)."""
    heads = {f"chat:{chat['id']}": chat["room"]["seq"] for chat in detail["entries"]["attempt_chat"]}
    meta = payload["_meta"]
    return all(place["seq"] <= heads.get(place["room"], place["seq"]) for place in (meta, *meta.get("also", ())))


def text_of(contents: list[tuple[object, str]]) -> str:
    """Several speakers are parted by a blank line (Glow 6.3.1)."""
    return "\n\n".join(text for _, text in contents)


def _shown_chat(chat: Chat) -> Json:
    done = [key for key, grade in chat.grades.items() if grade.state == "done"]
    counting = max(done or chat.grades, default=None)  # ids are in the order of time
    grade = chat.grades[counting] if counting else None
    if chat.copied:
        return {"copied": True, "completed": chat.completed, "grade": counting, "score": grade and grade.score}
    messages = {
        key: message
        | {
            "contents": [each for each in message["contents"] if each[1]],
            "hints": sorted(message["hints"].items()),
        }
        for key, message in chat.messages.items()
    }
    shown = vars(grade) | {"items": dict(sorted(grade.items.items()))} if grade else None
    if shown and shown["state"] == "pending":
        shown = {"state": "pending"}
    return {
        "completed": chat.completed,
        "messages": messages,
        "speaking": chat.speaking,
        "grade": (counting, shown),
        "responses": chat.responses,
    }


def _grade_of(detail: Json, shown: Json) -> Grade:
    grade = shown["grade"]
    items: dict[str, tuple[object, ...]] = {each["id"]: _item("feedbacks", each) for each in shown["feedbacks"]}
    items |= {each["id"]: _item("analyses", each) for each in shown["analyses"]}
    messages = [each for each in detail["entries"]["attempt_message"] if each["chat_id"] == shown["id"]]
    remarks = [(None, each) for each in shown["general_feedbacks"]]
    remarks += [(message["id"], each) for message in messages for each in message["feedbacks"]]
    for message_id, each in remarks:
        kind = "strengths" if each["type"] == "strength" else "improvements"
        items[each["id"]] = _item(kind, each | {"message_id": message_id})
        for highlight in each["highlights"]:
            items[highlight["id"]] = _item("highlights", highlight | {"strength_id": each["id"]})
        for better in each["replaces"]:
            items[better["id"]] = _item("replacements", better | {"improvement_id": each["id"]})
    return Grade(
        state=grade["state"],
        score=grade["score"],
        passed=grade["passed"],
        total_points=grade["total_points"],
        pass_points=grade["pass_points"],
        source=grade["source"],
        summary=grade["description"],
        items=items,
    )


def _item(kind: str, entry: Json) -> tuple[object, ...]:
    members = {
        "feedbacks": ("standard_group_id", "standard_id", "total", "feedback", "evidence", "unsupported"),
        "strengths": ("message_id", "name", "description"),
        "improvements": ("message_id", "name", "description"),
        "highlights": ("strength_id", "section", "idx"),
        "replacements": ("improvement_id", "section", "replace", "idx"),
        "analyses": ("content",),
    }[kind]
    return (kind, *(str(entry[name]) if name == "evidence" else entry[name] for name in members))


def _response(row: Json) -> Json:
    return {
        "question_id": row["question_id"],
        "is_correct": row["is_correct"],
        "scored": row["scored"],
        "option_ids": [],
    }
