"""`parlour audit`: who did what, and whether the record is whole. Works beside a running server."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, opened
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.audit.entities import Head, Row
    from parlour.storage.tx import Tx

app = typer.Typer(name="audit", help="The record of who did what.", no_args_is_help=True)


@dataclass(frozen=True, kw_only=True)
class Which:
    """Which rows are listed."""

    after: Annotated[int, typer.Option(min=0, help="Only rows after this number.")] = 0
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 100
    actor: Annotated[
        str | None, typer.Option(metavar="USER_ID", help="Only what this person did.", show_default=False)
    ] = None
    subject: Annotated[str | None, typer.Option(metavar="ID", help="Only about this.", show_default=False)] = None
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a row.")] = False


@app.command()
@command
def verify(place: Place) -> None:
    """Check that no row was changed, taken out or put in. Ends with 1 if one was."""
    from parlour.audit import actions

    def check(tx: "Tx") -> "tuple[int | None, Head]":
        return actions.verify(tx), actions.head(tx)

    broken, head = opened(load(place)).read_here(check)
    if broken is not None:
        raise Problem(f"The record is broken at row {broken}: it was changed, or one before it is missing.")
    typer.echo(f"The record is whole: {head.n} rows, last digest {head.digest or '-'}.")


@app.command(name="list")
@command
def list_rows(which: Which, place: Place) -> None:
    """List rows, oldest first."""
    from parlour.accounts.actions import account_by_id
    from parlour.audit import actions
    from parlour.audit.entities import Wanted
    from parlour.kernel.clock import rfc3339

    def read(tx: "Tx") -> "list[tuple[Row, str, str]]":
        actor = None if which.actor is None else _account_id(tx, which.actor)
        wanted = Wanted(after=which.after, limit=which.limit, actor=actor, subject=which.subject)
        found = actions.list_rows(tx, wanted)
        ids = {each for row in found for each in (row.actor, row.acted_for) if each is not None}
        people = {each: account.user_id for each in ids if (account := account_by_id(tx, each)) is not None}

        def shown(account_id: str | None) -> str:
            return people.get(account_id or "", account_id or "")

        return [(row, shown(row.actor), shown(row.acted_for)) for row in found]

    rows = opened(load(place)).read_here(read)
    if which.as_json:
        for row, actor, acted_for in rows:
            told = {
                "n": row.n,
                "at": rfc3339(row.at),
                "actor": actor or None,
                "acted_for": acted_for or None,
                "action": row.action,
                "subject": row.subject,
                "route": row.route,
                "detail": json.loads(row.detail),
                "digest": row.digest,
            }
            typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for row, actor, acted_for in rows:
        who = f"{actor or 'server'} for {acted_for}" if acted_for else actor or "server"
        typer.echo(f"{row.n}  {rfc3339(row.at)[:19]}Z  {who}  {row.action}  {row.subject}  {row.route}")


def _account_id(tx: "Tx", user_id: str) -> str:
    from parlour.accounts.actions import account_by_user_id

    account = account_by_user_id(tx, user_id)
    if account is None:
        raise Problem(f"There is no account {user_id}.")
    return account.account_id
