"""What the window says when something was refused or went wrong. Plain text only, never the page's words."""

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.protocol.signin import origin_of
from ui.signin.site import encoded_text
from ui.signin.style import HEADLINE_PX, SENTENCE_PX
from ui.theme.fonts import Fonts


def plain_label(parent: QWidget, object_name: str) -> QLabel:
    """Return a wrapping label that shows text as it is: markup stays visible markup."""
    label = QLabel(parent)
    label.setObjectName(object_name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label


class NoticeStrip(QFrame):
    """A strip under the bar: what was refused while the sign-in goes on."""

    def __init__(self, fonts: Fonts, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._elsewhere = QUrl()
        self._text = plain_label(self, "noticeText")
        self._text.setFont(fonts.sized(SENTENCE_PX))
        self._open = QPushButton(self.tr("Open in my browser"), self)
        self._open.setAccessibleName(self.tr("Open the refused page in my browser"))
        self._open.clicked.connect(self._open_elsewhere)
        self._dismiss = QPushButton(self.tr("Dismiss"), self)
        self._dismiss.setAccessibleName(self.tr("Dismiss this notice"))
        self._dismiss.clicked.connect(self.hide)
        actions = QHBoxLayout()
        actions.setSpacing(16)
        actions.addWidget(self._open)
        actions.addWidget(self._dismiss)
        actions.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(4)
        column.addWidget(self._text)
        column.addLayout(actions)
        self.hide()

    @property
    def text(self) -> str:
        """What the strip says."""
        return self._text.text()

    def say(self, sentence: str, elsewhere: QUrl | None = None) -> None:
        """Show a sentence; with `elsewhere` also offer that page in the person's own browser.

        Its query and fragment stay behind: they may hold what belongs to this sign-in.
        """
        self._elsewhere = QUrl() if elsewhere is None else _bare(elsewhere)
        self._text.setText(sentence)
        self._text.setAccessibleName(sentence)
        self._open.setVisible(self._elsewhere.scheme() == "https")
        self.show()

    @Slot()
    def _open_elsewhere(self) -> None:
        QDesktopServices.openUrl(self._elsewhere)


class MessagePage(QWidget):
    """Takes the page's place when there is no page to show."""

    def __init__(self, fonts: Fonts, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("messagePage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.headline = plain_label(self, "headline")
        self.headline.setFont(fonts.sized(HEADLINE_PX, strong=True))
        self.remedy = plain_label(self, "remedy")
        column = QVBoxLayout(self)
        column.setContentsMargins(64, 64, 64, 64)
        column.setSpacing(12)
        column.addWidget(self.headline)
        column.addWidget(self.remedy)
        column.addStretch()

    def say(self, headline: str, remedy: str) -> None:
        """Say what happened and what to do."""
        for label, text in ((self.headline, headline), (self.remedy, remedy)):
            label.setText(text)
            label.setAccessibleName(text)


def _bare(url: QUrl) -> QUrl:
    """Return the address without query and fragment; nothing for one with user-info or other oddities."""
    text = encoded_text(url)
    return QUrl() if origin_of(text) is None else QUrl(text.split("#")[0].split("?")[0])
