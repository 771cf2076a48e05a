"""What an operator decides about connections, from the settings (Glow 11)."""

from parlour.settings import Settings
from parlour.wire.glow.http_sessions import SessionRules
from parlour.wire.glow.hub import SocketRules
from parlour.wire.glow.recovery import RecoveryRules


def socket_rules(settings: Settings) -> SocketRules:
    """The rules of sockets."""
    limits = settings.limits
    return SocketRules(
        per_account_max=limits.sockets_per_account_max,
        recovery=RecoveryRules(
            offer=settings.recovery_offer,
            age_seconds_max=limits.recovery_seconds_max,
            events_max=limits.recovery_events_max,
        ),
        dialect=settings.glow_dialect,
    )


def session_rules(settings: Settings) -> SessionRules:
    """The rules of HTTP sessions."""
    limits = settings.limits
    return SessionRules(
        idle_seconds=limits.http_session_idle_seconds,
        per_account_max=limits.sockets_per_account_max,
        dialect=settings.glow_dialect,
    )
