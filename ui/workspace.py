"""The docked panels: where they are at first, how they may be moved, and how that is remembered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget
from PySide6QtAds import ads

from ui.theme.tokens import PANEL_GAP_PX

LAYOUT_VERSION = 1  # of the arrangement below; an older saved layout is not restored
LEFT_PX, RIGHT_PX = 406, 340
_LEFT_LEAST_PX = 342  # a watchlist without its lines of recent prices
_WIDE_PX = 1540  # from here on the middle spares the room for those lines
_THREE_PX = 1000  # below this three columns have no room: the left one steps back until there is some again
_LEFT = ("watchlist", "account")
_COLUMNS = 3
_WATCHLIST_SHARE, _POSITIONS_SHARE = 0.615, 0.4

_FLAGS = ads.CDockManager.eConfigFlag
_FEATURES = ads.CDockWidget.DockWidgetFeature
_AREA_FLAGS = ads.CDockAreaWidget.eDockAreaFlag
_ALONE_WITHOUT_TITLE = _AREA_FLAGS.HideSingleWidgetTitleBar


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The widgets of the Trading perspective, by where they are at first."""

    watchlist: QWidget
    account: QWidget
    positions: QWidget
    blotter: QWidget
    ticket: QWidget


def prepare_docking() -> None:
    """Set the docking system's options; they are global and must be set before the first workspace."""
    ads.CDockManager.setConfigFlags(
        _FLAGS.OpaqueSplitterResize
        | _FLAGS.DragPreviewIsDynamic
        | _FLAGS.DragPreviewShowsContentPixmap
        | _FLAGS.DockAreaHasUndockButton
        | _FLAGS.DockAreaHideDisabledButtons
        | _FLAGS.DisableStylesheet
        | _FLAGS.FloatingContainerHasWidgetTitle
    )


class Workspace(QWidget):
    """Holds the docks. Panels draw their own title rows, so a panel alone in its area shows no second one.

    While `arrange` is on, every area shows the docking system's title, by which a panel is moved, floated
    or tabbed.
    """

    def __init__(self, places: Places, titles: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mainSurface")
        prepare_docking()
        self._manager = ads.CDockManager(self)
        self._is_arranging = False
        self._is_spread = False
        self._stepped_back: list[str] = []  # panels of the left column, while the window is too narrow for it
        self._whole = b""  # the arrangement with them
        self._docks: dict[str, ads.CDockWidget] = {
            name: self._dock(name, titles[name], getattr(places, name))
            for name in ("watchlist", "account", "positions", "blotter", "ticket")
        }
        frame = QVBoxLayout(self)
        frame.setContentsMargins(PANEL_GAP_PX, PANEL_GAP_PX, PANEL_GAP_PX, PANEL_GAP_PX)
        frame.addWidget(self._manager)
        self._manager.dockAreaCreated.connect(self._dress_area)
        self._place()
        self._lock()
        self.order_keyboard()

    def save(self) -> bytes:
        """The arrangement, in the docking system's own format, as it is where there is room for all of it."""
        return self._whole or bytes(self._manager.saveState(LAYOUT_VERSION).data())

    def restore(self, layout: bytes) -> bool:
        """Bring back what `save` gave; returns False, with nothing changed, for anything else."""
        # Anything that is no XML would be taken for a compressed layout, and complained about.
        if not layout.startswith(b"<?xml") or not self._manager.restoreState(layout, LAYOUT_VERSION):
            return False
        self._is_spread = True
        self._stepped_back, self._whole = [], b""
        self._lock()
        self._hold_sides()
        self._make_room()
        return True

    @Slot()
    def reset(self) -> None:
        """Put every panel where it is at first."""
        self._stepped_back, self._whole = [], b""
        for dock in self._docks.values():
            dock.toggleView(True)
            self._manager.removeDockWidget(dock)
        self._place()
        self._lock()
        self._make_room()
        self.spread()

    @Slot(bool)
    def arrange(self, is_arranging: bool) -> None:
        """Let panels be moved, floated, tabbed and closed, or hold everything in place."""
        self._is_arranging = is_arranging
        self._lock()

    def reveal(self, name: str) -> None:
        """Show a panel, wherever it is, closed or behind another."""
        dock = self._docks[name]
        dock.toggleView(True)
        dock.raise_()
        dock.setAsCurrentTab()

    def toggle_actions(self) -> list[QAction]:
        """Checkable actions that show and hide each panel."""
        return [dock.toggleViewAction() for dock in self._docks.values()]

    def spread(self) -> None:
        """Give the columns and rows their shares of the room there is now."""
        width = self.width() - 2 * PANEL_GAP_PX
        height = self.height() - 2 * PANEL_GAP_PX
        left = LEFT_PX if width >= _WIDE_PX else _LEFT_LEAST_PX
        left = 0 if self._stepped_back else left
        areas = {name: dock.dockAreaWidget() for name, dock in self._docks.items()}
        columns = [left, width - left - RIGHT_PX - 2 * PANEL_GAP_PX, RIGHT_PX]
        upper = round(height * _WATCHLIST_SHARE)
        self._manager.setSplitterSizes(areas["watchlist"], [upper, height - upper - PANEL_GAP_PX])
        upper = round(height * _POSITIONS_SHARE)
        self._manager.setSplitterSizes(areas["positions"], [upper, height - upper - PANEL_GAP_PX])
        self._manager.setSplitterSizes(areas["ticket"], columns)
        self._is_spread = True

    def _make_room(self) -> None:
        """In a narrow window the trader's orders and positions need the room that the left column takes."""
        if not self.isVisible():
            return
        if self._stepped_back and self.width() >= _THREE_PX:
            for name in self._stepped_back:
                self._docks[name].toggleView(True)
            self._stepped_back, self._whole = [], b""
            self.spread()
        elif not self._stepped_back and self.width() < _THREE_PX and self._is_of_three_columns():
            self._whole = self.save()
            self._stepped_back = [name for name in _LEFT if not self._docks[name].isClosed()]
            for name in self._stepped_back:
                self._docks[name].toggleView(False)
            if self._stepped_back:
                self.spread()
            else:
                self._whole = b""

    def _is_of_three_columns(self) -> bool:
        root = self._manager.rootSplitter()
        return root.orientation() is Qt.Orientation.Horizontal and root.count() == _COLUMNS

    def _dock(self, name: str, title: str, widget: QWidget) -> "ads.CDockWidget":
        dock = ads.CDockWidget(self._manager, title)
        dock.setObjectName(name)
        dock.setMinimumSizeHintMode(ads.CDockWidget.eMinimumSizeHintMode.MinimumSizeHintFromContent)
        dock.setWidget(widget, ads.CDockWidget.eInsertMode.ForceNoScrollArea)
        return dock

    def _place(self) -> None:
        add, docks = self._manager.addDockWidget, self._docks
        centre = add(ads.CenterDockWidgetArea, docks["positions"])
        left = add(ads.LeftDockWidgetArea, docks["watchlist"])
        add(ads.RightDockWidgetArea, docks["ticket"])
        add(ads.BottomDockWidgetArea, docks["blotter"], centre)
        add(ads.BottomDockWidgetArea, docks["account"], left)
        self._hold_sides()

    def _hold_sides(self) -> None:
        """What a wider window gains goes to the middle column."""
        if self._is_of_three_columns():
            root = self._manager.rootSplitter()
            for column in range(_COLUMNS):
                root.setStretchFactor(column, 1 if column == 1 else 0)

    def _lock(self) -> None:
        locked = _FEATURES.DockWidgetMovable | _FEATURES.DockWidgetFloatable | _FEATURES.DockWidgetClosable
        none = _FEATURES(0)
        self._manager.lockDockWidgetFeaturesGlobally(none if self._is_arranging else locked)
        for area in self._manager.openedDockAreas():
            self._dress_area(area)

    @Slot()
    def order_keyboard(self) -> None:
        """Let Tab go through the panels column by column, whatever order they were made in."""
        stops = [stop for dock in self._docks.values() for stop in _tab_stops(dock.widget())]
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    @Slot(QObject)
    def _dress_area(self, area: "ads.CDockAreaWidget") -> None:
        area.setDockAreaFlag(_ALONE_WITHOUT_TITLE, not self._is_arranging)
        area.updateTitleBarVisibility()
        # The docking system gives its buttons an icon and a tool tip, but no name.
        panels = ", ".join(dock.windowTitle() for dock in area.dockWidgets())
        for button in area.titleBar().findChildren(QAbstractButton):
            button.setAccessibleName(f"{button.toolTip()}: {panels}")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._is_spread:
            self.spread()
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()


def _tab_stops(panel: QWidget) -> Iterator[QWidget]:
    """What Tab stops at inside `panel`, in the order in which it does."""
    widget = panel.nextInFocusChain()
    while widget is not None and widget is not panel:
        if panel.isAncestorOf(widget) and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            yield widget
        widget = widget.nextInFocusChain()
