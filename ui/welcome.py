"""What a person sees before a session: what this is, how signing in stands, and the way on."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from core.domain.product import INDEPENDENCE, NAME
from core.domain.sign_in_phase import SignInPhase
from core.errors import AppError
from ui import words
from ui.controls.announce import announce
from ui.controls.buttons import ActionButton
from ui.controls.labels import PlainLabel
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.sign_in import SignIn  # loads the HTTP client, which the first window does without

_CARD_PX = 440
_FOOT_PX = 560
_MARK_PX = 56


class WelcomeView(QWidget):
    """Follows one `SignIn` at a time; asks for a sign-in window, or for an end of what is under way."""

    sign_in_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mainSurface")
        self._theme = theme
        self._sign_in: SignIn | None = None
        centred = Qt.AlignmentFlag.AlignHCenter
        self.title = PlainLabel(NAME, font=theme.fonts.sized(26, strong=True), align=centred)
        self.about = PlainLabel(
            self.tr(
                "Watch your brokerage account live, and trade in it without fear of a double or a lost order."
            ),
            tone="muted",
            font=theme.fonts.sized(14),
            wrap=True,
            align=centred,
        )
        self.profile = PlainLabel(align=centred)
        self.sign_in = ActionButton(self.tr("Sign in"), kind="primary", font=theme.fonts.strong, height=40)
        self.sign_in.setDefault(True)
        self.cancel = ActionButton(self.tr("Cancel"), height=32)
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Sign-in progress"))
        self.phase = PlainLabel(tone="muted", wrap=True, align=centred)
        self.phase.set_caption(self.tr("Sign-in"))
        self.failure = PlainLabel(tone="down", font=theme.fonts.strong, wrap=True, align=centred)
        self.remedy = PlainLabel(tone="muted", wrap=True, align=centred)
        self.keyring = PlainLabel(tone="warning", wrap=True, align=centred)
        self._arrange()
        self.sign_in.clicked.connect(self._begin)
        self.cancel.clicked.connect(self.cancel_requested)
        self.show_busy(self.tr("Starting\u2026"))

    def follow(self, sign_in: "SignIn") -> None:
        """Show the phases of `sign_in` from now on, and no others."""
        if self._sign_in is not None:
            self._sign_in.phase_changed.disconnect(self._show_phase)
            self._sign_in.failed.disconnect(self.show_failure)
        self._sign_in = sign_in
        sign_in.phase_changed.connect(self._show_phase)
        sign_in.failed.connect(self.show_failure)
        self._show_phase(sign_in.phase)

    def show_busy(self, text: str) -> None:
        """Say what is being waited for before there is anything to sign in to."""
        self.phase.show_text(text)
        self.phase.setVisible(bool(text))
        self.progress.setVisible(bool(text))
        self.sign_in.hide()
        self.cancel.hide()
        self.profile.hide()

    @Slot(object)
    def show_failure(self, error: AppError) -> None:
        """Say why there is no session, in plain words, until the next attempt."""
        self.failure.show_text(words.outside_text(error.headline))
        self.remedy.show_text(words.outside_text(error.remedy))
        self.failure.setVisible(bool(error.headline))
        self.remedy.setVisible(bool(error.remedy))
        announce(self.failure, f"{self.failure.text()} {self.remedy.text()}".strip(), is_urgent=True)
        self.sign_in.show_text(self.tr("Sign in again"))
        if self._sign_in is None:
            self.progress.hide()
            self.phase.hide()

    @Slot()
    def _begin(self) -> None:
        self._forget_failure()
        self.sign_in_requested.emit()

    def _forget_failure(self) -> None:
        for label in (self.failure, self.remedy):
            label.show_text("")
            label.hide()

    @Slot(object)
    def _show_phase(self, phase: SignInPhase) -> None:
        texts: dict[SignInPhase, str] = {
            SignInPhase.SIGNED_OUT: "",
            SignInPhase.READING_KEYRING: self.tr("Looking for your last sign-in in the system keyring\u2026"),
            SignInPhase.WAITING_FOR_PERSON: self.tr(
                "Sign in on the broker's page, in the window beside this one."
            ),
            SignInPhase.EXCHANGING: self.tr("Getting your access from the token service\u2026"),
            SignInPhase.PROBING: self.tr("Looking which accounts it opens\u2026"),
            SignInPhase.SIGNED_IN: self.tr("Opening your workspace\u2026"),
        }
        self.phase.show_text(texts[phase])
        announce(self.phase, texts[phase])
        is_busy = phase not in (SignInPhase.SIGNED_OUT, SignInPhase.SIGNED_IN)
        self.sign_in.setVisible(not is_busy)
        self.cancel.setVisible(is_busy)
        self.progress.setVisible(is_busy)
        self.phase.setVisible(bool(texts[phase]))
        if is_busy:
            self._forget_failure()
            self.cancel.setFocus()
        elif phase == SignInPhase.SIGNED_OUT:
            self.sign_in.setFocus()
        self._show_profile()

    def _show_profile(self) -> None:
        if self._sign_in is None:
            return
        self.profile.show()
        name = words.outside_text(self._sign_in.profile.name, 60)
        self.profile.show_text(self.tr("Connection: {name}").format(name=name))
        is_forgetful = self._sign_in.keyring_unavailable
        self.keyring.setVisible(is_forgetful)
        self.keyring.show_text(
            self.tr("No system keyring: the session is not remembered and ends when you quit.")
            if is_forgetful
            else ""
        )

    def _arrange(self) -> None:
        card = QWidget()
        card.setFixedWidth(_CARD_PX)
        column = QVBoxLayout(card)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(_LargeMark(self._theme), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(4)
        for widget in (self.title, self.about):
            column.addWidget(widget)
        column.addSpacing(12)
        column.addWidget(self.profile)
        column.addWidget(self.sign_in)
        column.addWidget(self.progress)
        column.addWidget(self.phase)
        column.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (self.failure, self.remedy, self.keyring):
            column.addWidget(label)
            label.hide()
        foot = PlainLabel(
            self.tr(
                "An independent program. {independence} Your password goes to the broker's own page only."
            ).format(independence=INDEPENDENCE),
            tone="muted",
            font=self._theme.fonts.sized(12),
            wrap=True,
            align=Qt.AlignmentFlag.AlignHCenter,
        )
        foot.setFixedWidth(_FOOT_PX)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 20)
        outer.addStretch(3)
        outer.addLayout(_centred(card))
        outer.addStretch(4)
        outer.addLayout(_centred(foot))


def _centred(widget: QWidget) -> QHBoxLayout:
    """Between two stretches; an alignment would ignore that wrapped text needs height for its width."""
    row = QHBoxLayout()
    row.addStretch(1)
    row.addWidget(widget)
    row.addStretch(1)
    return row


class _LargeMark(QWidget):
    """The program's mark, large."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedSize(_MARK_PX, _MARK_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        mark = self._theme.pixmap("bellwether", "accent", _MARK_PX, self.devicePixelRatioF())
        painter.drawPixmap(0, 0, mark)
        painter.end()
