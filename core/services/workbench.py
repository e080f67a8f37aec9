"""The life of the program without its screen: a broker to connect to, a sign-in, a session.

A window, a test or a command line drives it the same way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from core.domain.environment import Environment
from core.domain.grant import SignedIn
from core.domain.product import USER_AGENT
from core.domain.profile import ConnectionProfile
from core.net.lanes import Lane
from core.services.clock import Clock, SystemClock
from core.services.frame_clock import FrameClock
from core.services.programs import PracticePrograms
from core.services.session import Session, SessionParts
from core.services.settings import Settings
from core.services.sign_in import SignIn
from core.services.sign_in_window import SignInWindow
from core.store.profiles import find_profile, read_profile
from core.store.settings import write_settings
from core.store.vault import Vault, open_os_vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """How this program starts its other programs; the first word is the executable.

    `token_proxy` is None in a package, which never contains the proxy.
    """

    sign_in_window: Sequence[str]
    practice_broker: Sequence[str]
    keyring: Sequence[str]
    token_proxy: Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where things are: what is shipped, and the one directory that is written to."""

    root: Path
    profiles: Path
    data_dir: Path


class Workbench(QObject):
    """Connects one profile at a time. Lives on the GUI thread."""

    profile_ready = Signal(object)  # ConnectionProfile: `sign_in` exists from now on
    session_started = Signal(object)  # Session
    session_ended = Signal(object)  # AppError: the token was refused; the session still shows what was known
    session_closed = Signal()  # signed out, or about to be replaced
    failed = Signal(object)  # AppError
    noticed = Signal(object)  # AppError: not fatal

    def __init__(
        self,
        places: Places,
        commands: Commands,
        settings: Settings,
        disk: Lane,
        *,
        frames: FrameClock,
        clock: Clock | None = None,
        open_vault: Callable[[], Vault] | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Without `open_vault` tokens are kept in the system's keyring."""
        super().__init__(parent)
        self._places, self._commands, self._settings, self._disk = places, commands, settings, disk
        self._open_vault = open_vault or (lambda: open_os_vault(commands.keyring))
        self._parts = SessionParts(
            settings=settings,
            frames=frames,
            clock=clock or SystemClock(),
            data_dir=places.data_dir,
            user_agent=USER_AGENT,
        )
        self._sign_in_lane = Lane("sign-in", parent=self)
        self._keyring_lane = Lane("keyring", parent=self)
        self._window = SignInWindow(commands.sign_in_window, self)
        self.practice: PracticePrograms | None = None
        self.sign_in: SignIn | None = None
        self.signed_in: SignedIn | None = None
        self.session: Session | None = None
        settings.failed.connect(self.noticed)

    # What is asked for.

    def start_practice(self, *options: str) -> None:
        """Start the practice broker as a child and connect to it; `options` are its own."""
        grants = self._places.data_dir / "practice" / "grants.json"
        grants.parent.mkdir(parents=True, exist_ok=True)
        practice = PracticePrograms(
            # Grants outlive this run, as a real broker's do (the file holds digests, no token). Orders and
            # positions do not, so the accounts are new ones, each with a journal of its own.
            [*self._commands.practice_broker, "--keep-grants", str(grants), "--new-accounts", *options],
            self._commands.token_proxy,
            self._places.profiles / "practice.toml",
            folder=self._places.root,
            parent=self,
        )
        practice.ready.connect(self.connect_profile)
        practice.failed.connect(self.failed)
        self.practice = practice
        practice.start()

    def open_profile(self, name_or_file: str) -> None:
        """Connect to a profile from a file. Raises ProfileInvalid."""
        self.connect_profile(read_profile(find_profile(name_or_file, self._places.profiles)))

    @Slot(object)
    def connect_profile(self, profile: ConnectionProfile) -> None:
        """Make a sign-in for the profile and try the keyring first."""
        sign_in = SignIn(
            profile,
            self._window,
            open_vault=self._open_vault,
            lane=self._sign_in_lane,
            keyring_lane=self._keyring_lane,
            user_agent=USER_AGENT,
            parent=self,
        )
        sign_in.signed_in.connect(self._take_sign_in)
        sign_in.noticed.connect(self.noticed)
        self.sign_in = sign_in
        self.profile_ready.emit(profile)
        sign_in.restore()

    def open_environment(self, environment: Environment) -> None:
        """Show the account of another environment that the sign-in covers; the old session ends first."""
        signed_in, sign_in = self.signed_in, self.sign_in
        if signed_in is None or sign_in is None or environment not in signed_in.accounts:
            return
        self.close_session()
        session = Session(
            sign_in.profile, environment, signed_in.grant, signed_in.accounts[environment], self._parts
        )
        session.ended.connect(self.session_ended)
        self.session = session
        session.start()
        self.session_started.emit(session)

    @Slot()
    def sign_out(self) -> None:
        """End the session and forget the token, in memory and in the keyring."""
        self.close_session()
        self.signed_in = None
        if self.sign_in is not None:
            self.sign_in.sign_out()

    def forget_token(self) -> None:
        """The broker refused the token: a kept copy is worth nothing, here and in the keyring.

        The session stays as it is, so that what was known can still be read.
        """
        if self.sign_in is not None:
            self.sign_in.sign_out()

    def stop(self) -> None:
        """End everything in order, for the end of the program: nothing is left running."""
        self.close_session()
        if self.sign_in is not None:
            self.sign_in.stop()
        self._window.wait_closed()
        for lane in (self._sign_in_lane, self._keyring_lane):
            lane.stop()
        values, path = self._settings.flush(), self._places.data_dir / "settings.toml"
        self._disk.stop(lambda: write_settings(path, values))
        if self.practice is not None:
            self.practice.stop()

    @Slot(object)
    def _take_sign_in(self, signed_in: SignedIn) -> None:
        self.signed_in = signed_in
        # Paper first: a live account is shown only because the person asks for it, or has no other.
        self.open_environment(next(iter(sorted(signed_in.accounts, key=_paper_first))))

    @Slot()
    def close_session(self) -> None:
        """End the session, if there is one: nothing of it is sent or heard afterwards."""
        session, self.session = self.session, None
        if session is not None:
            self.session_closed.emit()
            session.stop()
            session.deleteLater()


def _paper_first(environment: Environment) -> bool:
    return environment is not Environment.PAPER
