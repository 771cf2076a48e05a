"""Forms: from typed values to artifacts and back (Glow 1.2, Appendix B).

A module an artifact: `values` says what it would have been written from, `compiled` builds it. `reading` gives the
values of any published version, `compiling` builds any artifact and says what cannot be built, or may not be named.
"""

from parlour.library.forms.cells import Nested
from parlour.library.forms.cohorts import CohortPlan
from parlour.library.forms.compiling import Compiled, Compiling, compiled
from parlour.library.forms.people import without_user_ids
from parlour.library.forms.reading import name_of, title, values_of, written_of
from parlour.library.links import NESTED, link_to

__all__ = [
    "NESTED",
    "CohortPlan",
    "Compiled",
    "Compiling",
    "Nested",
    "compiled",
    "link_to",
    "name_of",
    "title",
    "values_of",
    "without_user_ids",
    "written_of",
]
