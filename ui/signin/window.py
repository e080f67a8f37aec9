"""The sign-in window: shows one attempt's page and says how the attempt ended."""

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QCloseEvent, QIcon
from PySide6.QtWebEngineCore import QWebEngineLoadingInfo, QWebEnginePage, QWebEngineProfile
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from core.protocol.signin import AttemptLine, Failed, FailReason, Outcome, Refused, SignInAttempt
from ui.signin.bar import SiteBar
from ui.signin.frame import Footer, ProgressLine, TitleRow
from ui.signin.guard import RequestGuard
from ui.signin.notices import MessagePage, NoticeStrip, plain_label
from ui.signin.page import SignInPage
from ui.signin.site import Site, Trust, loaded_site, site_name
from ui.signin.style import style_sheet
from ui.signin.view import SignInView
from ui.theme.fonts import Fonts
from ui.theme.tokens import ThemeName, palette_named

_WIDTH, _HEIGHT, _NARROWEST = 560, 760, 360


class SignInWindow(QMainWindow):
    """One attempt, from the broker's first page to the outcome.

    A main window, though it has no menus: assistive technology takes no plain widget for a window.

    Belongs to the GUI thread. The profile must outlive it.
    """

    slow_after_ms = 30_000

    finished = Signal(object)  # Outcome; sent once, from the event loop
    page_painted = Signal()  # a page has loaded without a fault

    def __init__(
        self,
        line: AttemptLine,
        attempt: SignInAttempt,
        profile: QWebEngineProfile,
        icon: QIcon,
        fonts: Fonts,
        *,
        sandboxed: bool,
    ) -> None:
        super().__init__()
        self._line = line
        self._attempt = attempt
        self._is_finished = False
        self._gives_up_as: FailReason = "cancelled"
        self._settled = Site("", Trust.NO_SITE)
        self.guard = RequestGuard(line.redirect_uri, line.sign_in_origins)
        self.view = SignInView(self)
        self.page = SignInPage(attempt, self.guard, profile, self.view)
        self.view.setPage(self.page)

        palette = palette_named(line.theme)
        self.bar = SiteBar(palette, fonts, self)
        self.progress = ProgressLine(palette, self)
        self.notice = NoticeStrip(fonts, self)
        self.message = MessagePage(fonts, self)
        self.footer = Footer(fonts, self)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.view)
        self._pages.addWidget(self.message)
        self._warning = plain_label(self, "sandboxWarning")
        self._warning.setFont(fonts.small)
        self._warning.setText(
            self.tr("Running as root: the page's sandbox is off, so only addresses on this computer open.")
        )
        self._warning.setVisible(not sandboxed)
        self._arrange(TitleRow(icon, line.environment, fonts, self))
        self.set_theme(line.theme)
        self.setWindowTitle(self.tr("Sign in - Bellwether"))
        self.setWindowIcon(icon)

        self._slow = QTimer(self, singleShot=True)
        self._slow.timeout.connect(self._say_slow)
        self._deadline = QTimer(self, singleShot=True)
        self._deadline.timeout.connect(self._expire)
        self._connect()

    def start(self) -> None:
        """Show the window, open the broker's page and let the attempt's time run."""
        self._place()
        # Before it is shown: the engine's first page makes Qt replace the native window, and that flashes.
        self._load()
        self.show()
        self.raise_()
        self.activateWindow()
        self._deadline.start(int(self._attempt.remaining_s * 1000))

    def set_theme(self, theme: ThemeName) -> None:
        """Dress everything but the page, which is told the person's preference."""
        palette = palette_named(theme)
        self.setStyleSheet(style_sheet(palette))
        self.bar.set_palette(palette)
        self.progress.set_palette(palette)
        is_light = theme == "light"
        QApplication.styleHints().setColorScheme(Qt.ColorScheme.Light if is_light else Qt.ColorScheme.Dark)

    @Slot()
    def close_with_parent(self) -> None:
        """End because the trading process has gone."""
        self._finish(Failed("closed"))

    def _arrange(self, title: TitleRow) -> None:
        surface = QWidget()
        column = QVBoxLayout(surface)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(title)
        column.addWidget(self.bar)
        column.addWidget(self._warning)
        column.addWidget(self.progress)
        column.addWidget(self.notice)
        column.addWidget(self._pages, stretch=1)
        column.addWidget(self.footer)
        self.setCentralWidget(surface)
        self.setMinimumWidth(_NARROWEST)
        self.resize(_WIDTH, _HEIGHT)

    def _connect(self) -> None:
        # The page speaks while the engine is inside a navigation; by the event loop it has left.
        queued = Qt.ConnectionType.QueuedConnection
        self.page.judged.connect(self._finish, queued)
        self.page.strayed.connect(self._say_refused, queued)
        self.page.blocked.connect(self._say_blocked, queued)
        self.page.loadingChanged.connect(self._follow_load)
        self.page.loadProgress.connect(self.progress.show_percent)
        self.page.renderProcessTerminated.connect(self._say_crashed, queued)
        self.footer.retry.clicked.connect(self._load)
        self.footer.cancel.clicked.connect(self._cancel)

    def _place(self) -> None:
        if self._line.centre is None:
            return
        screen = QApplication.screenAt(QPoint(*self._line.centre)) or QApplication.primaryScreen()
        room = screen.availableGeometry()
        frame = QRect(QPoint(), self.size())
        frame.moveCenter(QPoint(*self._line.centre))
        left = min(max(frame.left(), room.left()), max(room.left(), room.right() - frame.width()))
        top = min(max(frame.top(), room.top()), max(room.top(), room.bottom() - frame.height()))
        self.move(left, top)

    @Slot()
    def _load(self) -> None:
        self._gives_up_as = "cancelled"
        self.footer.retry.hide()
        self.notice.hide()
        self._pages.setCurrentWidget(self.view)
        self.view.setFocus()
        self.page.load(QUrl(self._line.authorize_url, QUrl.ParsingMode.StrictMode))

    @Slot(QWebEngineLoadingInfo)
    def _follow_load(self, load: QWebEngineLoadingInfo) -> None:
        self.view.refuse_drops()
        if self.page.has_answered:
            return
        status = QWebEngineLoadingInfo.LoadStatus
        match load.status():
            case status.LoadStartedStatus:
                self._slow.start(self.slow_after_ms)
                self.bar.show_site(Site(site_name(load.url()), Trust.CONNECTING))
            case status.LoadSucceededStatus:
                self._slow.stop()
                self._settled = loaded_site(load.url())
                self.bar.show_site(self._settled)
                if self._settled.trust is not Trust.NO_SITE:
                    self.page_painted.emit()
            case status.LoadStoppedStatus:
                self._slow.stop()
                self._return_to_settled()
            case status.LoadFailedStatus:
                self._slow.stop()
                self._say_failed(load)

    def _return_to_settled(self) -> None:
        """A refused or stopped navigation leaves the page that was there; the bar goes back to it."""
        if self._settled.trust is not Trust.NO_SITE:
            self.bar.show_site(self._settled)
        elif not self.message.isVisible():
            self._fall_back(
                "page_unreachable",
                site_name(QUrl(self._line.authorize_url)),
                self.tr("The sign-in page did not open."),
                self.tr("It was stopped before it was complete. Press Retry to load it again."),
            )

    def _say_failed(self, load: QWebEngineLoadingInfo) -> None:
        self.notice.hide()
        site, detail = site_name(load.url()), load.errorString()
        if load.errorDomain() == QWebEngineLoadingInfo.ErrorDomain.CertificateErrorDomain:
            self._say_bad_certificate(site)
            return
        self._fall_back(
            "page_unreachable",
            site,
            self.tr("The sign-in page could not be loaded."),
            self.tr(
                "{site} did not answer ({detail}). Check the network and press Retry. Nothing was sent "
                "and no account was touched."
            ).format(site=site or self.tr("The site"), detail=detail[:300] or self.tr("no page")),
        )

    def _say_bad_certificate(self, site: str) -> None:
        self._fall_back(
            "page_unreachable",
            site,
            self.tr("This connection is not safe."),
            self.tr(
                "The certificate of {site} is not valid, so that somebody else may be answering. "
                "Bellwether does not go on. Try again on a network you trust."
            ).format(site=site),
        )

    @Slot(QWebEnginePage.RenderProcessTerminationStatus, int)
    def _say_crashed(self, status: QWebEnginePage.RenderProcessTerminationStatus, _code: int) -> None:
        if status == QWebEnginePage.RenderProcessTerminationStatus.NormalTerminationStatus:
            return
        self.notice.hide()
        self._fall_back(
            "renderer_gone",
            self._settled.name,
            self.tr("The page stopped working."),
            self.tr(
                "The part of the program that draws the broker's page ended. Press Retry to load it again."
            ),
        )

    def _fall_back(self, reason: FailReason, site: str, headline: str, remedy: str) -> None:
        self._gives_up_as = reason
        self._settled = Site("", Trust.NO_SITE)
        self.bar.show_site(Site(site, Trust.FAILED))
        self.progress.show_percent(0)
        self.message.say(headline, remedy)
        self._pages.setCurrentWidget(self.message)
        self.footer.retry.show()
        self.footer.retry.setFocus()

    @Slot()
    def _say_slow(self) -> None:
        self.notice.say(self.tr("The page is still loading. Retry starts it again."))
        self.footer.retry.show()

    @Slot(object, QUrl)
    def _say_refused(self, refused: Refused, elsewhere: QUrl) -> None:
        if refused.reason == "other_site":
            sentence = self.tr("The page wanted to go to {site}, which is not the broker's. Refused.")
        elif refused.reason == "other_scheme":
            sentence = self.tr("The page wanted to open {site}, which is no web page. Refused.")
        else:
            sentence = self.tr("The page wanted to go to an address that cannot be right. Refused.")
        is_a_site = refused.reason == "other_site"
        self.notice.say(sentence.format(site=refused.site), elsewhere if is_a_site else None)

    @Slot(str, QUrl)
    def _say_blocked(self, what: str, elsewhere: QUrl) -> None:
        sentences = {
            "popup": self.tr("The page wanted to open another window. Blocked."),
            "http_login": self.tr("The page asked for a password in a prompt of its own. Blocked."),
            "passkey": self.tr(
                "The page asked for a passkey, which this window cannot use. Choose another way."
            ),
        }
        if what == "http_login" and self._settled.trust is Trust.NO_SITE:
            self.message.say(self.tr("The sign-in page did not open."), sentences[what])
        else:
            self.notice.say(sentences[what], elsewhere)

    @Slot()
    def _expire(self) -> None:
        self._finish(Failed("expired"))

    @Slot()
    def _cancel(self) -> None:
        self._finish(Failed(self._gives_up_as))

    @Slot(object)
    def _finish(self, outcome: Outcome) -> None:
        if self._is_finished:
            return
        self._is_finished = True
        self._attempt.end()
        self._deadline.stop()
        self._slow.stop()
        self.finished.emit(outcome)

    # What Qt calls.

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        self._finish(Failed("closed"))
