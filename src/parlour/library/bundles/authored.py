"""Bundles for authors: what one may carry out of the library, and questions into a draft of one's own."""

import binascii
from base64 import b64decode
from collections.abc import Sequence

from parlour.catalog import shelf
from parlour.catalog.entities import Scenario
from parlour.drafts.entities import Draft
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Fault, Refusal, forbidden, invalid
from parlour.library import access
from parlour.library.bundles.exporting import Content, of_artifact
from parlour.library.bundles.gift import read_gift
from parlour.library.bundles.given import GivenFormat
from parlour.library.bundles.qti import read_qti
from parlour.library.bundles.quiz import QuizFaults, QuizQuestion, of_scenario
from parlour.library.drafting.changing import Changing, change
from parlour.library.drafting.holding import draft_to_write
from parlour.library.drafting.rules import DraftRules
from parlour.library.drafting.sheet import Operation
from parlour.storage.tx import Tx

FAULTS_MAX = 20
_ZIP_BASE64 = "UEsDB"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """Questions for a draft; None for the version: whichever it has."""

    draft_id: str
    questions: Sequence[QuizQuestion]
    expected_version: int | None = None


def exported(tx: Tx, actor: Actor, artifact_id: str) -> Content:
    """An artifact with what it needs, for somebody who may read all of it.

    Raises `not_found`, and `forbidden` if it uses what the actor may not read.
    """
    access.artifact_to_read(tx, actor, artifact_id)
    content = of_artifact(tx, artifact_id, alone=True)
    for content_id in content.ids.values():
        held = access.held(tx, None, content_id)
        if held is not None and not access.may_read(actor, held):
            raise forbidden()
    return content


def questions_of(tx: Tx, actor: Actor, artifact_id: str) -> tuple[QuizQuestion, ...]:
    """The quiz questions of a scenario. Raises `not_found`, and `invalid_request` for any other artifact."""
    access.artifact_to_read(tx, actor, artifact_id)
    item = shelf.item_of(tx, artifact_id)
    if item is None or not isinstance(item.content, Scenario):
        raise invalid("/artifact_id", "only a scenario has questions")
    return of_scenario(item.content.questions)


def questions_in(text: str, given: GivenFormat) -> tuple[QuizQuestion, ...]:
    """The questions in GIFT or QTI; of a zip package its base64. Raises `invalid_request` with line and reason of each
    that cannot be asked here."""
    try:
        if given == "gift" or (given == "auto" and not text.lstrip().startswith(("<", _ZIP_BASE64))):
            return read_gift(text)
        if text.lstrip().startswith(_ZIP_BASE64):
            return read_qti(b64decode("".join(text.split()), validate=True))
        return read_qti(text.lstrip("\ufeff \t\r\n").encode())
    except QuizFaults as faults:
        found = [str(each) for each in faults.faults]
        more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
        raise Refusal(
            "invalid_request",
            f"The questions cannot be taken: {found[0]}{more}.",
            faults=tuple(Fault("/text", each) for each in found[:FAULTS_MAX]),
        ) from None
    except (binascii.Error, ValueError):
        raise invalid("/text", "a zip package must be base64") from None


def ask(tx: Tx, actor: Actor, asking: Asking, rules: DraftRules) -> Draft:
    """Add questions to a draft of a scenario. Raises as `drafting.changing.change`."""
    draft = draft_to_write(tx, actor, asking.draft_id, asking.expected_version)
    if draft.artifact_type != "scenario":
        raise invalid("/draft_id", "only a scenario has questions")
    operations = [
        Operation(
            op="add",
            type="questions",
            fields={
                "question_text": each.text,
                "allow_multiple": each.allow_multiple,
                "times": [],
                "options": [{"option_text": option.text, "is_correct": option.correct} for option in each.options],
            },
        )
        for each in asking.questions
    ]
    changing = Changing(draft_id=asking.draft_id, expected_version=asking.expected_version, operations=operations)
    return change(tx, actor, changing, rules)
