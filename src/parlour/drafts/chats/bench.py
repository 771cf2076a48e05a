"""Where the values of a generated or customised chat are made: from the scenario, and from what the draft has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from parlour.drafts import actions
from parlour.drafts.artifacts import OTHER_ENTRIES
from parlour.drafts.chats import kinds
from parlour.drafts.chats.kinds import Answered, Scene
from parlour.drafts.chats.material import apply, published_of, template_of, without
from parlour.drafts.chats.prompt import Context, draft_request
from parlour.drafts.entities import Basis, Draft, Run
from parlour.drafts.making import Conclusion, Kept, Made, Receipt, Slot, TaskError, Wanted
from parlour.drafts.registry import Fields, fields_of
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from parlour.turns.ports import Request, ToolCall

NO_ENGINE = "No model here makes this."
MESSAGES_MAX = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatBench:
    """A `drafts.making.Bench`: what is there is a scene, read once for each job."""

    scene: Scene
    context: Context
    settled: Mapping[str, Sequence[str]]

    def slots(self, type_name: str) -> Sequence[Slot]:
        """As many as the author wrote; what the template settles is linked."""
        if type_name in self.settled:
            ids = self.settled[type_name]
            return [Slot(number=number, of=len(ids), about={"link": each}) for number, each in enumerate(ids)]
        if type_name in OTHER_ENTRIES:
            return ()
        if type_name not in kinds.MADE_TYPES:
            raise TaskError("model", NO_ENGINE)
        return kinds.plan(type_name, self.scene)

    def request(self, wanted: Wanted) -> Request | str:
        """One request a value; what is linked needs none."""
        if wanted.type in self.settled:
            return "{}"
        return draft_request(wanted, self.scene, self.context)

    def fields(self, type_name: str) -> Fields:
        """Those of Appendix A."""
        return {} if type_name in self.settled else fields_of(type_name)

    def read(self, type_name: str, slot: Slot, text: str) -> object:
        """The answer within its bounds."""
        return Answered() if type_name in self.settled else kinds.read(type_name, text, self.scene)

    def use_tool(self, tx: Tx, call: ToolCall) -> str:
        """Chats are made from what the request carries: there are no tools."""
        return f"There is no tool {call.name}."

    async def complete(self, type_name: str, slot: Slot, answered: object, receipt: Receipt) -> object:
        """Nothing is added."""
        return answered

    def keep(self, tx: Tx, draft: Draft, made: Made) -> Kept:
        """The value in the draft's values."""
        if made.type in self.settled:
            linked = str(made.slot.about["link"])
            return Kept(body=draft.chat, value_id=linked, fields={}, generated=False)
        value = kinds.made(made.type, made.slot, cast("Answered", made.answered), made.fresh_id)
        values = kinds.add(draft.chat.values, made.slot, value, made.type, self.scene)
        fields = kinds.shown(made.type, value, made.fresh_id)
        return Kept(body=replace(draft.chat, values=values), value_id=made.fresh_id, fields=fields)


class ChatWorkshop:
    """A `drafts.making.Workshop` for chats. `may_see`: whether an account is still told what learners are not."""

    def __init__(self, may_see: Callable[[Tx, AccountId, Basis], bool]) -> None:
        self._may_see = may_see

    def bench(self, tx: Tx, run: Run, draft: Draft) -> ChatBench | None:
        """None if the template is gone, or if who asked teaches it no more."""
        if not self.allows(tx, run, draft):
            return None
        template = template_of(tx, draft.chat.basis)
        published = published_of(tx, template) if template else None
        if template is None or published is None:
            return None
        now = apply(draft.chat.values, without(published, run.order.types))
        settled: dict[str, Sequence[str]] = {
            "departments": published.scenario.department_ids,
            "scenarios": (published.scenario.id,),
            "parameters": tuple(each.id for each in published.scenario.parameters),
            "fields": tuple(each.id for each in published.scenario.parameters),
            "templates": (template.id,),
        }
        return ChatBench(
            scene=Scene(published=published, now=now, seed=run.id), context=_context(tx, run), settled=settled
        )

    def allows(self, tx: Tx, run: Run, draft: Draft) -> bool:
        """Learners see nothing that they must not; who sees all teaches it."""
        return run.order.redacted or self._may_see(tx, run.account_id, draft.chat.basis)

    def conclude(self, tx: Tx, run: Run, draft: Draft) -> Conclusion:
        """The draft is what was asked for: a chat opens with it when its owner goes on."""
        return Conclusion(artifact_id=draft.artifact_id, saved=run.order.save)


def _context(tx: Tx, run: Run) -> Context:
    said = actions.said_in(tx, run.group_id, MESSAGES_MAX)
    instructions = [each.content for each in said if each.run_id == run.id and each.role == "user"]
    redacted = run.order.redacted
    before = (each for each in said if each.run_id != run.id and (each.role == "user" or not redacted))
    earlier = [{"role": each.role, "content": each.content} for each in (*before, *run.order.extra)]
    return Context(instructions=instructions, earlier=earlier, redacted=redacted)
