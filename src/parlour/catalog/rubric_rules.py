"""When a rubric is consistent (Glow 1.2). Pure."""

from parlour.catalog.entities import Rubric


def rubric_faults(rubric: Rubric) -> list[str]:
    """Why a rubric may not be published (the consistency rule of Glow 1.2); empty if it may."""
    faults: list[str] = []
    for group in rubric.groups:
        best = max((standard.points for standard in group.standards), default=None)
        if best is None:
            faults.append(f"standard group '{group.name}' has no standards")
            continue
        if group.points != best:
            faults.append(f"points of '{group.name}' are {group.points}, its best standard gives {best}")
        if not 0 <= group.pass_points <= group.points:
            faults.append(f"pass_points of '{group.name}' must be between 0 and {group.points}")
        levels = [standard.points for standard in group.standards]
        if min(levels) < 0 or len(set(levels)) < len(levels):
            faults.append(f"the standards of '{group.name}' need different points, none below 0")
    total = sum(group.points for group in rubric.groups)
    if rubric.total_points != total:
        faults.append(f"total_points is {rubric.total_points}, the standard groups sum to {total}")
    if not 0 <= rubric.pass_points <= rubric.total_points:
        faults.append(f"pass_points must be between 0 and {rubric.total_points}")
    return faults
