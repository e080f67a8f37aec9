"""What the outcomes of a sign-in attempt mean for a person: fixed sentences, never the page's own text."""

from core.errors import SignInFailed
from core.protocol.signin import DeclineReason, FailReason

_DECLINED: dict[DeclineReason, tuple[str, str]] = {
    "access_denied": (
        "You did not allow the connection.",
        "Nothing was connected. Sign in again when you like.",
    ),
    "server_error": ("The broker's sign-in had a problem of its own.", "Try again in a few minutes."),
    "temporarily_unavailable": ("The broker's sign-in is too busy right now.", "Try again in a few minutes."),
    "invalid_request": ("The broker did not understand the request.", "Ask the profile's publisher."),
    "invalid_scope": ("The broker does not offer what the profile asks for.", "Ask the profile's publisher."),
    "unauthorized_client": (
        "The broker does not allow this program to connect that way.",
        "Ask the profile's publisher whether it is approved for this account.",
    ),
    "unsupported_response_type": (
        "The broker did not understand the request.",
        "Ask the profile's publisher.",
    ),
    "other": ("The broker refused the connection.", "Sign in again, or ask the profile's publisher."),
}
_FAILED: dict[FailReason, tuple[str, str]] = {
    "state_mismatch": (
        "The answer did not belong to this sign-in and was thrown away.",
        "Nothing was connected. If it happens again, do not go on: another program may be interfering.",
    ),
    "malformed_answer": (
        "The broker's page gave an answer that cannot be trusted.",
        "Nothing was connected. Start the sign-in again.",
    ),
    "expired": ("The sign-in took longer than ten minutes.", "Nothing was connected. Start again."),
    "cancelled": ("You cancelled the sign-in.", "Nothing was connected."),
    "closed": ("The sign-in window was closed.", "Nothing was connected."),
    "renderer_gone": ("The page crashed.", "Nothing was connected. Start the sign-in again."),
    "root_refused": (
        "Signing in as root is refused: the page could not be kept in its sandbox.",
        "Start Bellwether as an ordinary user. As root only the practice broker can be used.",
    ),
    "page_unreachable": ("The broker's page could not be loaded.", "Check the connection and start again."),
    "engine_missing": (
        "The sign-in window could not start: the web engine is missing or broken.",
        "Install Bellwether again; `python3 dev.py run` installs what is missing.",
    ),
    "bad_attempt": ("The sign-in window did not understand the request.", "Please report it."),
}


def declined_error(reason: DeclineReason) -> SignInFailed:
    """The broker, or the person on its page, said no."""
    return SignInFailed(*_DECLINED[reason], detail=f"declined: {reason}")


def failed_error(reason: FailReason) -> SignInFailed:
    """The attempt ended without an answer that may be believed."""
    return SignInFailed(*_FAILED[reason], detail=f"failed: {reason}")
