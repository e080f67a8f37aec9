"""Where signing in stands."""

from enum import StrEnum


class SignInPhase(StrEnum):
    """Where signing in stands."""

    SIGNED_OUT = "signed_out"
    READING_KEYRING = "reading_keyring"
    WAITING_FOR_PERSON = "waiting_for_person"
    EXCHANGING = "exchanging"
    PROBING = "probing"
    SIGNED_IN = "signed_in"
