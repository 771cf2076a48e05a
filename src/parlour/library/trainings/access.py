"""Who may read and change a training.

A training belongs to its cohorts: who may change all of them may change it, who may read one of them may read it.
One that is for everyone is a superadmin's; one without cohorts its author's.
"""

from parlour.accounts import actions as accounts
from parlour.accounts.people.seeing import may_edit_cohort, may_read_cohort
from parlour.catalog import trainings
from parlour.catalog.trainings import Training
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import not_found
from parlour.library import access
from parlour.storage.tx import Tx


def readable_trainings(tx: Tx, actor: Actor) -> list[Training]:
    """Every training that an actor may read in the library; none for who does not author."""
    if not access.may_author(actor):
        return []
    return [each for each in trainings.trainings(tx) if may_read(tx, actor, each)]


def may_read(tx: Tx, actor: Actor, training: Training) -> bool:
    """Whether an actor may read a training in the library."""
    if not access.may_author(actor):
        return False
    if training.entry.everyone or may_edit(tx, actor, training):
        return True
    found = (accounts.cohort_by_id(tx, each) for each in training.entry.cohort_ids)
    return any(cohort is not None and may_read_cohort(tx, actor, cohort) for cohort in found)


def may_edit(tx: Tx, actor: Actor, training: Training) -> bool:
    """Whether an actor may change a training."""
    if actor.role == "superadmin":
        return True
    entry = training.entry
    if entry.everyone or not access.may_author(actor):
        return False
    if not entry.cohort_ids:
        return training.author_id == actor.account_id
    found = [accounts.cohort_by_id(tx, each) for each in entry.cohort_ids]
    return all(cohort is not None and may_edit_cohort(actor, cohort) for cohort in found)


def training_to_read(tx: Tx, actor: Actor, entry_id: str) -> Training:
    """A training that the actor may read; raises `not_found`."""
    training = trainings.training(tx, entry_id)
    if training is None or not may_read(tx, actor, training):
        raise not_found("Training")
    return training
