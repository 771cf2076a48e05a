"""`parlour cohort`: who learns and who teaches. Works beside a running server, which follows at once."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli import cohort_people
from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, opened
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.accounts.entities import CohortPart
    from parlour.kernel.ids import AccountId
    from parlour.storage.tx import Tx

app = typer.Typer(name="cohort", help="Groups of learners and who teaches them.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="COHORT", help="Its name or its id, as `cohort list` says them.")]
UserId = Annotated[str, typer.Argument(metavar="USER_ID", help="The name that the person signs in with.")]
Teaches = Annotated[bool, typer.Option("--instructor", help="As somebody who teaches it, not as a learner.")]


@app.command(name="list")
@command
def list_cohorts(
    place: Place, as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a cohort.")] = False
) -> None:
    """List all cohorts and who is in them."""
    database = opened(load(place))
    for cohort in database.read_here(_described):
        typer.echo(json.dumps(asdict(cohort), ensure_ascii=False) if as_json else _line(cohort))


@app.command()
@command
def add(cohort: Named, user_id: UserId, place: Place, instructor: Teaches = False) -> None:
    """Put a person into a cohort; the training of the cohort is theirs at once."""
    from parlour.accounts.actions import add_to_cohort

    part = _part(instructor)
    database = opened(load(place))
    done = database.write_here(lambda tx: add_to_cohort(tx, *_named(tx, cohort, user_id), part))
    typer.echo(f"{user_id} is {'now' if done else 'already'} in the cohort ({part}).")


@app.command()
@command
def remove(cohort: Named, user_id: UserId, place: Place, instructor: Teaches = False) -> None:
    """Take a person out of a cohort; what they have begun stays theirs."""
    from parlour.accounts.actions import remove_from_cohort

    part = _part(instructor)
    database = opened(load(place))
    done = database.write_here(lambda tx: remove_from_cohort(tx, *_named(tx, cohort, user_id), part))
    typer.echo(f"{user_id} is {'no longer' if done else 'not'} in the cohort ({part}).")


def _part(instructor: bool) -> "CohortPart":
    return "instructor" if instructor else "learner"


def _named(tx: "Tx", named: str, user_id: str) -> tuple[str, str]:
    """The ids of a cohort and of an account."""
    from parlour.accounts.actions import account_by_user_id, list_cohorts

    found = [each.cohort_id for each in list_cohorts(tx) if named in (each.cohort_id, each.name)]
    if not found:
        raise Problem(f"There is no cohort {named}.")
    if len(found) > 1:
        raise Problem(f"There are several cohorts {named}; use the id.")
    account = account_by_user_id(tx, user_id)
    if account is None:
        raise Problem(f"There is no account {user_id}.")
    return found[0], account.account_id


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """A cohort as it is listed."""

    cohort_id: str
    name: str
    learners: list[str]
    instructors: list[str]


def _described(tx: "Tx") -> list[_Shown]:
    from parlour.accounts.actions import account_by_id, instructors_of_cohort, learners_of_cohort, list_cohorts

    def user_ids(account_ids: "set[AccountId]") -> list[str]:
        return sorted(account.user_id for each in account_ids if (account := account_by_id(tx, each)))

    return [
        _Shown(
            cohort_id=cohort.cohort_id,
            name=cohort.name,
            learners=user_ids(learners_of_cohort(tx, cohort.cohort_id)),
            instructors=user_ids(instructors_of_cohort(tx, cohort.cohort_id)),
        )
        for cohort in list_cohorts(tx)
    ]


def _line(cohort: _Shown) -> str:
    learners, instructors = ", ".join(cohort.learners) or "nobody", ", ".join(cohort.instructors) or "nobody"
    return f"{cohort.name} ({cohort.cohort_id}): learners {learners}; instructors {instructors}"


cohort_people.add_to(app)
