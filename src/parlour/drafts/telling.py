"""Saying how a generation goes, in the rooms of its order (Glow 6.10, 9.4, 9.6), redacted where asked (6.5)."""

from collections.abc import Mapping
from dataclasses import replace

from parlour.drafts.artifacts import told_as
from parlour.drafts.entities import ErrorStage, Failure, Run
from parlour.drafts.facts import (
    GenerationAdvanced,
    GenerationCompleted,
    GenerationFailed,
    GenerationSaved,
    ValueTold,
)
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx

_SECRETS = {"options": ("is_correct",), "personas": ("instructions", "examples")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Completed:
    """A value that has been stored. `generated`: made, not linked."""

    value_id: str
    fields: Mapping[str, object]
    generated: bool = True


def advanced(tx: Tx, run: Run, last: str) -> None:
    """How much is done; `last` is the type that was completed, empty at the beginning."""
    done, total = run.progress.completed, len(run.order.types)
    told = GenerationAdvanced(
        artifact_type=run.artifact_type,
        group_id=run.group_id,
        run_id=run.id,
        completed_resources=done,
        total_resources=total,
        percentage=100 * done // total if total else 100,
        last_completed_resource=last,
    )
    tx.announce(run.order.rooms, told)


def started(tx: Tx, run: Run, call_id: str) -> None:
    """A tool call has begun."""
    _tell(tx, run, _call(run, call_id))


def progressed(tx: Tx, run: Run, call_id: str, delta: str, fields: Mapping[str, object]) -> None:
    """More of the arguments has come."""
    told = replace(
        _call(run, call_id),
        stage="progress",
        arguments_delta=None if run.order.redacted else delta,
        fields=visible(run, fields),
    )
    _tell(tx, run, told)


def completed(tx: Tx, run: Run, call_id: str, value: Completed) -> None:
    """The value of a tool call is stored."""
    told = replace(
        _call(run, call_id),
        stage="complete",
        value_id=value.value_id,
        generated=value.generated,
        success=True,
        fields=visible(run, value.fields),
    )
    _tell(tx, run, told)


def broken(tx: Tx, run: Run, call_id: str, stage: ErrorStage, text: str) -> None:
    """A tool call made no value."""
    told = replace(_call(run, call_id), stage="error", success=False, message=text, error_stage=stage)
    _tell(tx, run, told)


def saved(tx: Tx, run: Run, artifact_id: str) -> None:
    """The artifact is stored."""
    told = GenerationSaved(
        artifact_type=run.artifact_type,
        group_id=run.group_id,
        run_id=run.id,
        artifact_id=artifact_id,
        draft_id=run.draft_id,
    )
    tx.announce(run.order.rooms, told)


def ended(tx: Tx, run: Run, artifact_id: str | None, failure: Failure | None) -> None:
    """The one terminal event of a run."""
    if failure is None:
        tx.announce(
            run.order.rooms,
            GenerationCompleted(
                artifact_type=run.artifact_type,
                group_id=run.group_id,
                run_id=run.id,
                success=True,
                message=f"{run.artifact_type.capitalize()} generated.",
                artifact_id=artifact_id,
                draft_id=run.draft_id,
                resource_types=run.order.types,
            ),
        )
        return
    tx.announce(
        run.order.rooms,
        GenerationFailed(
            artifact_type=run.artifact_type,
            group_id=run.group_id,
            run_id=run.id,
            resource_types=run.progress.failed,
            success=False,
            message=failure.text,
            code=failure.code,
            draft_id=run.draft_id,
            errors=tuple({"pointer": each.pointer, "message": each.message} for each in failure.errors) or None,
        ),
    )


def visible(run: Run, fields: Mapping[str, object]) -> Mapping[str, object]:
    """The fields that the readers of a run may see."""
    hidden = _SECRETS.get(run.type or "", ()) if run.order.redacted else ()
    return {name: None if name in hidden else value for name, value in fields.items()}


def _tell(tx: Tx, run: Run, told: ValueTold) -> None:
    """Tell it, unless its type has no events."""
    if told.type:
        tx.announce(run.order.rooms, told)


def _call(run: Run, call_id: str) -> ValueTold:
    return ValueTold(
        type=told_as(run.type or "") or "",
        stage="started",
        artifact_type=run.artifact_type,
        group_id=run.group_id,
        run_id=run.id,
        tool_call_id=call_id,
        tool_name=run.tool_name,
    )
