"""Several panels in one sheet: words with an underline, counts in a pill, the actions of the one shown."""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from ui.delegates.drawing import TextMeasure, draw_text
from ui.panels.frame import Panel, Sheet
from ui.theme.theme import Theme
from ui.theme.tokens import PANEL_TITLE_PX

PanelT = TypeVar("PanelT", bound=Panel)

_TAB_PADDING_PX = 3
_TAB_GAP_PX = 10
_PILL_GAP_PX = 7
_PILL_PADDING_PX = 6
_PILL_HEIGHT_PX = 16
_UNDERLINE_PX = 2
_LEFT_PX, _RIGHT_PX, _TITLE_GAP_PX = 10, 6, 8
_LEAST_PX = 400


class PanelTabs(QTabBar):
    """A tab bar that paints itself; a tab's count is its tab data and part of its spoken name.

    A count that is overdue has its age beside it and is a warning. Ears get the count alone: they would
    hear every second.
    """

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._words = TextMeasure(theme.fonts.base)
        self._counts = TextMeasure(theme.fonts.small)
        self.setAccessibleName(name)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)  # a tab behind an arrow is a tab that nobody finds
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.changed.connect(self.update)

    def set_count(self, place: int, count: str, overdue: str = "") -> None:
        """Show `count` in the pill of a tab; an empty one shows none."""
        pill = (count, overdue)
        if self._pill(place) == pill:
            return
        self.setTabData(place, pill)
        self.setAccessibleTabName(place, f"{self.tabText(place)} {count}".strip())
        self.setIconSize(self.iconSize())  # the one public call that lays the tabs out again
        self.update()

    def _pill(self, place: int) -> tuple[str, str]:
        count, overdue = self.tabData(place) or ("", "")
        return count, overdue

    def pill_text(self, place: int) -> str:
        """What stands in the pill of a tab."""
        return " \u00b7 ".join(filter(None, self._pill(place)))

    def _pill_width(self, place: int) -> int:
        text = self.pill_text(place)
        return round(self._counts.width(text)) + 2 * _PILL_PADDING_PX if text else 0

    def _inner_width(self, place: int) -> int:
        pill = self._pill_width(place)
        words = round(self._words.width(self.tabText(place)))
        return words + (pill + _PILL_GAP_PX if pill else 0) + 2 * _TAB_PADDING_PX

    def tabSizeHint(self, place: int) -> QSize:
        return QSize(self._inner_width(place) + _TAB_GAP_PX, PANEL_TITLE_PX + 1)

    def minimumTabSizeHint(self, place: int) -> QSize:
        return self.tabSizeHint(place)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pointed = self.tabAt(self.mapFromGlobal(self.cursor().pos())) if self.underMouse() else -1
        for place in range(self.count()):
            self._paint_tab(painter, place, is_pointed=place == pointed)
        painter.end()

    def _paint_tab(self, painter: QPainter, place: int, *, is_pointed: bool) -> None:
        colors = self._theme.colors
        box = self.tabRect(place)
        is_current = place == self.currentIndex()
        text = self.tabText(place)
        left = box.left() + _TAB_PADDING_PX
        middle = (PANEL_TITLE_PX + 1) / 2
        color = colors.text if is_current or is_pointed else colors.muted
        draw_text(painter, left, middle, text, self._words, color)
        pill = self._pill_width(place)
        if pill:
            start = left + round(self._words.width(text)) + _PILL_GAP_PX
            shape = QRectF(start, middle - _PILL_HEIGHT_PX / 2, pill, _PILL_HEIGHT_PX)
            painter.setPen(Qt.PenStyle.NoPen)
            _count, overdue = self._pill(place)
            painter.setBrush(colors.warning_tint if overdue else colors.raised)
            painter.drawRoundedRect(shape, _PILL_HEIGHT_PX / 2, _PILL_HEIGHT_PX / 2)
            tone = colors.warning if overdue else colors.muted
            draw_text(painter, start + _PILL_PADDING_PX, middle, self.pill_text(place), self._counts, tone)
        if is_current:
            line = QRect(
                box.left(), PANEL_TITLE_PX + 1 - _UNDERLINE_PX, self._inner_width(place), _UNDERLINE_PX
            )
            painter.fillRect(line, colors.accent)
            if self.hasFocus():
                painter.setPen(colors.accent)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                edge = QRectF(box.left() + 0.5, 4.5, self._inner_width(place) - 1, PANEL_TITLE_PX - 9)
                painter.drawRoundedRect(edge, 4, 4)


class TabbedPanel(Sheet):
    """Shows one of its panels at a time; the others stay alive and up to date, once they are made."""

    current_changed = Signal(object)  # Panel: the one shown now
    panel_made = Signal()  # one that was to be made when somebody first looks

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setAccessibleName(name)
        self.tabs = PanelTabs(theme, name, self)
        self._pages = QStackedWidget(self)
        self._actions = QStackedWidget(self)
        self._panels: list[Panel | None] = []  # None: not made yet
        self._makers: dict[int, Callable[[], Panel]] = {}
        self._title = QHBoxLayout()
        self._title.setContentsMargins(_LEFT_PX, 0, _RIGHT_PX, 0)
        self._title.setSpacing(_TITLE_GAP_PX)
        self._title.addWidget(self.tabs, 1)
        self._below = QHBoxLayout()
        self._below.setContentsMargins(_LEFT_PX, 0, _RIGHT_PX, 0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 1, 3)
        outer.setSpacing(0)
        outer.addLayout(self._title)
        outer.addLayout(self._below)
        outer.addWidget(self._pages, 1)
        self._actions.setFixedHeight(PANEL_TITLE_PX)
        self._is_wrapped = True
        self._wrap()
        self.tabs.currentChanged.connect(self._show_place)

    def add_panel(self, panel: Panel) -> None:
        """Take `panel` in as the last tab; the first one added is shown."""
        panel.embed()
        self._panels.append(panel)
        self._pages.addWidget(panel)
        self._actions.addWidget(panel.title_actions)
        self._make_room()
        place = self.tabs.addTab(panel.title)
        self.tabs.set_count(place, panel.count, panel.overdue)
        panel.title_changed.connect(self._show_counts)

    def add_later(self, title: str, make: Callable[[], PanelT]) -> Callable[[], PanelT]:
        """Add a tab whose panel is made when it is first shown, or when the function returned is called."""
        place = len(self._panels)

        @cache
        def made() -> PanelT:
            panel = make()
            self._put(place, panel)
            return panel

        self._makers[place] = made
        self._panels.append(None)
        self._pages.addWidget(QWidget())
        self._actions.addWidget(QWidget())
        self._make_room()
        self.tabs.addTab(title)
        return made

    def _put(self, place: int, panel: Panel) -> None:
        """Show `panel` in the place that was kept for it."""
        panel.embed()
        self._panels[place] = panel
        for stack, widget in ((self._pages, panel), (self._actions, panel.title_actions)):
            kept = stack.widget(place)
            stack.insertWidget(place, widget)
            if kept is not None:
                stack.removeWidget(kept)
                kept.deleteLater()
        self._make_room()
        self.tabs.set_count(place, panel.count, panel.overdue)
        panel.title_changed.connect(self._show_counts)
        self.panel_made.emit()

    def _make_room(self) -> None:
        """Actions that are not shown take no room from the tabs."""
        for place in range(self._actions.count()):
            is_shown = place == self._actions.currentIndex()
            width = QSizePolicy.Policy.Preferred if is_shown else QSizePolicy.Policy.Ignored
            if (actions := self._actions.widget(place)) is not None:
                actions.setSizePolicy(width, QSizePolicy.Policy.Preferred)
        self._wrap()

    def _wrap(self) -> None:
        """Put the actions under the tabs where both have no room side by side."""
        actions = self._actions.currentWidget()
        needed = self.tabs.sizeHint().width() + _LEFT_PX + _RIGHT_PX + _TITLE_GAP_PX
        needed += 0 if actions is None else actions.minimumSizeHint().width()
        is_wrapped = needed > self.width() - 2
        if is_wrapped is self._is_wrapped:
            return
        self._is_wrapped = is_wrapped
        before, after = (self._title, self._below) if is_wrapped else (self._below, self._title)
        before.removeWidget(self._actions)
        after.addWidget(self._actions, 0, Qt.AlignmentFlag.AlignRight)

    @property
    def current_panel(self) -> Panel:
        """The panel shown now."""
        return self._panel_at(self.tabs.currentIndex())

    def _panel_at(self, place: int) -> Panel:
        """The panel of a tab, which is made now if nobody has looked at it before."""
        return self._panels[place] or self._makers[place]()

    def show_panel(self, panel: Panel) -> None:
        """Bring `panel` to the front; raises ValueError for one that is not here."""
        self.tabs.setCurrentIndex(self._panels.index(panel))

    @Slot(int)
    def _show_place(self, place: int) -> None:
        if 0 <= place < len(self._panels):
            panel = self._panel_at(place)
            self._pages.setCurrentIndex(place)
            self._actions.setCurrentIndex(place)
            self._make_room()
            self.current_changed.emit(panel)

    @Slot()
    def _show_counts(self) -> None:
        for place, panel in enumerate(self._panels):
            if panel is not None:
                self.tabs.set_count(place, panel.count, panel.overdue)

    def minimumSizeHint(self) -> QSize:
        # Not what the title row needs in one line: in a narrow window it takes two.
        return QSize(_LEAST_PX, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._wrap()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._wrap()  # a count or an action has come or grown
        return super().event(event)
