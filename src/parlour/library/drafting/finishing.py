"""Publishing a draft by hand: nothing may be at work in it, and where two must agree, they do."""

from parlour.drafts import actions as drafts
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import Refusal
from parlour.library.drafting.holding import draft_to_write
from parlour.library.publishing import Published, Publishing, publish
from parlour.storage.tx import Tx


def finish(tx: Tx, actor: Actor, wanted: Publishing) -> Published:
    """Publish what a draft says and close it.

    Raises as `holding.draft_to_write` and `publishing.publish`; `generation_running` while a model writes into it.
    """
    draft_to_write(tx, actor, wanted.draft_id, wanted.expected_version)
    if any(run.state == "running" for run in drafts.runs_of_draft(tx, wanted.draft_id)):
        raise Refusal("generation_running", "A model is still writing into this draft. Wait for it, or cancel it.")
    return publish(tx, actor, wanted)
