"""Who may see whose work: the staff rule of Glow 1.1 (decision D1). Pure rules, no storage."""

from parlour.kernel.actor import Actor


def shares_department(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sets of departments have one in common."""
    return not one.isdisjoint(other)


def is_staff(actor: Actor, *, owner_rank: int, department_ids: frozenset[str], cohort_id: str | None) -> bool:
    """Whether `actor` is staff of an attempt with these departments and this cohort.

    A superadmin always is; an admin who shares a department and ranks above the owner; an
    instructional account that teaches the cohort (without a cohort: shares a department) and
    ranks above the owner. Owners are not staff of their own work by this rule.
    """
    match actor.role:
        case "superadmin":
            return True
        case "admin":
            return actor.rank > owner_rank and shares_department(actor.department_ids, department_ids)
        case "instructional":
            if actor.rank <= owner_rank:
                return False
            if cohort_id is not None:
                return cohort_id in actor.taught_cohort_ids
            return shares_department(actor.department_ids, department_ids)
        case "member" | "guest" | "custom":
            return False
