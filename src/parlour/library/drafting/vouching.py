"""Nobody borrows a co-writer's rights: who puts a link into a draft may use what it names, at that moment.

A link of somebody who may not is kept and marked (`Value.borrowed`), so that what is being typed and what was copied is
not lost; nobody can publish it until somebody puts it there who may. Files have rules of their own.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.drafts.values import Value, Values
from parlour.kernel.actor import Actor
from parlour.library import access
from parlour.library.links import PAIRS, link_to
from parlour.storage.tx import Tx

_PEOPLE = ("profiles", "instructors")
Link = tuple[str, str]  # an artifact type and an id


def vouched(tx: Tx, actor: Actor, artifact_type: str, earlier: Sequence[Values], values: Values) -> Values:
    """The values of a draft, those marked whose links are new since `earlier` and no business of the actor's.

    A marked value that the actor changes loses its mark if the actor may use what it names.
    """
    return {
        type_name: tuple(_vouched_type(tx, actor, (artifact_type, type_name), earlier, found))
        for type_name, found in values.items()
    }


def _vouched_type(
    tx: Tx, actor: Actor, which: tuple[str, str], earlier: Sequence[Values], found: Iterable[Value]
) -> Iterable[Value]:
    artifact_type, type_name = which
    linked_to = link_to(artifact_type, type_name)
    if linked_to is None and type_name not in PAIRS:
        return found
    stood: dict[str, list[Value]] = defaultdict(list)
    for values in earlier:
        for value in values.get(type_name, ()):
            stood[value.id].append(value)
    return [_vouched(tx, actor, (linked_to, type_name), stood[value.id], value) for value in found]


def _vouched(tx: Tx, actor: Actor, which: tuple[str | None, str], stood: Sequence[Value], value: Value) -> Value:
    if value in stood:
        return value
    names = set(_named(tx, which, value))
    if not any(each.borrowed for each in stood):
        names -= {link for each in stood for link in _named(tx, which, each)}
    borrowed = not all(access.may_be_named(tx, actor, kind, of_id) for kind, of_id in names)
    return value if borrowed is value.borrowed else replace(value, borrowed=borrowed)


def _named(tx: Tx, which: tuple[str | None, str], value: Value) -> Iterable[Link]:
    """What a value names. A user id that nobody has names nobody."""
    linked_to, type_name = which
    if linked_to is not None and value.linked:
        yield linked_to, value.id
    if type_name in PAIRS:
        kind, field = PAIRS[type_name]
        named = value.fields.get(field)
        if isinstance(named, str) and named:
            yield kind, named
    if type_name in _PEOPLE and not value.linked:
        profile_id, user_id = value.fields.get("profile_id"), value.fields.get("user_id")
        if isinstance(profile_id, str) and profile_id:
            yield "profile", profile_id
        account = accounts.account_by_user_id(tx, user_id) if isinstance(user_id, str) and user_id else None
        if account is not None:
            yield "profile", account.account_id
