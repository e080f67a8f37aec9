"""The native bar above the page: which site it is and how far the connection can be trusted.

It is outside the page's control: no page title, icon or text ever gets here.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ui.signin.notices import plain_label
from ui.signin.site import Site, Trust
from ui.signin.style import HEADLINE_PX, SENTENCE_PX
from ui.theme.fonts import Fonts
from ui.theme.tokens import Palette


class HostLabel(QLabel):
    """A host in large type. What does not fit is left out at its left end, never at its right.

    The registered domain stands at the right end: a look-alike needs it cut off.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._colour = QColor()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_name(self, name: str, colour: QColor) -> None:
        """Show the ASCII name."""
        self._colour = colour
        self.setText(name)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.update()

    @property
    def shown_text(self) -> str:
        """The text as it is painted at the present width."""
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideLeft, self.width())

    def sizeHint(self) -> QSize:
        return QSize(120, self.fontMetrics().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._colour)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), flags, self.shown_text)


class LockMark(QLabel):
    """A lock: closed for a verified connection, open for an unencrypted one, a ring for no connection."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._trust = Trust.NO_SITE
        self._colour = QColor()
        self.setFixedSize(18, 22)

    def show_trust(self, trust: Trust, colour: QColor) -> None:
        """Paint the mark of this trust in this colour."""
        self._trust, self._colour = trust, colour
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._colour, 2.0))
        if self._trust in (Trust.NO_SITE, Trust.CONNECTING, Trust.FAILED):
            painter.drawEllipse(QPointF(9, 11), 6.5, 6.5)
            if self._trust is Trust.FAILED:
                painter.drawLine(QPointF(5, 15), QPointF(13, 7))
            return
        shackle = QPainterPath(QPointF(5, 10))
        shackle.lineTo(5, 7)
        shackle.arcTo(QRectF(5, 3, 8, 8), 180, -180)
        shackle.lineTo(13, 10 if self._trust is Trust.VERIFIED else 7)
        painter.drawPath(shackle)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        painter.drawRoundedRect(QRectF(2, 10, 14, 10), 2, 2)


class SiteBar(QWidget):
    """Lock, host and one sentence about the connection."""

    def __init__(self, palette: Palette, fonts: Fonts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("siteBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._palette = palette
        self._site = Site("", Trust.NO_SITE)
        self._lock = LockMark(self)
        self.host = HostLabel(self)
        self.host.setFont(fonts.sized(HEADLINE_PX, strong=True))
        self.sentence = plain_label(self, "siteSentence")
        self.sentence.setFont(fonts.sized(SENTENCE_PX))
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.host)
        words.addWidget(self.sentence)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        row.setSpacing(12)
        row.addWidget(self._lock)
        row.addLayout(words, stretch=1)
        self.show_site(self._site)

    @property
    def site(self) -> Site:
        """What the bar says now."""
        return self._site

    def set_palette(self, palette: Palette) -> None:
        """Repaint in another theme."""
        self._palette = palette
        self.show_site(self._site)

    def show_site(self, site: Site) -> None:
        """Say which site it is and how far it can be trusted."""
        self._site = site
        palette = self._palette
        sentences = {
            Trust.NO_SITE: self.tr("Nothing is open."),
            Trust.CONNECTING: self.tr("Connecting. Wait with typing until the connection is checked."),
            Trust.VERIFIED: self.tr("Verified connection to the broker's own site"),
            Trust.THIS_COMPUTER: self.tr(
                "Simulated broker on this computer: not encrypted, nothing leaves this machine"
            ),
            Trust.FAILED: self.tr("Not connected. Nothing of this page can be trusted."),
        }
        colours = {
            Trust.NO_SITE: palette.faint,
            Trust.CONNECTING: palette.muted,
            Trust.VERIFIED: palette.up,
            Trust.THIS_COMPUTER: palette.warning,
            Trust.FAILED: palette.down,
        }
        marks = {
            Trust.NO_SITE: self.tr("No site"),
            Trust.CONNECTING: self.tr("Connecting"),
            Trust.VERIFIED: self.tr("Locked"),
            Trust.THIS_COMPUTER: self.tr("Not encrypted, this computer"),
            Trust.FAILED: self.tr("Not connected"),
        }
        self._lock.show_trust(site.trust, QColor(colours[site.trust]))
        self._lock.setAccessibleName(marks[site.trust])
        self.host.show_name(site.name or self.tr("No site"), QColor(palette.text))
        self.sentence.setText(sentences[site.trust])
        self.sentence.setAccessibleName(sentences[site.trust])
