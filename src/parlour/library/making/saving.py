"""Publishing what a run has made (Glow 6.10.4): the artifact is stored, or the run fails and the draft stays."""

from parlour.accounts import actions as accounts
from parlour.drafts.entities import Draft, Failure, FailureAt, Run
from parlour.drafts.making import Conclusion
from parlour.kernel.refusals import Refusal, forbidden
from parlour.library.publishing import Publishing, publish
from parlour.settings.authoring import AuthoringSettings
from parlour.storage.tx import Tx


def published(tx: Tx, run: Run, draft: Draft, rules: AuthoringSettings) -> Conclusion:
    """How the run ends. What publishing refuses is told as `generation_error`, with its code and its faults."""
    actor = accounts.actor_by_id(tx, run.account_id)
    wanted = Publishing(draft_id=draft.id, expected_version=draft.version, two_person=rules.two_person)
    try:
        if actor is None:
            raise forbidden()
        done = publish(tx, actor, wanted)
    except Refusal as refusal:
        faults = tuple(FailureAt(pointer=each.pointer, message=each.message) for each in refusal.faults)
        return Conclusion(failure=Failure(code=refusal.code, text=refusal.text, errors=faults))
    return Conclusion(artifact_id=done.artifact_id, saved=True)
