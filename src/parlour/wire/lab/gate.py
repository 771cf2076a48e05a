"""The gate of the laboratory: what stands before all lab routes, put together from the settings.

`callers` recognises who asks (every lab route depends on it), `accounts_router` has the routes of section 1, `guard`
gives an application the middleware of sections 1.2 and 13.
"""

import logging

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from parlour.accounts.passwords import PASSWORD_CHARS_MIN, PasswordWorkers
from parlour.assistant.entities import Language
from parlour.assistant.messages.members import member
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, Ids
from parlour.settings import Settings
from parlour.storage.database import Database
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.limits import FormArea
from parlour.wire.http.logs import log_event
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.throttle import LoginThrottle
from parlour.wire.lab.answers import LabAnswers, lab_paths
from parlour.wire.lab.brakes import RegistrationBrake, RequestBrake
from parlour.wire.lab.callers import Callers, CallersNeed
from parlour.wire.lab.cookies import Origins
from parlour.wire.lab.cors import LabCors
from parlour.wire.lab.trust import warn_of_trust

FORM_OVERHEAD_BYTES = 1024 * 1024
EVERYWHERE = problem_responses(400, 401, 403, 404, 405, 413, 415, 422, 429)  # what any route below `/users/` may give

_log = logging.getLogger("parlour.lab")


@dataclass(frozen=True, kw_only=True, slots=True)
class GateNeed:
    """What the gate is built from. `throttle` is that of every way to sign in with a password."""

    database: Database
    authenticator: Authenticator
    passwords: PasswordWorkers
    throttle: LoginThrottle
    clock: Clock
    ids: Ids


class Gate:
    """See the module. With `trust_path_user_id` it warns when it is built, at the start of a server."""

    def __init__(self, need: GateNeed, settings: Settings) -> None:
        limits = settings.lab.limits
        self._need = need
        self._settings = settings
        self.paths = lab_paths(settings.base_path)
        self.origins = Origins(settings.cors_origins, settings.public_url)
        self.brake = RequestBrake(
            need.clock, per_second_max=limits.requests_per_second_max, burst_max=limits.requests_burst_max
        )
        self.callers = Callers(
            CallersNeed(
                database=need.database,
                authenticator=need.authenticator,
                origins=self.origins,
                brake=self.brake,
                trusting=settings.lab.trust_path_user_id,
                keep_answers_ms=limits.idempotency_ms,
            )
        )
        if settings.lab.trust_path_user_id:
            warn_of_trust()

    def accounts_router(self) -> APIRouter:
        """The routes of section 1."""
        from parlour.wire.lab.accounts import LabAccountsNeed, lab_accounts_router  # noqa: PLC0415 (made when asked for)

        need = self._need
        return lab_accounts_router(
            LabAccountsNeed(
                database=need.database,
                authenticator=need.authenticator,
                callers=self.callers,
                origins=self.origins,
                passwords=need.passwords,
                throttle=need.throttle,
                registrations=RegistrationBrake(need.clock),
                sign_up_open=self._settings.lab.sign_up == "open",
                password_chars_min=1 if self._settings.private else PASSWORD_CHARS_MIN,
            )
        )

    def guard(self, app: FastAPI) -> None:
        """The middleware. It must be the outermost, so call this after every other `add_middleware`."""
        app.add_middleware(LabAnswers, ids=self._need.ids, paths=self.paths, language_of=self.language_of)
        if self._settings.cors_origins:
            app.add_middleware(LabCors, origins=self._settings.cors_origins, paths=self.paths)

    def forms(self) -> FormArea:
        """How big bodies of lab routes may be, for `BodyLimits(forms=...)`."""
        limits = self._settings.lab.limits
        return FormArea(
            paths=self.paths,
            json_bytes_max=limits.json_body_bytes_max,
            json_depth_max=limits.json_depth_max,
            form_bytes_max=max(limits.upload_bytes_max, limits.speech_bytes_max) + FORM_OVERHEAD_BYTES,
            told_by_routes=self._settings.lab.trust_path_user_id,
        )

    async def language_of(self, account_id: str, otherwise: Language) -> Language:
        """The language of an account: its setting, that of its last message, else `otherwise` (also when the
        store cannot be read: a problem must be told all the same)."""
        try:
            return await self._need.database.read(lambda tx: member(tx, AccountId(account_id), otherwise).language)
        except Exception as error:  # noqa: BLE001 (whatever failed is logged, and a title is not worth a failure)
            log_event(_log, "warning", "language_unknown", error=error, account_id=account_id)
            return otherwise


def give_everywhere(router: APIRouter) -> APIRouter:
    """Let every route say what any of them may answer."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.responses = {**EVERYWHERE, **route.responses}
    return router
