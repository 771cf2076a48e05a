"""Parlour under test with members of a laboratory who poll: the real server, each with a turn behind them."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.control import Seat, serve
from bench.parlour_server import BUILD, Subject
from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.assistant.accepting.actions import accept
from parlour.assistant.accepting.entities import Said
from parlour.assistant.mailbox import actions as mailbox
from parlour.assistant.messages import replies, turns
from parlour.assistant.messages.replies import Ending, NewReply
from parlour.settings.lab import LabLimits
from parlour.storage.tx import Tx


class Laboratory(Subject):
    """The server, whose seats are members."""

    async def open(self, rooms: int) -> Sequence[Seat]:
        """New members, each of whom has asked something and read the answer."""
        return await self.parlour.database.write(lambda tx: [member(tx, number) for number in range(rooms)])


def member(tx: Tx, number: int) -> Seat:
    """A member and a session."""
    made = accounts.create_account(tx, NewAccount(user_id=f"poller{number}", name="Poller", role="member"))
    account_id = made.account_id
    said = Said(account_id=account_id, author_id=account_id, route="bench", kind="text", inner=False, text="Hello")
    accept(tx, said, LabLimits())
    turn = turns.current(tx, account_id)
    if turn is not None:
        replies.finish(tx, turn, Ending(state="done", reply=NewReply(text="Good morning.")))
    mailbox.read_all(tx, account_id)
    token = accounts.issue_session(tx, account_id, "lab", "bench", 86_400)
    return Seat(auth={"token": token}, join={"user_id": made.user_id}, message={})


def main() -> None:
    """Run until the harness closes standard input."""
    argparse.ArgumentParser().parse_args()
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as folder:
        serve(Laboratory(Path(folder), None, ""))


if __name__ == "__main__":
    main()
