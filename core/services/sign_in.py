"""Signing in and out: the keyring, the sign-in window, the token proxy and the probe of the accounts."""

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.domain.account import Account
from core.domain.environment import Environment
from core.domain.grant import Grant, SignedIn
from core.domain.profile import ConnectionProfile
from core.domain.secret import Secret
from core.domain.sign_in_phase import SignInPhase
from core.errors import AppError, NotPermitted, SignInExpired, SignInFailed
from core.net.http import Transport
from core.net.lanes import Lane
from core.protocol.call import Call, Host
from core.protocol.exchange import exchange_code
from core.protocol.signin import CodeGrant, Declined, Failed, Outcome, SignInLineInvalid
from core.protocol.trading import read_account
from core.services.sign_in_window import SignInWindow
from core.services.sign_in_words import declined_error, failed_error
from core.store.vault import Vault

Result = TypeVar("Result")

KEYRING_LIMIT_MS = 10_000  # a keyring call can hang without limit (threat model T3)
_log = logging.getLogger(__name__)


class SignIn(QObject):
    """One profile's sign-in. Lives on the GUI thread and never waits there."""

    phase_changed = Signal(object)  # SignInPhase
    failed = Signal(object)  # AppError
    noticed = Signal(object)  # AppError: signed in or out all the same, but something is to be told
    signed_in = Signal(object)  # SignedIn
    signed_out = Signal()

    def __init__(
        self,
        profile: ConnectionProfile,
        window: SignInWindow,
        *,
        open_vault: Callable[[], Vault],
        lane: Lane,
        keyring_lane: Lane,
        user_agent: str,
        parent: QObject | None = None,
    ) -> None:
        """`open_vault` chooses the keyring backend; it runs on `keyring_lane`, because it may be slow."""
        super().__init__(parent)
        self.profile = profile
        self.phase = SignInPhase.SIGNED_OUT
        self.keyring_unavailable = False
        self._window, self._open_vault = window, open_vault
        self._lane, self._keyring_lane, self._user_agent = lane, keyring_lane, user_agent
        self._vault: Vault | None = None
        self._keyring_hangs = False
        self._in_flight: Transport | None = None
        self._verifier: Secret | None = None
        self._unkept: tuple[Grant, dict[Environment, Account]] | None = None
        self._attempt = 0  # answers to an earlier attempt are not ours
        self._keyring_limit = QTimer(self)
        self._keyring_limit.setSingleShot(True)
        self._keyring_limit.setInterval(KEYRING_LIMIT_MS)
        self._keyring_limit.timeout.connect(self._give_up_keyring)
        window.answered.connect(self._take_outcome)

    # What the person does.

    def restore(self) -> None:
        """Sign in from the keyring without a window, if it holds a token for this profile."""
        if self.phase is not SignInPhase.SIGNED_OUT:
            return
        attempt = self._begin(SignInPhase.READING_KEYRING)
        self._keyring_limit.start()
        self._keyring_lane.submit(
            self._read_keyring,
            done=lambda grant: self._restored(attempt, grant),
            failed=lambda error: self._not_restored(attempt, error),
        )

    def begin(self, theme: str, centre: tuple[int, int] | None, pictures: str | None = None) -> None:
        """Open the sign-in window for a new attempt; ends one that is still open."""
        if not self.profile.is_ready:
            self._fail(
                SignInFailed(
                    f"The profile {self.profile.name} is not complete.",
                    "Its publisher has to fill in client_id and proxy_url; see docs/publishers.md.",
                )
            )
            return
        self._begin(SignInPhase.WAITING_FOR_PERSON)
        try:
            verifier = self._window.open(
                self.profile, secrets.token_urlsafe, theme=theme, centre=centre, pictures=pictures
            )
        except SignInLineInvalid as error:
            _log.warning("the profile %s makes no sign-in: %s", self.profile.name, error)
            self._fail(failed_error("bad_attempt"))
            return
        self._verifier = None if verifier is None else Secret(verifier)

    def cancel(self) -> None:
        """End what is under way. A code that is being exchanged is forgotten."""
        self._window.close()
        self._end()

    def sign_out(self) -> None:
        """Forget the token: here, and in the keyring."""
        self._end()
        self._erase()
        self.signed_out.emit()

    def stop(self) -> None:
        """End what is under way, for the end of the program; the keyring keeps its token."""
        self._window.close()
        self._end()

    def _erase(self) -> None:
        # On the same lane as a call that hangs, so that what that one still keeps is erased after it.
        self._keyring_lane.submit(lambda: self._opened_vault().erase(self._entry), failed=self.noticed.emit)

    # From the keyring.

    @property
    def _entry(self) -> str:
        """One entry for each profile and client: a token of another client must not be found."""
        return f"{self.profile.name}/{self.profile.client_id}"

    def _opened_vault(self) -> Vault:
        """On the keyring lane only."""
        if self._vault is None:
            self._vault = self._open_vault()
        return self._vault

    def _read_keyring(self) -> Grant | None:
        return self._opened_vault().read(self._entry)

    def _restored(self, attempt: int, grant: Grant | None) -> None:
        self._keyring_hangs = False
        if attempt != self._attempt:
            return
        self._keyring_limit.stop()
        self._set_keyring_unavailable()
        if grant is None:
            self._end()
        else:
            self._probe(grant, remembered=True)

    def _not_restored(self, attempt: int, error: AppError) -> None:
        self._keyring_hangs = False
        if attempt == self._attempt:
            self._keyring_limit.stop()
            self._set_keyring_unavailable()
            self._end()
            self.noticed.emit(error)

    @Slot()
    def _give_up_keyring(self) -> None:
        """Go on without it; while a call hangs on its lane nothing is waited for there."""
        self._keyring_hangs = self.keyring_unavailable = True
        if self._unkept is not None:
            self._sign_in_unremembered(*self._unkept)
            remedy = "You stay signed in until you quit."
        else:
            self._end()
            remedy = "Sign in as usual; you then stay signed in until you quit."
        self.noticed.emit(SignInFailed("The system keyring does not answer.", remedy))

    def _set_keyring_unavailable(self) -> None:
        self.keyring_unavailable = self._vault is None or not self._vault.is_available

    # From the window.

    @Slot(object)
    def _take_outcome(self, outcome: Outcome) -> None:
        if self.phase is not SignInPhase.WAITING_FOR_PERSON:
            return
        match outcome:
            case CodeGrant(code=code):
                self._exchange(Secret(code))
            case Declined(reason=reason):
                self._fail(declined_error(reason))
            case Failed(reason=reason):
                self._fail(failed_error(reason))

    def _exchange(self, code: Secret) -> None:
        attempt = self._begin(SignInPhase.EXCHANGING)
        verifier, self._verifier = self._verifier, None
        asked = frozenset(self.profile.scopes)
        call = exchange_code(self.profile, code, verifier, asked=asked)

        self._lane.submit(
            lambda: self._ask(attempt, {Host.PROXY: self.profile.proxy_url}, None, call),
            done=lambda grant: self._exchanged(attempt, grant),
            failed=lambda error: self._fail_attempt(attempt, error),
        )

    def _exchanged(self, attempt: int, grant: Grant) -> None:
        if attempt == self._attempt:
            self._probe(grant, remembered=False)

    # Which accounts does the token cover?

    def _probe(self, grant: Grant, *, remembered: bool) -> None:
        attempt = self._begin(SignInPhase.PROBING)
        self._lane.submit(
            lambda: self._ask_accounts(attempt, grant),
            done=lambda accounts: self._probed(attempt, grant, accounts, remembered=remembered),
            failed=lambda error: self._not_probed(attempt, error, remembered=remembered),
        )

    def _not_probed(self, attempt: int, error: AppError, *, remembered: bool) -> None:
        if attempt != self._attempt:
            return
        if remembered and isinstance(error, SignInExpired):
            self._erase()
        self._fail(error)

    def _ask(
        self, attempt: int, base_urls: Mapping[Host, str], token: Secret | None, call: Call[Result]
    ) -> Result:
        """Blocking: on the lane only. Raises what the transport raises, and for an attempt that is over."""
        transport = Transport(base_urls, token, user_agent=self._user_agent)
        self._in_flight = transport
        try:
            if attempt != self._attempt:
                raise SignInFailed("The sign-in was ended.")
            return transport.run(call)
        finally:
            self._in_flight = None
            transport.close()

    def _ask_accounts(self, attempt: int, grant: Grant) -> dict[Environment, Account]:
        """Blocking. A host that refuses the token is not covered; silence counts only if none answered."""
        accounts: dict[Environment, Account] = {}
        failure: AppError | None = None
        for environment, endpoints in self.profile.endpoints.items():
            base_urls = {Host.TRADING: endpoints.trading_url}
            try:
                accounts[environment] = self._ask(attempt, base_urls, grant.token, read_account())
            except (SignInExpired, NotPermitted) as error:
                failure = failure or error
            except AppError as error:
                failure = error
        if not accounts and not isinstance(failure, SignInExpired | NotPermitted | None):
            raise failure
        if not accounts:
            raise SignInExpired(
                "The broker does not accept this sign-in for any account of the profile.",
                "Sign in again.",
                detail=str(failure or ""),
            )
        return accounts

    def _probed(
        self, attempt: int, grant: Grant, accounts: dict[Environment, Account], *, remembered: bool
    ) -> None:
        if attempt != self._attempt:
            return
        asked = frozenset(self.profile.scopes)
        if remembered:
            self._finish(SignedIn(grant=grant, accounts=accounts, remembered=True, asked_scopes=asked))
            return
        if self._keyring_hangs:
            self._sign_in_unremembered(grant, accounts)
            return
        self._unkept = (grant, accounts)
        self._keyring_limit.start()
        self._keyring_lane.submit(
            lambda: self._keep(grant),
            done=lambda kept: self._kept(attempt, grant, accounts, kept),
            failed=lambda error: self._not_kept(attempt, grant, accounts, error),
        )

    def _keep(self, grant: Grant) -> bool:
        vault = self._opened_vault()
        if vault.is_available:
            vault.keep(self._entry, grant)
        return vault.is_available

    def _sign_in_unremembered(self, grant: Grant, accounts: dict[Environment, Account]) -> None:
        asked = frozenset(self.profile.scopes)
        self._finish(SignedIn(grant=grant, accounts=accounts, remembered=False, asked_scopes=asked))

    def _kept(self, attempt: int, grant: Grant, accounts: dict[Environment, Account], kept: bool) -> None:
        self._keyring_hangs = False
        if attempt == self._attempt:
            self._keyring_limit.stop()
            self._set_keyring_unavailable()
            asked = frozenset(self.profile.scopes)
            self._finish(SignedIn(grant=grant, accounts=accounts, remembered=kept, asked_scopes=asked))

    def _not_kept(
        self, attempt: int, grant: Grant, accounts: dict[Environment, Account], error: AppError
    ) -> None:
        self._keyring_hangs = False
        if attempt == self._attempt:
            self._kept(attempt, grant, accounts, kept=False)
            self.noticed.emit(error)

    # The phases.

    def _begin(self, phase: SignInPhase) -> int:
        self._abandon()
        self._unkept = None
        self._keyring_limit.stop()
        self._enter(phase)
        return self._attempt

    def _finish(self, signed_in: SignedIn) -> None:
        self._attempt += 1  # whatever else is still under way is not waited for
        self._unkept = None
        self._keyring_limit.stop()
        self._enter(SignInPhase.SIGNED_IN)
        self.signed_in.emit(signed_in)

    def _fail_attempt(self, attempt: int, error: AppError) -> None:
        if attempt == self._attempt:
            self._fail(error)

    def _fail(self, error: AppError) -> None:
        _log.info("sign-in ended: %s", error.detail or error.headline)
        self._end()
        self.failed.emit(error)

    def _abandon(self) -> None:
        """What is still under way is not waited for, here or on the lane."""
        self._attempt += 1
        transport = self._in_flight
        if transport is not None:
            transport.abort()

    def _end(self) -> None:
        self._abandon()
        self._verifier = None
        self._unkept = None
        self._keyring_limit.stop()
        self._enter(SignInPhase.SIGNED_OUT)

    def _enter(self, phase: SignInPhase) -> None:
        if phase is not self.phase:
            self.phase = phase
            self.phase_changed.emit(phase)
