"""`parlour user`: people and their credentials. Works beside a running server, which follows at once."""

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, opened
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.accounts.entities import Account
    from parlour.storage.tx import Tx

DAY_SECONDS = 86_400
PAGE = 500

app = typer.Typer(name="user", help="People who may sign in.", no_args_is_help=True)

UserId = Annotated[str, typer.Argument(metavar="USER_ID", help="The name that the person signs in with.")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]


class RoleName(StrEnum):
    """The roles of the Glow specification, section 1.1."""

    superadmin = "superadmin"
    admin = "admin"
    instructional = "instructional"
    member = "member"
    guest = "guest"


class TokenKind(StrEnum):
    """What a token is for: a program, or a person's session."""

    api_key = "api_key"
    session = "session"


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """What is said of a new account."""

    name: Annotated[str | None, typer.Option(help="Full name; the user id if it is left out.", show_default=False)] = (
        None
    )
    role: Annotated[RoleName, typer.Option(help="What the person may do.")] = RoleName.member
    admin: Annotated[bool, typer.Option("--admin", help="Short for --role admin.")] = False
    department: Annotated[
        list[str] | None, typer.Option(help="Department, made if it is new; may be repeated.", show_default=False)
    ] = None
    requests_per_day: Annotated[int | None, typer.Option(min=0, help="Daily limit.", show_default="none")] = None
    password_stdin: FromInput = False
    no_password: Annotated[bool, typer.Option("--no-password", help="Sign in with tokens or OIDC only.")] = False


@app.command()
@command
def add(user_id: UserId, new: NewPerson, place: Place) -> None:
    """Make an account."""
    from parlour.accounts.actions import create_account, set_account_departments
    from parlour.accounts.entities import NewAccount
    from parlour.accounts.passwords import hash_password

    database = opened(load(place), create=True)
    hashed = None if new.no_password else hash_password(_password(new.password_stdin))
    account = NewAccount(
        user_id=user_id,
        name=new.name or user_id,
        role="admin" if new.admin else new.role.value,
        password_hash=hashed,
        requests_per_day=new.requests_per_day,
    )

    def make(tx: "Tx") -> "Account":
        made = create_account(tx, account)
        if new.department:
            set_account_departments(tx, made.account_id, [_department(tx, name) for name in new.department])
        return made

    made = database.write_here(make)
    typer.echo(f"{made.user_id} ({made.role}) can sign in. profile_id {made.account_id}")


@app.command()
@command
def password(user_id: UserId, place: Place, password_stdin: FromInput = False) -> None:
    """Change a password. The person's sessions end; API keys stay."""
    from parlour.accounts.actions import set_password
    from parlour.accounts.passwords import hash_password

    database = opened(load(place))
    account = database.read_here(lambda tx: _account(tx, user_id))
    hashed = hash_password(_password(password_stdin))
    database.write_here(lambda tx: set_password(tx, account.account_id, hashed))
    typer.echo(f"The password of {account.user_id} is changed; open sessions have ended.")


@app.command(name="deactivate")
@command
def deactivate_account(user_id: UserId, place: Place) -> None:
    """Disable an account and end its sessions, API keys and open connections."""
    from parlour.accounts.actions import deactivate

    database = opened(load(place))

    def end(tx: "Tx") -> "Account":
        account = _account(tx, user_id)
        deactivate(tx, account.account_id)
        return account

    typer.echo(f"{database.write_here(end).user_id} is deactivated.")


@app.command()
@command
def token(
    user_id: UserId,
    place: Place,
    kind: Annotated[TokenKind, typer.Option(help="For a program, or a session as by signing in.")] = TokenKind.api_key,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Until it ends.", show_default="no end")] = None,
    label: Annotated[str, typer.Option(help="What it is for.")] = "command line",
) -> None:
    """Print a new token, once: only its digest is kept."""
    from parlour.accounts.actions import issue_session

    database = opened(load(place))
    if kind is TokenKind.session and days is None:
        raise Problem("A session needs an end: give --days.")
    seconds = None if days is None else days * DAY_SECONDS
    made = database.write_here(
        lambda tx: issue_session(tx, _account(tx, user_id).account_id, kind.value, label, seconds)
    )
    typer.echo(made)
    typer.echo("This is the only time that the token is shown.", err=True)


@app.command(name="list")
@command
def list_people(
    place: Place, as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a person.")] = False
) -> None:
    """List all accounts."""
    from parlour.kernel.clock import rfc3339

    database = opened(load(place))
    accounts = database.read_here(_everybody)
    if as_json:
        for account in accounts:
            described = {
                "user_id": account.user_id,
                "profile_id": account.account_id,
                "name": account.name,
                "role": account.role,
                "active": not account.disabled,
                "created_at": rfc3339(account.created_at),
            }
            typer.echo(json.dumps(described, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("User id", "Name", "Role", "Active", "Since")
    for account in accounts:
        active = "no" if account.disabled else "yes"
        table.add_row(account.user_id, account.name, account.role, active, rfc3339(account.created_at)[:10])
    Console(markup=False).print(table)


def _everybody(tx: "Tx") -> "list[Account]":
    from parlour.accounts.actions import list_accounts

    found = page = list_accounts(tx, limit=PAGE)
    while len(page) == PAGE:
        page = list_accounts(tx, after=page[-1].user_id, limit=PAGE)
        found = [*found, *page]
    return found


def _account(tx: "Tx", user_id: str) -> "Account":
    from parlour.accounts.actions import account_by_user_id

    account = account_by_user_id(tx, user_id)
    if account is None:
        raise Problem(f"There is no account {user_id}.")
    return account


def _department(tx: "Tx", name: str) -> str:
    from parlour.accounts.actions import create_department, list_departments

    known = {department.name: department.department_id for department in list_departments(tx)}
    return known.get(name) or create_department(tx, name).department_id


def _password(from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True)
