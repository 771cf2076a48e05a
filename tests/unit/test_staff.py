"""Who is staff of an attempt (Glow 1.1, decision D1): every role, rank, department and cohort, as a table."""

import pytest

from parlour.accounts.access import is_staff
from parlour.kernel.actor import RANKS, ROLES, Actor, Role
from parlour.kernel.ids import AccountId

LEARNERS: tuple[Role, ...] = ("member", "guest", "custom")


def staff(role: Role, owner: Role, *, shares: bool, teaches: bool, in_cohort: bool) -> bool:
    """Whether somebody of a role is staff of an owner's attempt."""
    actor = Actor(
        account_id=AccountId("a"),
        user_id="a",
        role=role,
        department_ids=frozenset({"d1", "d2"} if shares else {"d2"}),
        taught_cohort_ids=frozenset({"c1"} if teaches else {"c2"}),
    )
    return is_staff(
        actor,
        owner_rank=RANKS[owner],
        department_ids=frozenset({"d1"}),
        cohort_id="c1" if in_cohort else None,
    )


@pytest.mark.case(19)
@pytest.mark.parametrize("owner", ROLES)
@pytest.mark.parametrize("role", ROLES)
def test_staff_by_role_rank_department_and_cohort(role: Role, owner: Role) -> None:
    for shares in (True, False):
        for teaches in (True, False):
            for in_cohort in (True, False):
                above = RANKS[role] > RANKS[owner]
                match role:
                    case "superadmin":
                        wanted = True
                    case "admin":
                        wanted = above and shares
                    case "instructional":
                        wanted = above and (teaches if in_cohort else shares)
                    case _:
                        wanted = False
                found = staff(role, owner, shares=shares, teaches=teaches, in_cohort=in_cohort)
                assert found is wanted, (role, owner, shares, teaches, in_cohort)


def test_ranks_are_those_of_the_specification() -> None:
    assert RANKS == {"superadmin": 5, "admin": 4, "instructional": 3, "member": 2, "guest": 1, "custom": 2}
    assert {role for role in ROLES if RANKS[role] <= RANKS["member"]} == set(LEARNERS)


def test_equal_ranks_and_owners_above_are_hidden() -> None:
    everything = {"shares": True, "teaches": True, "in_cohort": True}
    assert not staff("instructional", "instructional", **everything)
    assert not staff("admin", "admin", **everything)
    assert not staff("admin", "superadmin", **everything)
    assert not staff("custom", "guest", **everything)
    assert staff("superadmin", "superadmin", **everything)


def test_without_a_department_or_a_cohort_only_a_superadmin_sees_it() -> None:
    actor = Actor(account_id=AccountId("a"), user_id="a", role="admin")
    assert not is_staff(actor, owner_rank=1, department_ids=frozenset(), cohort_id=None)
    teacher = Actor(account_id=AccountId("t"), user_id="t", role="instructional", taught_cohort_ids=frozenset({"c1"}))
    assert not is_staff(teacher, owner_rank=1, department_ids=frozenset(), cohort_id=None)
    assert is_staff(teacher, owner_rank=1, department_ids=frozenset(), cohort_id="c1")
