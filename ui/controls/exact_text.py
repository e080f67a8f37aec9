"""A text for the eye that can be copied to the letter: broken at its commas, without a mark in it."""

from typing import cast

from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QFont,
    QPainter,
    QPainterPath,
    QPalette,
    QTextBlock,
    QTextDocument,
    QTextFrame,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextEdit, QWidget

_PADDING_PX, _LINE_PX = 8, 1  # as the style sheet has them


def broken_at_commas(layout: QTextLayout, text: str, width: float) -> float:
    """Lay out `text`, which `layout` holds, in lines of `width` that end at a comma where they have one.

    Returns the height. A JSON text has no place at which Qt would break a line, and a mark put into it to
    make one would be copied with it.
    """
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAnywhere)
    layout.setTextOption(option)
    height = 0.0
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        start = line.textStart()
        end = start + line.textLength()
        comma = text.rfind(",", start, end)
        if start < comma and end < len(text):
            line.setNumColumns(comma + 1 - start)
        line.setPosition(QPointF(0, height))
        height += line.height()
    layout.endLayout()
    return height


class _OneBlock(QAbstractTextDocumentLayout):
    """Lays out a document of one paragraph; Qt's own layout knows no other breaks than Qt's."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._height = 0.0

    def _size(self) -> QSizeF:
        return QSizeF(max(0.0, self.document().textWidth()), self._height)

    def documentChanged(self, _position: int, _removed: int, _added: int) -> None:
        block = self.document().firstBlock()
        self._height = broken_at_commas(block.layout(), block.text(), self._size().width())
        self.documentSizeChanged.emit(self._size())
        # WORKAROUND: PySide crashes when this signal is emitted with its rectangle, which has a default.
        self.update.emit()

    def draw(self, painter: QPainter, context: QAbstractTextDocumentLayout.PaintContext) -> None:
        chosen = []
        for selection in context.selections:
            part = QTextLayout.FormatRange()
            part.start = selection.cursor.selectionStart()
            part.length = selection.cursor.selectionEnd() - part.start
            part.format = selection.format
            chosen.append(part)
        painter.setPen(context.palette.color(QPalette.ColorRole.Text))
        self.document().firstBlock().layout().draw(painter, QPointF(), chosen)

    def hitTest(self, point: QPointF | QPoint | QPainterPath.Element, _accuracy: Qt.HitTestAccuracy) -> int:
        at = cast(QPointF, point)  # Qt passes nothing else
        layout = self.document().firstBlock().layout()
        last = layout.lineCount() - 1
        for place in range(last + 1):
            line = layout.lineAt(place)
            if place == last or at.y() < line.rect().bottom():
                return int(line.xToCursor(at.x()))
        return 0

    def documentSize(self) -> QSizeF:
        return self._size()

    def pageCount(self) -> int:
        return 1

    def frameBoundingRect(self, _frame: QTextFrame) -> QRectF:
        return QRectF(QPointF(), self._size())

    def blockBoundingRect(self, _block: QTextBlock) -> QRectF:
        return QRectF(QPointF(), self._size())


class ExactText(QTextEdit):
    """Shows one paragraph whole; what is copied, dragged or read out of it is the text to the letter."""

    def __init__(self, text: str, name: str, font: QFont, parent: QWidget | None = None) -> None:
        """`name` is what a screen reader calls it."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setFont(font)
        document = QTextDocument(self)
        document.setDefaultFont(font)
        document.setDocumentLayout(layout := _OneBlock(document))
        document.setPlainText(text)
        self.setDocument(document)
        # WORKAROUND: PySide forgets whose they are: a collection of garbage would take them from Qt.
        self._kept = (document, layout)
        self._measured = QTextLayout(text, font)

    @property
    def text(self) -> str:
        """What is shown, to the letter."""
        return self.toPlainText()

    def createMimeDataFromSelection(self) -> QMimeData:
        """The plain text alone: a rich one would bring its font along, and its own idea of blanks."""
        mime = QMimeData()
        mime.setText(self.textCursor().selectedText())
        return mime

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        around = 2 * (_PADDING_PX + _LINE_PX)
        return round(broken_at_commas(self._measured, self._measured.text(), width - around)) + around

    def sizeHint(self) -> QSize:
        return QSize(0, self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)
