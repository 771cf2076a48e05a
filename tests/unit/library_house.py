"""A house with departments, people and the sample pack, in which tests write and publish content."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish as publish_bundle
from parlour.drafts.entities import Draft
from parlour.drafts.values import ArtifactBody, Value, Values
from parlour.kernel.actor import Actor, Role
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds, named_id
from parlour.kernel.refusals import Refusal
from parlour.library.drafting.creating import NewDraft, create
from parlour.library.drafting.holding import draft_to_write, written
from parlour.library.drafting.rules import DraftRules
from parlour.library.publishing import Published, Publishing, publish
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.conftest import new_store

T = TypeVar("T")
PACK = Path(__file__).parents[2] / "content" / "teaching-practice"
RULES = DraftRules()

# user id: role, departments
PEOPLE: Mapping[str, tuple[Role, Sequence[str]]] = {
    "root": ("superadmin", ()),
    "admin": ("admin", ("school",)),
    "instructor": ("instructional", ("school",)),
    "colleague": ("instructional", ("school",)),
    "stranger": ("instructional", ("clinic",)),
    "learner": ("member", ("school",)),
}


def named(kind: str, slug: str) -> str:
    """The id of something in the sample pack."""
    return named_id("teaching-practice", kind, slug)


class House:
    """A store with people in two departments, and the sample pack."""

    def __init__(self, url: str) -> None:
        clock = SystemClock()
        self.database = Database(url, clock, TimeOrderedIds(clock), readers=1)
        self.database.migrate()
        self.departments = {
            name: self.do(lambda tx, n=name: accounts.create_department(tx, n)) for name in ("school", "clinic")
        }
        for name, (role, departments) in PEOPLE.items():
            account = self.do(
                lambda tx, n=name, r=role: accounts.create_account(tx, NewAccount(user_id=n, name=n.title(), role=r))
            )
            ids = [self.departments[each].department_id for each in departments]
            self.do(lambda tx, a=account, i=ids: accounts.set_account_departments(tx, a.account_id, i))
        bundle = load_bundle(PACK)
        self.do(lambda tx: publish_bundle(tx, bundle))

    def do(self, action: Callable[[Tx], T]) -> T:
        """Write."""
        return self.database.write_here(action)

    def actor(self, user_id: str) -> Actor:
        """Somebody, with the rights of this moment."""
        return self.do(lambda tx: present(tx, user_id))

    def department(self, name: str) -> str:
        """The id of a department."""
        return self.departments[name].department_id

    def draft(
        self, who: str, artifact_type: str, values: Values | None = None, artifact_id: str | None = None
    ) -> Draft:
        """A draft with these values, or with those of the artifact."""
        actor = self.actor(who)

        def make(tx: Tx) -> Draft:
            draft = create(tx, actor, NewDraft(artifact_type=artifact_type, artifact_id=artifact_id), RULES)
            return self._put(tx, actor, draft, {**draft.artifact.values, **values}) if values else draft

        return self.do(make)

    def write(self, who: str, draft: Draft, values: Values) -> Draft:
        """Replace some types of values of a draft."""
        actor = self.actor(who)

        def act(tx: Tx) -> Draft:
            now = draft_to_write(tx, actor, draft.id)
            return self._put(tx, actor, now, {**now.artifact.values, **values})

        return self.do(act)

    def publish(self, who: str, draft: Draft, *, update_trainings: bool = False, note: str = "") -> Published:
        """Publish a draft as it is."""
        wanted = Publishing(draft_id=draft.id, update_trainings=update_trainings, note=note)
        return self.do(lambda tx: publish(tx, present(tx, who), wanted))

    def made(self, who: str, artifact_type: str, values: Values) -> Published:
        """Write something new and publish it."""
        return self.publish(who, self.draft(who, artifact_type, values))

    def refusal(self, action: Callable[[Tx], object]) -> Refusal:
        """What an action is refused with."""
        with pytest.raises(Refusal) as caught:
            self.do(action)
        return caught.value

    def _put(self, tx: Tx, actor: Actor, draft: Draft, values: Values) -> Draft:
        kept = {name: found for name, found in values.items() if found}
        body = draft.artifact
        after = ArtifactBody(
            values=kept, base_version=body.base_version, writers=body.writers, editors=body.editors, review=body.review
        )
        return written(tx, actor, draft, after, RULES)


def present(tx: Tx, user_id: str) -> Actor:
    """Somebody, with the rights of this transaction."""
    account = accounts.account_by_user_id(tx, user_id)
    actor = accounts.actor_by_id(tx, account.account_id) if account is not None else None
    assert actor is not None
    return actor


def value(value_id: str, **fields: object) -> Value:
    """A value that a person made."""
    return Value(id=value_id, fields=fields, by=dict.fromkeys(fields, "person"))


def link(artifact_id: str, **fields: object) -> Value:
    """A value that names an artifact."""
    return Value(id=artifact_id, fields=fields, linked=True)


def one(**fields: object) -> tuple[Value, ...]:
    """The one value of a type."""
    return (value("one", **fields),)


def open_house(store: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """A house on one of the stores."""
    yield House(new_store(store, folder, request))
