"""xAPI 1.0.3 statements, for a learning record store.

The id of a statement follows from what it is about, so sending an export again doubles nothing; a
new grade makes new statements. The actor is an account of this server, never an e-mail address.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from parlour.attempts import detail_shapes as shapes
from parlour.attempts.exports.records import Record, Response
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import named_id

PLATFORM = "Parlour"
VERB = "http://adlnet.gov/expapi/verbs/"
ACTIVITY = "http://adlnet.gov/expapi/activities/"
NAME_CHARACTERS_MAX = 1000

Members = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Event:
    """What a statement says besides its actor and context. `names` make its id."""

    names: tuple[str, ...]
    verb: str
    about: Members
    at: str
    result: Members | None = None
    parent: Members | None = None


def statements(record: Record, home_page: str) -> list[bytes]:
    """The statements of an attempt, each as JSON. `home_page` is the address of the server, ending in `/`."""
    return [msgspec.json.encode(_statement(record, home_page, event)) for event in _events(record, home_page)]


def duration(seconds: int) -> str:
    """Whole seconds as an ISO 8601 duration."""
    return f"PT{max(seconds, 0)}S"


def _statement(record: Record, home_page: str, event: _Event) -> Members:
    attempt = record.attempt
    actor: Members = {
        "objectType": "Agent",
        "account": {"homePage": home_page, "name": attempt.account_id},
    }
    if name := record.detail.attempt.profile_name:
        actor["name"] = name
    context: Members = {"registration": attempt.id, "platform": PLATFORM}
    if event.parent is not None:
        context["contextActivities"] = {"parent": [event.parent]}
    said: Members = {
        "id": named_id("xapi", attempt.id, event.verb, *event.names),
        "actor": actor,
        "verb": {"id": VERB + event.verb, "display": {"en": event.verb}},
        "object": event.about,
        "context": context,
        "timestamp": event.at,
    }
    return said | ({"result": event.result} if event.result is not None else {})


def _events(record: Record, home_page: str) -> Iterator[_Event]:
    attempt = record.attempt
    whole = _activity(home_page, ("simulations", attempt.simulation_id), "simulation", attempt.name)
    yield _Event(names=(), verb="attempted", about=whole, at=record.detail.attempt.created_at)
    for chat in record.chats:
        part = _activity(home_page, ("scenarios", chat.scenario_id), "interaction", chat.title)
        yield _Event(names=(chat.id,), verb="initialized", about=part, at=chat.created_at, parent=whole)
        for response in record.responses(chat):
            yield _answered(home_page, part, response)
        if chat.completed_at:
            yield _Event(
                names=(chat.id,),
                verb="completed",
                about=part,
                at=chat.completed_at,
                result={"completion": True} | _taken(chat),
                parent=whole,
            )
        if chat.grade and chat.grade.score is not None:
            yield from _graded(record, chat, chat.grade, (part, whole))
    if record.ended_at:
        yield _ended(record, whole, record.ended_at)


def _graded(
    record: Record, chat: shapes.Chat, grade: shapes.Grade, activities: tuple[Members, Members]
) -> Iterator[_Event]:
    part, whole = activities
    at = record.graded_at.get(grade.id) or chat.completed_at or chat.created_at
    result: Members = {"score": _score(grade.score or 0, grade.total_points)}
    names = (chat.id, grade.id)
    yield _Event(names=names, verb="scored", about=part, at=at, result=result, parent=whole)
    judged = result | {"success": bool(grade.passed), "completion": chat.completed} | _taken(chat)
    verb = "passed" if grade.passed else "failed"
    yield _Event(names=names, verb=verb, about=part, at=at, result=judged, parent=whole)


def _ended(record: Record, whole: Members, at: str) -> _Event:
    sums = record.detail.aggregated_results
    result: Members = {
        "completion": sums.chats_completed >= sums.total_chats,
        "duration": duration(record.detail.timer.elapsed),
    }
    grades = [chat.grade.id for chat in record.chats if chat.grade and chat.grade.score is not None]
    if sums.total_possible_points:
        score = min(sums.total_score, sums.total_possible_points)
        result |= {"score": _score(score, sums.total_possible_points), "success": sums.passed}
    return _Event(names=tuple(grades), verb="completed", about=whole, at=at, result=result)


def _answered(home_page: str, part: Members, response: Response) -> _Event:
    definition: Members = {
        "type": f"{ACTIVITY}cmi.interaction",
        "interactionType": "choice",
        "name": _text(response.question_text),
        "choices": [{"id": key, "description": _text(text)} for key, text in response.options.items()],
    }
    if response.correct_option_ids is not None:
        definition["correctResponsesPattern"] = [_pattern(response.correct_option_ids)]
    about: Members = {
        "objectType": "Activity",
        "id": f"{home_page}xapi/questions/{response.question_id}",
        "definition": definition,
    }
    return _Event(
        names=(response.id,),
        verb="answered",
        about=about,
        at=response.created_at,
        result={"response": _pattern(response.option_ids), "success": response.is_correct},
        parent=part,
    )


def _activity(home_page: str, path: tuple[str, str], kind: str, name: str) -> Members:
    definition: Members = {"type": ACTIVITY + kind, "name": _text(name)}
    return {"objectType": "Activity", "id": f"{home_page}xapi/{path[0]}/{path[1]}", "definition": definition}


def _score(raw: int, most: int) -> Mapping[str, object]:
    scaled = round(raw / most, 4) if most else 0.0
    return {"scaled": scaled, "raw": raw, "min": 0, "max": most} if most else {"scaled": scaled, "raw": raw}


def _taken(chat: shapes.Chat) -> Members:
    taken = chat.grade.time_taken if chat.grade else None
    return {"duration": duration(taken)} if taken is not None else {}


def _pattern(option_ids: Sequence[str]) -> str:
    return "[,]".join(option_ids)


def _text(text: str) -> Mapping[str, str]:
    return {"und": text[:NAME_CHARACTERS_MAX]}
