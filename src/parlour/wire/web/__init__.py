"""The page people see first, served at `/`: sign in, practise a conversation, read the grade.

Plain files without a build step: ES modules under `static/`, third-party ones pinned in `static/vendor/`. The page is
a client like any other: it speaks only the documented Glow Socket V5 protocol, and this package only hands out its
files, with headers that leave an injected script nothing to run. Read next: `routes.py`, then `static/app.js`.
"""

from parlour.wire.web.routes import routes

__all__ = ["routes"]
