"""The trading program: connects what happens on the workbench with what the window shows, and starts it."""

import logging
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QApplication

from core.domain.environment import Environment
from core.domain.profile import ConnectionProfile
from core.errors import AppError
from core.services.session import Session
from core.services.workbench import Workbench
from ui.app import Application
from ui.main_window import MainWindow
from ui.tour.script import Tour

_log = logging.getLogger(__name__)


class Program(QObject):
    """One run. `start` after the window is shown, `stop` after the event loop has ended."""

    def __init__(
        self,
        application: Application,
        window: MainWindow,
        workbench: Workbench,
        *,
        profile: str | None,
        tour: Path | None,
    ) -> None:
        """Without `profile` the practice broker is started; a tour shows that one by itself into a folder."""
        super().__init__()
        self._application, self._window, self._workbench = application, window, workbench
        self._profile = profile
        self._tour = None if tour is None else Tour(window, workbench, application.theme, tour, self)
        application.uncaught.connect(self._show_notice)
        workbench.profile_ready.connect(self._follow_sign_in)
        workbench.session_started.connect(self._show_session)
        workbench.session_ended.connect(self._end_session)
        workbench.session_closed.connect(window.close_session)
        workbench.failed.connect(self._show_failure)
        workbench.noticed.connect(self._show_notice)
        window.sign_out_requested.connect(self._sign_out)
        window.sign_in_again_requested.connect(self._sign_in_again)
        window.environment_requested.connect(self._open_environment)

    @Slot()
    def start(self) -> None:
        """Connect to the profile, or start practice first."""
        if self._tour is not None:
            self._tour.finished.connect(QApplication.exit)
            self._application.uncaught.connect(self._tour.abandon)
            self._tour.start()
            return
        if self._profile is None:
            self._window.welcome.show_busy(self.tr("Starting the practice broker\u2026"))
            self._workbench.start_practice()
            return
        try:
            self._workbench.open_profile(self._profile)
        except AppError as error:
            self._show_failure(error)

    def stop(self) -> None:
        """End everything in order; nothing is left running."""
        if self._tour is not None:
            self._tour.stop()
        self._workbench.stop()

    @Slot(object)
    def _follow_sign_in(self, _profile: ConnectionProfile) -> None:
        if (sign_in := self._workbench.sign_in) is not None:
            self._window.follow_sign_in(sign_in)

    @Slot(object)
    def _show_session(self, session: Session) -> None:
        signed_in = self._workbench.signed_in
        self._window.show_session(session, {} if signed_in is None else signed_in.accounts)
        if signed_in is None:
            return
        if not signed_in.remembered:
            self._show_notice(
                AppError(
                    self.tr("You stay signed in until you quit."),
                    self.tr("There is no system keyring that keeps the sign-in for the next start."),
                )
            )
        if missing := signed_in.missing_scopes:
            self._show_notice(
                AppError(
                    self.tr("The broker granted less than was asked for: {scopes} is missing.").format(
                        scopes=", ".join(sorted(missing))
                    ),
                    self.tr("What needs it is switched off. Sign in again to allow it."),
                )
            )

    @Slot(object)
    def _end_session(self, error: AppError) -> None:
        _log.warning("session ended: %s", error)
        self._workbench.forget_token()
        self._window.show_session_ended(error)

    @Slot(object)
    def _show_failure(self, error: AppError) -> None:
        _log.error("%s %s", error.headline, error.detail)
        self._window.show_failure(error)

    @Slot(object)
    def _show_notice(self, error: AppError) -> None:
        _log.info("shown: %s %s", error.headline, error.detail)
        self._window.show_notice(error)

    @Slot()
    def _sign_out(self) -> None:
        self._workbench.sign_out()
        self._window.show_signed_out()

    @Slot()
    def _sign_in_again(self) -> None:
        self._workbench.close_session()
        self._window.begin_sign_in()

    @Slot(object)
    def _open_environment(self, environment: Environment) -> None:
        self._workbench.open_environment(environment)
