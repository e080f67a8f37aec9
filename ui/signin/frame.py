"""The parts of the sign-in window around the page: title row, badge, progress line, footer."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from core.protocol.signin import Environment
from ui.signin.notices import plain_label
from ui.signin.style import SENTENCE_PX
from ui.theme.fonts import Fonts
from ui.theme.tokens import Palette


class TitleRow(QWidget):
    """Our icon, our title and the environment: never the page's title or icon."""

    def __init__(self, icon: QIcon, environment: Environment, fonts: Fonts, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("titleRow")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark = QLabel(self)
        mark.setPixmap(icon.pixmap(18, 18))
        mark.setAccessibleName(self.tr("Bellwether"))
        title = plain_label(self, "title")
        title.setWordWrap(False)
        title.setFont(fonts.strong)
        title.setText(self.tr("Sign in \N{EM DASH} Bellwether"))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 14, 6)
        row.setSpacing(8)
        row.addWidget(mark)
        row.addWidget(title, stretch=1)
        for word in self._words(environment):
            badge = plain_label(self, f"badge{word.title()}")
            badge.setWordWrap(False)
            badge.setFont(fonts.small_strong)
            badge.setText(word)
            badge.setAccessibleName(self.tr("Environment: {word}").format(word=word))
            row.addWidget(badge)

    def _words(self, environment: Environment) -> tuple[str, ...]:
        words = {"paper": (self.tr("PAPER"),), "live": (self.tr("LIVE"),)}
        return words.get(environment) or (self.tr("PAPER"), self.tr("LIVE"))


class ProgressLine(QProgressBar):
    """Two pixels that fill while a page loads; painted bare, since a style's bar needs more room."""

    def __init__(self, palette: Palette, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(2)
        self.setAccessibleName(self.tr("Page loading"))
        self.setTextVisible(False)
        self.setValue(0)
        self._palette = palette

    def set_palette(self, palette: Palette) -> None:
        """Repaint in another theme."""
        self._palette = palette
        self.update()

    def show_percent(self, percent: int) -> None:
        """Fill to that share; 0 and 100 show the bare line."""
        self.setValue(percent)

    def paintEvent(self, _event: QPaintEvent) -> None:
        filled = self.width() * (self.value() % 100) // 100
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._palette.line))
        painter.fillRect(0, 0, filled, self.height(), QColor(self._palette.accent))


class Footer(QWidget):
    """What we do not do, and the ways out."""

    def __init__(self, fonts: Fonts, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("footer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        promise = plain_label(self, "promise")
        promise.setFont(fonts.sized(SENTENCE_PX))
        promise.setText(
            self.tr(
                "You type into the broker's page. Bellwether waits for the answer and keeps nothing of "
                "what you type. Not made by, affiliated with or endorsed by the broker."
            )
        )
        self.retry = QPushButton(self.tr("Retry"), self)
        self.retry.setObjectName("retry")
        self.retry.setAccessibleName(self.tr("Load the sign-in page again"))
        self.retry.hide()
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setObjectName("cancel")
        self.cancel.setAccessibleName(self.tr("Cancel signing in"))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(12)
        row.addWidget(promise, stretch=1)
        row.addWidget(self.retry, alignment=Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.cancel, alignment=Qt.AlignmentFlag.AlignVCenter)
