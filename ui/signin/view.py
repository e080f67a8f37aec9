"""The view that shows the page: takes no drops, and its context menu only edits."""

from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWebEngineCore import QWebEnginePage
from PySide6.QtWebEngineWidgets import QWebEngineView
from PySide6.QtWidgets import QMenu, QWidget

_EDITING = (
    QWebEnginePage.WebAction.Cut,
    QWebEnginePage.WebAction.Copy,
    QWebEnginePage.WebAction.Paste,
    QWebEnginePage.WebAction.SelectAll,
)


class SignInView(QWebEngineView):
    """Shows one `SignInPage`."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("The broker's page"))
        self.refuse_drops()

    def refuse_drops(self) -> None:
        """Take no drops; the engine puts a surface of its own inside, which would, so say it at each load."""
        for widget in (self, *self.findChildren(QWidget)):
            widget.setAcceptDrops(False)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what a form needs and nothing that saves, views source or opens windows."""
        menu = QMenu(self)
        for action in _EDITING:
            menu.addAction(self.page().action(action))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())
