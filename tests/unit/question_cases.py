"""Questions of every kind for tests, as they are stored."""

from dataclasses import replace

from parlour.kernel.ids import AccountId, PauseId
from parlour.pauses.entities import Body, Item, OperationShown, Option, Pause, QuestionKind

NAME = Item(key="experiment_name", label="Name")
DESCRIPTION = Item(key="experiment_description", label="Description", type="text")
DURATION = Item(key="experiment_duration", label="Duration", type="duration")
VISIBILITY = Item(key="visibility", label="Visibility", required=False, value="private", choices=("private", "lab"))
FILE = Item(key="file", label="File", type="file")
OPTIONS = tuple(
    Option(index=index, id=name, title=title)
    for index, (name, title) in enumerate(
        [("2401.00001", "Contacts to MoS2"), ("2402.00002", "Graphene, grown"), ("e3", "第三个实验")], start=1
    )
)
BODIES: dict[QuestionKind, Body] = {
    "authorize": Body(text="May I?", operation=OperationShown(tool="t", title="T", arguments={"a": 1}, digest="d")),
    "collect": Body(text="Please give:", items=(NAME, DESCRIPTION, DURATION)),
    "select": Body(text="Which?", options=OPTIONS, min=1, max=2),
    "verify": Body(text="Right?", items=(replace(NAME, value="X"), replace(DURATION, value="2h"), VISIBILITY)),
    "instruct": Body(text="I think:", proposal={"thought": "hm", "answer": "42"}),
    "comment": Body(text="I did:", proposal={"tool": "t", "arguments": {}, "outcome": "done", "output": "x"}),
}


def asked(kind: QuestionKind, body: Body | None = None) -> Pause:
    """An open question."""
    return Pause(
        id=PauseId("q"),
        account_id=AccountId("ada"),
        subject="t",
        kind=kind,
        body=body or BODIES[kind],
        on_expiry="deny",
        state="open",
        message_id="m",
        assigned_to=None,
        assigned_user=None,
        answered_by=None,
        answered_user=None,
        answer=None,
        answer_message_id=None,
        answer_error=None,
        created_at=0,
        delivered_at=None,
        deadline_at=None,
        settled_at=None,
    )
