"""The page that watches where the broker's site wants to go, and grants it nothing else.

It never looks at what the page shows or what is typed there: no scripts, no cookies, no web channel.
"""

from typing import Literal

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtNetwork import QAuthenticator
from PySide6.QtWebEngineCore import (
    QWebEngineCertificateError,
    QWebEngineClientCertificateSelection,
    QWebEngineDesktopMediaRequest,
    QWebEngineFileSystemAccessRequest,
    QWebEngineFullScreenRequest,
    QWebEngineNewWindowRequest,
    QWebEnginePage,
    QWebEnginePermission,
    QWebEngineProfile,
    QWebEngineRegisterProtocolHandlerRequest,
    QWebEngineWebAuthUxRequest,
)

from core.protocol.signin import Refused, SignInAttempt
from ui.signin.guard import RequestGuard
from ui.signin.site import encoded_text

Blocked = Literal["popup", "http_login", "passkey"]


class SignInPage(QWebEnginePage):
    """One attempt's page. Connect to its signals with queued connections.

    The engine is in the middle of a navigation when they are sent, and a receiver may want to close it.
    """

    judged = Signal(object)  # CodeGrant | Declined | Failed: the attempt is over
    strayed = Signal(object, QUrl)  # Refused, and where it wanted to go
    blocked = Signal(str, QUrl)  # Blocked, and for a popup the address it would have shown

    def __init__(
        self, attempt: SignInAttempt, guard: RequestGuard, profile: QWebEngineProfile, parent: QObject
    ) -> None:
        super().__init__(profile, parent)
        self._attempt = attempt
        self._guard = guard
        self.has_answered = False  # whether `judged` is on its way or has arrived
        self.setUrlRequestInterceptor(guard)
        self.certificateError.connect(self._reject_certificate)
        self.permissionRequested.connect(self._deny)
        self.registerProtocolHandlerRequested.connect(self._deny_protocol_handler)
        self.fileSystemAccessRequested.connect(self._deny_files)
        self.desktopMediaRequested.connect(self._deny_screen)
        self.fullScreenRequested.connect(self._deny_full_screen)
        self.selectClientCertificate.connect(self._choose_no_certificate)
        self.webAuthUxRequested.connect(self._cancel_passkey)
        self.authenticationRequired.connect(self._refuse_http_login)
        self.proxyAuthenticationRequired.connect(self._refuse_proxy_login)
        self.newWindowRequested.connect(self._block_window)

    @Slot(QWebEngineCertificateError)
    def _reject_certificate(self, error: QWebEngineCertificateError) -> None:
        error.rejectCertificate()

    @Slot(QWebEnginePermission)
    def _deny(self, permission: QWebEnginePermission) -> None:
        permission.deny()

    @Slot(QWebEngineRegisterProtocolHandlerRequest)
    def _deny_protocol_handler(self, request: QWebEngineRegisterProtocolHandlerRequest) -> None:
        request.reject()

    @Slot(QWebEngineFileSystemAccessRequest)
    def _deny_files(self, request: QWebEngineFileSystemAccessRequest) -> None:
        request.reject()

    @Slot(QWebEngineDesktopMediaRequest)
    def _deny_screen(self, request: QWebEngineDesktopMediaRequest) -> None:
        request.cancel()

    @Slot(QWebEngineFullScreenRequest)
    def _deny_full_screen(self, request: QWebEngineFullScreenRequest) -> None:
        request.reject()

    @Slot(QWebEngineClientCertificateSelection)
    def _choose_no_certificate(self, selection: QWebEngineClientCertificateSelection) -> None:
        selection.selectNone()

    @Slot(QWebEngineWebAuthUxRequest)
    def _cancel_passkey(self, request: QWebEngineWebAuthUxRequest) -> None:
        request.cancel()
        self.blocked.emit("passkey", QUrl())

    @Slot(QUrl, QAuthenticator)
    def _refuse_http_login(self, _url: QUrl, _answer: QAuthenticator) -> None:
        # The binding cannot hand back the null authenticator that means "cancel", and an empty one is
        # tried 32 times: stopping the load is what ends it.
        self.triggerAction(QWebEnginePage.WebAction.Stop)
        self.blocked.emit("http_login", QUrl())

    @Slot(QUrl, QAuthenticator, str)
    def _refuse_proxy_login(self, url: QUrl, answer: QAuthenticator, _proxy_host: str) -> None:
        self._refuse_http_login(url, answer)

    @Slot(QWebEngineNewWindowRequest)
    def _block_window(self, request: QWebEngineNewWindowRequest) -> None:
        # Not opening the request anywhere is the refusal.
        wanted = request.requestedUrl() if request.isUserInitiated() else QUrl()
        self.blocked.emit("popup", wanted)

    # What Qt calls.

    def acceptNavigationRequest(
        self, url: QUrl | str, _navigation: QWebEnginePage.NavigationType, is_main_frame: bool
    ) -> bool:
        url = QUrl(url)
        if not is_main_frame:
            return not self._guard.drop(url)
        verdict = self._attempt.receive_url(encoded_text(url))
        if verdict is None:
            return True
        if isinstance(verdict, Refused):
            self.strayed.emit(verdict, url)
        else:
            self.has_answered = True
            self.judged.emit(verdict)
        return False

    def createWindow(self, _kind: QWebEnginePage.WebWindowType) -> QWebEnginePage | None:  # type: ignore[override]
        return None

    def chooseFiles(self, *_question: object) -> list[str]:
        return []

    def javaScriptAlert(self, *_question: object) -> None:
        """Show nothing: a dialog with the page's words would look like ours."""

    def javaScriptConfirm(self, *_question: object) -> bool:
        return False

    def javaScriptPrompt(self, *_question: object) -> tuple[bool, str]:
        return False, ""

    def javaScriptConsoleMessage(self, *_message: object) -> None:
        """Write nothing: a page may log what was typed."""
