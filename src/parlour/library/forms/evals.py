"""Evaluations as values, and back."""

from parlour.catalog.benchmarks import Eval
from parlour.drafts.values import Values
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, derived, links, many, singles


def values(found: Eval) -> Values:
    """What an evaluation would have been written from."""
    agents = [{"name": model_id, "model_id": model_id} for model_id in found.model_ids]
    return {
        **singles(found.id, {"names": {"name": found.name}, "descriptions": {"description": found.description}}),
        "flags": (derived(found.id, "flags", 0, {"name": "active", "value": found.active}),),
        **many(found.id, "agents", agents),
        **links("rubrics", found.rubric_ids),
        **links("departments", found.department_ids),
    }


def compiled(form: Form) -> Eval:
    """The evaluation that values describe."""
    models = (form.text("agents", each, "model_id", most=NAME_CHARS_MAX) for each in form.all("agents"))
    for type_name in ("run_rubrics", "group_rubrics"):
        for value in form.all(type_name):
            form.named("rubric", type_name, value, "rubric_id")
    return Eval(
        id=form.artifact_id,
        name=form.one("names", "name", most=NAME_CHARS_MAX),
        description=form.one("descriptions", "description"),
        model_ids=tuple(dict.fromkeys(filter(None, models))),
        rubric_ids=form.linked("rubrics", "rubric"),
        department_ids=form.linked("departments", "department"),
        active=form.flag("flags", "active") is not False,
    )
