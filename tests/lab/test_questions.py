"""Questions over HTTP: listed, read, answered once, assigned; not there for anybody else (lab protocol 6.6 to 6.9)."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import jsonschema
import pytest

from parlour.assistant.accepting import actions as accepting
from parlour.assistant.accepting.entities import Said
from parlour.assistant.entities import Reference
from parlour.assistant.messages import turns
from parlour.assistant.questions import actions
from parlour.assistant.questions.entities import Field, NewQuestion
from parlour.assistant.tools.ports import Operation
from parlour.audit import actions as audit
from parlour.audit.entities import Wanted
from parlour.kernel.ids import AccountId
from parlour.settings.lab import LabLimits
from parlour.storage.tx import Tx
from tests.lab.house import LabHouse, Member

HANDLE = f"files/{'a' * 22}/data.csv"
MAY_I = NewQuestion(
    kind="authorize",
    text="May I?",
    operation=Operation(tool="experiment_create", title="Create an experiment", arguments={"name": "X"}),
    references=(Reference(ref_type="web", title="a page", url="here"),),
)
COLLECT = NewQuestion(
    kind="collect",
    text="Please give:",
    fields=(
        Field(key="experiment_name", label="Name"),
        Field(key="experiment_duration", label="Duration", type="duration"),
    ),
)


def asked(lab: LabHouse, member: Member, new: NewQuestion = MAY_I) -> str:
    """A question of the member's turn, as a step of the loop would leave it."""

    def act(tx: Tx) -> str:
        who = AccountId(member.account_id)
        said = Said(account_id=who, author_id=who, route="test", kind="text", inner=False, text="please")
        started = accepting.accept(tx, said, LabLimits())
        tx.run("DELETE FROM jobs WHERE unique_key = :key", key=f"{turns.STEP}:{started.turn_id}")
        turn = turns.turn(tx, started.turn_id)
        assert turn is not None
        return actions.put(tx, turn, actions.worded(tx, turn, new))

    return lab.write(act)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.lab("D1")
async def test_a_question_is_listed_read_and_answered(lab: LabHouse) -> None:
    ada = lab.member()
    question_id = asked(lab, ada)
    async with lab.http(ada) as http:
        listed = (await http.get(f"/users/{ada.user_id}/questions")).json()["questions"]
        assert [each["question_id"] for each in listed] == [question_id]
        read = await http.get(f"/users/{ada.user_id}/questions/{question_id}")
        shown = read.json()
        assert {**shown, "expires_at": ""} == {**listed[0], "expires_at": ""}
        assert read.headers["cache-control"] == "no-store"
        assert (shown["kind"], shown["state"], shown["on_expiry"]) == ("authorize", "open", "deny")
        assert shown["operation"]["arguments"] == {"name": "X"}
        assert (shown["references"], shown["references_detail"][0]["url"]) == ({}, "here")
        assert shown["asked_at"].endswith("Z")
        assert shown["asked_at"] < shown["expires_at"]
        jsonschema.Draft202012Validator.check_schema(shown["answer_schema"])
        jsonschema.validate({"decision": "allow"}, shown["answer_schema"])
        path = f"/users/{ada.user_id}/questions/{question_id}/answer"
        wrong: list[tuple[Any, tuple[int, str]]] = [
            ({"answer": {"decision": "yes"}}, (422, "answer_invalid")),
            ({"answer": {"decision": "allow", "more": 1}}, (422, "answer_invalid")),
            ({"answer": {}}, (422, "answer_invalid")),
            ({"answer": {"decision": "\ud800"}}, (422, "validation")),
            ({"answer": {"decision": "deny", "note": "\ud800"}}, (422, "validation")),
            ({"answer": {"\ud800": "x"}}, (422, "validation")),
            ({"text": "\ud800"}, (422, "validation")),
            ({"text": "yes\0"}, (422, "validation")),
            ({"answer": "allow"}, (422, "answer_invalid")),
            ({}, (422, "validation")),
            ({"answer": {"decision": "allow"}, "text": "yes"}, (422, "validation")),
            ({"text": "x" * 32_001}, (422, "text_too_long")),
            ({"text": "yes", "more": 1}, (422, "unknown_field")),
            ([], (422, "validation")),
        ]
        for body, expected in wrong:
            sent = json.dumps(body)  # httpx sends no lone surrogates
            refused = await http.post(path, content=sent, headers={"content-type": "application/json"})
            assert code(refused) == expected, (body, refused.text)
        refused = await http.post(path, json={"answer": {"decision": "yes"}})
        assert refused.json()["errors"] == [
            {"pointer": "/answer/decision", "message": "is none of the possible values"}
        ]
        assert (await http.get(f"/users/{ada.user_id}/questions/{question_id}")).json()["state"] == "open"
        answered = await http.post(path, json={"answer": {"decision": "allow"}})
        assert answered.json() == {"question_id": question_id, "state": "answered", "answer": {"decision": "allow"}}
        assert code(await http.post(path, json={"answer": {"decision": "deny"}})) == (409, "question_closed")
        assert code(await http.post(path, json={"text": "yes"})) == (409, "question_closed")
        closed = (await http.get(f"/users/{ada.user_id}/questions/{question_id}")).json()
        assert (closed["state"], closed["answered_by"], closed["answer"]) == (
            "answered",
            ada.user_id,
            {"decision": "allow"},
        )
        assert (await http.get(f"/users/{ada.user_id}/questions")).json() == {"questions": []}
        every = (await http.get(f"/users/{ada.user_id}/questions", params={"state": "all"})).json()["questions"]
        assert [each["question_id"] for each in every] == [question_id]
        for query in ({"state": "closed"}, {"limit": "0"}, {"limit": "201"}, {"role": "x"}):
            refused = await http.get(f"/users/{ada.user_id}/questions", params=query)
            assert code(refused) == (422, "validation"), query
        refused = await http.get(f"/users/{ada.user_id}/questions", params={"more": "1"})
        assert code(refused) == (422, "unknown_field")


@pytest.mark.lab("D1", "D10")
@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ({"answer": {"values": {"experiment_duration": "90 min"}}}, {"values": {"experiment_duration": "1h30m"}}),
        ({"answer": {"abandon": True}}, {"abandon": True}),
        ({"text": "名称：接触\n时长：两小时"}, {"values": {"experiment_name": "接触", "experiment_duration": "2h"}}),
        ({"text": "算了"}, {"abandon": True}),
    ],
)
async def test_values_are_kept_in_one_form(lab: LabHouse, body: dict[str, Any], answer: dict[str, Any]) -> None:
    ada = lab.member()
    question_id = asked(lab, ada, COLLECT)
    async with lab.http(ada) as http:
        path = f"/users/{ada.user_id}/questions/{question_id}/answer"
        told = (await http.post(path, json=body)).json()
        assert told == {"question_id": question_id, "state": "answered", "answer": answer}


@pytest.mark.lab("D5")
async def test_of_two_devices_one_wins(lab: LabHouse) -> None:
    for _ in range(5):
        ada = lab.member()
        question_id = asked(lab, ada)
        path = f"/users/{ada.user_id}/questions/{question_id}/answer"
        async with lab.http(ada) as http:
            bodies: list[dict[str, Any]] = [{"answer": {"decision": "allow"}}, {"text": "no"}, {"text": "yes"}]
            answers = await asyncio.gather(*(http.post(path, json=body) for body in bodies))
            assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
            kept = (await http.get(f"/users/{ada.user_id}/questions/{question_id}")).json()["answer"]
            assert [answer.json()["answer"] for answer in answers if answer.status_code == 200] == [kept]


@pytest.mark.lab("D5", "B8")
async def test_the_same_key_gives_the_same_answer_again(lab: LabHouse) -> None:
    ada = lab.member()
    question_id = asked(lab, ada)
    path = f"/users/{ada.user_id}/questions/{question_id}/answer"
    async with lab.http(ada, headers={"idempotency-key": "1"}) as http:
        first = await http.post(path, json={"answer": {"decision": "deny", "note": "later"}})
        again = await http.post(path, json={"answer": {"note": "later", "decision": "deny"}})
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        assert again.headers["idempotency-replayed"] == "true"
        assert code(await http.post(path, json={"answer": {"decision": "allow"}})) == (409, "idempotency_conflict")


@pytest.mark.lab("D8", "D12")
async def test_an_assignee_answers_under_their_own_id_and_nobody_else(lab: LabHouse) -> None:
    ada, lin, eve = lab.member(), lab.member(), lab.member()
    new = replace(MAY_I, references=(Reference(ref_type="file", title="data.csv", file=HANDLE, size=7),))
    question_id = asked(lab, ada, new)
    read = f"/users/{{}}/questions/{question_id}"
    async with lab.http(ada) as owner, lab.http(lin) as colleague, lab.http(eve) as other:

        async def assign(to: object, **more: Any) -> httpx.Response:
            return await owner.post(f"{read.format(ada.user_id)}/assign", json={"to": to, **more})

        unknown = await other.get(f"/users/{eve.user_id}/questions/nothing")
        assert code(await colleague.get(read.format(lin.user_id))) == (404, "not_found")
        assigned = await assign(lin.user_id, note="Please look at it.")
        assert (assigned.json()["assigned_to"], assigned.json()["note"]) == (lin.user_id, "Please look at it.")
        for client, name in ((colleague, ada.user_id), (other, ada.user_id), (other, eve.user_id)):
            refused = await client.get(read.format(name))
            assert code(refused) == (404, "not_found")
            answer = await client.post(f"{read.format(name)}/answer", json={"answer": {"decision": "allow"}})
            assert code(answer) == (404, "not_found")
        assert (await other.get(read.format(eve.user_id))).json() == unknown.json()
        assert code(await colleague.post(f"{read.format(lin.user_id)}/assign", json={"to": None})) == (404, "not_found")
        params = {"role": "assignee"}
        listed = (await colleague.get(f"/users/{lin.user_id}/questions", params=params)).json()["questions"]
        assert [each["question_id"] for each in listed] == [question_id]
        assert (await colleague.get(f"/users/{lin.user_id}/questions")).json() == {"questions": []}
        assert (await colleague.get(read.format(lin.user_id))).json()["references"] == {HANDLE: 7}
        assert (await assign(None)).json()["assigned_to"] is None
        assert code(await colleague.get(read.format(lin.user_id))) == (404, "not_found")
        await assign(lin.user_id)
        answer = await colleague.post(f"{read.format(lin.user_id)}/answer", json={"text": "yes"})
        assert answer.json() == {"question_id": question_id, "state": "answered", "answer": {"decision": "allow"}}
        late = await owner.post(f"{read.format(ada.user_id)}/answer", json={"answer": {"decision": "deny"}})
        assert code(late) == (409, "question_closed")
        assert (await owner.get(read.format(ada.user_id))).json()["answered_by"] == lin.user_id
        assert code(await assign(eve.user_id)) == (409, "question_closed")
    rows = lab.read(lambda tx: audit.list_rows(tx, Wanted(subject=question_id)))
    assert [(row.action, row.actor, row.route) for row in rows] == [
        ("question.asked", None, "turn"),
        ("question.assigned", ada.account_id, "POST /users/{id}/questions/{question_id}/assign"),
        ("question.delivered", lin.account_id, "GET /users/{id}/questions"),
        *[("question.assigned", ada.account_id, "POST /users/{id}/questions/{question_id}/assign")] * 2,
        ("question.answered", lin.account_id, "POST /users/{id}/questions/{question_id}/answer"),
    ]
    assert lab.read(audit.verify) is None


async def test_what_cannot_be_assigned(lab: LabHouse) -> None:
    ada = lab.member()
    question_id = asked(lab, ada)
    path = f"/users/{ada.user_id}/questions/{question_id}/assign"
    async with lab.http(ada) as http:
        for body, expected in (
            ({"to": "nobody at all"}, (404, "not_found")),
            ({"to": ada.user_id}, (422, "validation")),
            ({"to": "x" * 201}, (422, "validation")),
            ({}, (422, "validation")),
            ({"to": None, "note": "x" * 1_001}, (422, "validation")),
            ({"to": None, "note": "\0"}, (422, "validation")),
            ({"to": None, "more": 1}, (422, "unknown_field")),
        ):
            assert code(await http.post(path, json=body)) == expected, body


async def test_an_admin_acts_in_the_owners_place_and_is_named(lab: LabHouse) -> None:
    ada, root = lab.member(), lab.member(role="admin")
    question_id = asked(lab, ada)
    async with lab.http(root) as http:
        path = f"/users/{ada.user_id}/questions/{question_id}"
        assert (await http.get(path)).status_code == 200
        assert (await http.post(f"{path}/answer", json={"text": "no"})).json()["answer"] == {"decision": "deny"}
        assert (await http.get(path)).json()["answered_by"] == root.user_id
