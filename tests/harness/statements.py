"""xAPI 1.0.3 statements held against the specification, by hand: what is required, what is allowed, of which type."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
ANY_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
IRI = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)
DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

MEMBERS = {
    "id", "actor", "verb", "object", "result", "context", "timestamp", "stored", "authority", "version", "attachments"
}  # fmt: skip
CONTEXT = {
    "registration", "instructor", "team", "contextActivities", "revision", "platform", "language", "statement",
    "extensions",
}  # fmt: skip
DEFINITION = {
    "name", "description", "type", "moreInfo", "extensions", "interactionType", "correctResponsesPattern", "choices"
}  # fmt: skip
RESULT = {"score", "success", "completion", "response", "duration", "extensions"}
Json = Mapping[str, Any]


def only(found: Json, allowed: set[str], required: Iterable[str] = ()) -> None:
    """No member but these, none of them null, and the required ones among them (2.2: no nulls)."""
    assert set(found) <= allowed, set(found) - allowed
    assert set(required) <= set(found), set(required) - set(found)
    assert None not in found.values(), found


def language_map(found: Json) -> None:
    """RFC 5646 tags and texts."""
    assert found
    assert all(LANGUAGE.fullmatch(tag) and isinstance(text, str) for tag, text in found.items()), found


def agent(found: Json) -> None:
    """2.4.2.1: an agent with exactly one identifier, here an account; no e-mail."""
    only(found, {"objectType", "name", "account"}, ["account"])
    assert found.get("objectType", "Agent") == "Agent"
    only(found["account"], {"homePage", "name"}, ["homePage", "name"])
    assert IRI.fullmatch(found["account"]["homePage"])
    assert "@" not in found["account"]["name"]


def activity(found: Json) -> None:
    """2.4.4.1."""
    only(found, {"objectType", "id", "definition"}, ["id"])
    assert found.get("objectType", "Activity") == "Activity"
    assert IRI.fullmatch(found["id"]), found["id"]
    definition = found.get("definition", {})
    only(definition, DEFINITION)
    for name in ("name", "description"):
        if name in definition:
            language_map(definition[name])
    assert IRI.fullmatch(definition["type"])
    if "interactionType" in definition:
        assert definition["interactionType"] == "choice"
        ids = [choice["id"] for choice in definition["choices"]]
        assert len(set(ids)) == len(ids)
        for choice in definition["choices"]:
            only(choice, {"id", "description"}, ["id"])
            language_map(choice["description"])
        for pattern in definition.get("correctResponsesPattern", []):
            assert set(pattern.split("[,]")) <= set(ids)
    else:
        assert not {"choices", "correctResponsesPattern"} & set(definition)


def result(found: Json) -> None:
    """2.4.5."""
    only(found, RESULT)
    for name in ("success", "completion"):
        assert isinstance(found.get(name, True), bool)
    assert isinstance(found.get("response", ""), str)
    assert DURATION.fullmatch(found.get("duration", "PT0S")), found["duration"]
    score = found.get("score")
    if score is not None:
        only(score, {"scaled", "raw", "min", "max"})
        assert all(isinstance(value, int | float) and not isinstance(value, bool) for value in score.values())
        assert -1 <= score["scaled"] <= 1
        if "max" in score:
            assert score["min"] < score["max"]
            assert score["min"] <= score["raw"] <= score["max"]


def statement(found: Json) -> None:
    """2.2: a whole statement as a provider may send it."""
    only(found, MEMBERS, ["id", "actor", "verb", "object"])
    assert UUID.fullmatch(found["id"])
    agent(found["actor"])
    only(found["verb"], {"id", "display"}, ["id"])
    assert IRI.fullmatch(found["verb"]["id"])
    language_map(found["verb"]["display"])
    activity(found["object"])
    if "result" in found:
        result(found["result"])
    context = found.get("context", {})
    only(context, CONTEXT)
    assert ANY_UUID.fullmatch(context["registration"])
    for kind, activities in context.get("contextActivities", {}).items():
        assert kind in ("parent", "grouping", "category", "other")
        assert isinstance(activities, list)
        for each in activities:
            activity(each)
    assert TIME.fullmatch(found["timestamp"])


def statements(found: Any) -> dict[str, list[Json]]:
    """A list of statements, each as it must be and with an id of its own: by the last part of their verb."""
    assert isinstance(found, list)
    assert len({each["id"] for each in found}) == len(found)
    by_verb: dict[str, list[Json]] = {}
    for each in found:
        statement(each)
        by_verb.setdefault(each["verb"]["id"].rpartition("/")[2], []).append(each)
    return by_verb
