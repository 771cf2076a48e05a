"""The bench of a run: a `drafts.making.Bench` for artifacts. What it does, the modules beside it say."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import msgspec

from parlour.accounts import actions as accounts
from parlour.drafts import actions as drafts
from parlour.drafts.artifacts import told_as
from parlour.drafts.entities import Draft
from parlour.drafts.making import Kept, Made, Receipt, Slot, TaskError, Wanted
from parlour.drafts.registry import Fields, fields_of
from parlour.drafts.values import ArtifactBody
from parlour.files.authored.entities import MediaQuota
from parlour.kernel.dataclass import dataclass
from parlour.library.drafting.vouching import vouched
from parlour.library.making import linking, planning, tools
from parlour.library.making.keeping import NEVER_KEPT, Bounds, Ready, keep
from parlour.library.making.keeping_media import file_told, no_room, record
from parlour.library.making.media import MediaKind, MediaMaker, MediaWanted, no_engine
from parlour.library.making.prompts import choice_for, request_for
from parlour.library.making.reading_answers import Answer, read_answer, read_choice
from parlour.library.making.shapes import CHOICE, SHAPES
from parlour.library.making.table import Candidate, Table, text_of
from parlour.library.media import note_drafted
from parlour.storage.tx import Tx
from parlour.turns.ports import Request, ToolCall

NO_ENGINE = "No model here makes this."
NO_TEXT = "The draft has no text to speak yet."
MADE_MAX = 4_000
MEDIA: Mapping[str, MediaKind] = {"images": "image", "videos": "video", "uploads": "audio"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactBench:
    """What the values of one type of a run are made from. `model`: its name in the settings; `room`: for files, in
    bytes."""

    table: Table
    model: str
    bounds: Bounds
    media: MediaMaker
    quota: MediaQuota
    room: int

    def slots(self, type_name: str) -> Sequence[Slot]:
        """As many as `planning` says, and no more than there is to choose from."""
        engine = MEDIA.get(type_name)
        if engine is not None and not self.media.makes(engine):
            raise no_engine(engine)
        if engine is not None and not self.room:
            raise no_room()
        if engine == "audio" and not self._spoken():
            raise TaskError("validation", NO_TEXT)
        chosen = linking.chooses(self.table)
        if not chosen and type_name not in (*SHAPES, *planning.SETTLED, *planning.UNTOLD, "uploads"):
            raise TaskError("model", NO_ENGINE)
        slots = planning.plan(self.table)
        return planning.limited(slots, linking.room(self.table)) if chosen else slots

    def request(self, wanted: Wanted) -> Request | str:
        """What is settled needs no model, nor does the one thing that there is to choose."""
        if self._is_settled(wanted.type, wanted.slot):
            return msgspec.json.encode(self._told(wanted.slot)).decode()
        if linking.chooses(self.table):
            left = linking.left(self.table)
            return '{"choice": 1}' if len(left) == 1 else choice_for(wanted, self.table, CHOICE, left)
        modality = self.table.order.modality
        usable = tools.specs(self.table.order.grants) if modality == "call" else ()
        return request_for(wanted, self.table, SHAPES[wanted.type], usable)

    def fields(self, type_name: str) -> Fields:
        """Those of Appendix A, under the name that the type is told by; secrets are not told."""
        told = told_as(type_name)
        return {name: kind for name, kind in fields_of(told).items() if name not in NEVER_KEPT} if told else {}

    def read(self, type_name: str, slot: Slot, text: str) -> object:
        """The answer within its bounds. Raises `UnusableAnswerError`."""
        if self._is_settled(type_name, slot):
            return Ready(answer=Answer(fields={}), model=self.model)
        if linking.chooses(self.table):
            left = linking.left(self.table)
            answer = read_choice(text, CHOICE, len(left))
            field = linking.PAIRS[type_name][1] if type_name in linking.PAIRS else ""
            return Ready(answer=answer, model=self.model, chosen=left[answer.choice or 0], field=field)
        return Ready(answer=read_answer(text, SHAPES[type_name]), model=self.model)

    def use_tool(self, tx: Tx, call: ToolCall) -> str:
        """A read tool of the grants, under the rights that the asker has now."""
        actor = accounts.actor_by_id(tx, self.table.actor.account_id)
        if actor is None:
            return "{}"
        return tools.use(tx, actor, self.table.order.grants, call)

    async def complete(self, type_name: str, slot: Slot, answered: object, receipt: Receipt) -> object:
        """The picture, the film or the spoken text. Raises `TaskError`, `ProviderFault`."""
        engine = MEDIA.get(type_name)
        ready = cast("Ready", answered)
        if engine is None:
            return ready
        fields = ready.answer.fields
        said = self._spoken() if engine == "audio" else f"{fields['name']}\n{fields['description']}"
        name = str(fields.get("name") or self._name())
        wanted = MediaWanted(
            kind=engine,
            name=name,
            text=said,
            account_id=self.table.actor.account_id,
            room=self.room,
            seed=f"{self.table.seed}/{type_name}/{slot.number}",
            receipt=receipt,
        )
        return replace(ready, file=await self.media.make(wanted))

    def keep(self, tx: Tx, draft: Draft, made: Made) -> Kept:
        """The value in the draft, and in the group's conversation. Raises `TaskError`."""
        ready = cast("Ready", made.answered)
        upload_id = tx.new_id()
        if ready.file is not None:
            shown = {"upload_id": upload_id} | ({} if made.type == "uploads" else {"mime_type": ready.file.mime_type})
            ready = replace(ready, answer=replace(ready.answer, fields={**ready.answer.fields, **shown}))
        kept = keep(draft, made, ready, self.table, self.bounds)
        self._check_names(tx, draft, made.type, kept)
        if ready.file is not None:
            record(tx, made.run.account_id, (upload_id, ready.file), self.quota)
            note_drafted(tx, self.table.actor, replace(draft, body=kept.body), draft.artifact)
        if made.type in MEDIA and isinstance(kept.body, ArtifactBody):
            told = file_told(tx, kept.body.values.get(made.type, ()), kept.value_id)
            kept = replace(kept, fields={**kept.fields, **told})
        said = {"artifact": self.table.artifact_type, "type": made.type, "value": kept.fields}
        drafts.note_made(tx, made.run, msgspec.json.encode(said).decode()[:MADE_MAX])
        return kept

    def _check_names(self, tx: Tx, draft: Draft, type_name: str, kept: Kept) -> None:
        """Refuses a value that names what the asker may not use any more: it took a while to choose it."""
        actor = accounts.actor_by_id(tx, self.table.actor.account_id)
        made = [each for each in cast("ArtifactBody", kept.body).values[type_name] if each.id == kept.value_id]
        before = draft.artifact
        if actor is not None:
            earlier = (before.values, before.replaced)
            made = vouched(tx, actor, draft.artifact_type, earlier, {type_name: tuple(made)})[type_name]
        if actor is None or any(each.borrowed for each in made):
            raise TaskError("tool", linking.NOTHING)

    def _is_settled(self, type_name: str, slot: Slot) -> bool:
        if type_name in planning.SETTLED or type_name == "uploads":
            return True
        return type_name == "scenario_flags" and self.table.artifact_type == "scenario"

    def _told(self, slot: Slot) -> Mapping[str, object]:
        given = slot.about.get("given")
        return cast("Mapping[str, object]", given) if isinstance(given, Mapping) else {}

    def _spoken(self) -> str:
        texts = [text_of(each, "text") for each in self.table.of("texts")]
        return "\n\n".join(filter(None, texts)).strip()

    def _name(self) -> str:
        names = [text_of(each, "name") for each in self.table.of("names")]
        return names[0] if names else self.table.artifact_type


def named(candidates: Sequence[Candidate]) -> Mapping[str, str]:
    """The names of candidates by id."""
    return {each.id: each.name for each in candidates}
