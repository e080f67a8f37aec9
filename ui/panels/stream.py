"""The event log of all streams: live, stoppable, filtered, and ready to be copied."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QLineEdit, QToolButton, QWidget

from core.domain.carriage import PRICE_STREAMS
from core.domain.connection import LogLine, StreamName
from ui import words
from ui.controls.labels import ElidedLabel
from ui.controls.menus import popup_menu
from ui.models.stream_log import StreamLogModel
from ui.panels.session_panel import SessionPanel
from ui.panels.table_view import TableView
from ui.theme.buttons import IconButton
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session

_FILTER_WIDTH_PX, _FILTER_LEAST_PX = 160, 80
# What the boxes choose: prices are one thing, whichever stream brings them. The lines say which it was.
_CHOICES = {StreamName.ORDERS: (StreamName.ORDERS,), StreamName.QUOTES: PRICE_STREAMS}


class StreamPanel(SessionPanel):
    """Follows the newest line unless paused, or scrolled up by the trader."""

    symbol_chosen = Signal(object)  # str

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("StreamPanel", "Stream"), parent)
        self._is_following = True
        self.model = StreamLogModel(self)
        self.view = TableView(theme, self.model, self.tr("Stream events"))
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.set_compact(True)
        self.counter = ElidedLabel("", tone="muted")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter"))
        self.filter.setAccessibleName(self.tr("Filter the events by type, symbol or summary"))
        self.filter.setClearButtonEnabled(True)
        for button in self.filter.findChildren(QToolButton):
            button.setAccessibleName(self.tr("Clear the filter"))
        self.filter.setProperty("compact", "true")
        self.filter.setMinimumWidth(_FILTER_LEAST_PX)
        self.filter.setMaximumWidth(_FILTER_WIDTH_PX)
        self.streams = {name: QCheckBox(words.stream_name(name)) for name in _CHOICES}
        self.pause = IconButton(theme, "pause", self.tr("Pause"))
        self.pause.setCheckable(True)
        self.copy = IconButton(theme, "copy", self.tr("Copy the selected lines, or all"))
        for widget in (self.counter, *self.streams.values(), self.filter, self.pause, self.copy):
            self.add_title_action(widget)
        self.set_content(self.view)
        self._connect()
        self.end()

    def _connect(self) -> None:
        for name, box in self.streams.items():
            box.setAccessibleName(self.tr("Show events of {stream}").format(stream=words.stream_name(name)))
            box.setChecked(True)
            box.toggled.connect(self._filter)
        self.filter.textChanged.connect(self._filter)
        self.pause.toggled.connect(self._set_paused)
        self.copy.clicked.connect(self.copy_lines)
        self.view.menu_requested.connect(self._show_menu)
        self.view.row_activated.connect(self._choose)
        self.view.verticalScrollBar().valueChanged.connect(self._on_scroll_bar_value_changed)
        self.model.rowsInserted.connect(self._keep_up)
        self.view.on_key(QKeySequence.StandardKey.Copy, self.copy_lines)
        self.view.on_key(Qt.Key.Key_Space, self.pause.toggle)

    # ---- the session --------------------------------------------------------------------------------

    def begin(self, session: "Session") -> None:
        self.bindings.connect(session.log.lines_added, self.take)
        self.empty.say(self.tr("Nothing came yet."))
        lines = session.log.lines
        self.model.start_over(lines, before=session.log.count - len(lines))
        self._show_state()

    def end(self) -> None:
        self.pause.setChecked(False)
        self.model.start_over(())
        self.empty.say(self.tr("Sign in to see what the streams bring."))
        self._show_state()

    @Slot(object)
    def take(self, lines: tuple[LogLine, ...]) -> None:
        """Take a frame's worth of events."""
        self.model.take(lines)
        self._show_state()

    def _show_state(self) -> None:
        if self.session is None:
            self.counter.show_text("")
        elif self.model.is_paused:
            self.counter.show_text(
                self.tr("Paused \u00b7 {count} new").format(count=f"{self.model.unseen:,}"), "warning"
            )
        else:
            text = self.tr("{count} events").format(count=f"{self.model.taken:,}")
            if self.session.log.dropped:
                skipped = self.tr("{count} not listed").format(count=f"{self.session.log.dropped:,}")
                text += f" \u00b7 {skipped}"
            self.counter.show_text(text, "muted")
        has_lines = self.model.rowCount() > 0
        if not has_lines and self.session is not None and self.model.taken:
            self.empty.say(self.tr("No event passes the filter."))
        self.show_content(is_there=bool(has_lines))

    # ---- what the trader does -----------------------------------------------------------------------

    @Slot()
    def _filter(self) -> None:
        chosen = [
            name for choice, box in self.streams.items() if box.isChecked() for name in _CHOICES[choice]
        ]
        self.model.set_filter(self.filter.text(), chosen)
        self._is_following = True
        self._keep_up()
        self._show_state()

    @Slot(bool)
    def _set_paused(self, is_paused: bool) -> None:
        self.theme.set_icon(self.pause, "play" if is_paused else "pause")
        name = self.tr("Go on") if is_paused else self.tr("Pause")
        self.pause.setToolTip(name)
        self.pause.setAccessibleName(name)
        self.model.set_paused(is_paused)
        self._show_state()

    @Slot()
    def copy_lines(self) -> None:
        """Put the selected lines on the clipboard as text, or all that are shown when none is selected."""
        places = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        shown = places or range(self.model.rowCount())
        QGuiApplication.clipboard().setText("\n".join(self.model.text_of(place) for place in shown))

    @Slot(object)
    def _choose(self, key: Hashable) -> None:
        place = self.model.place_of(key)
        symbol = "" if place is None else self.model.row_at(place).line.symbol
        if symbol:
            self.symbol_chosen.emit(symbol)

    @Slot()
    def _keep_up(self) -> None:
        if self._is_following:
            self.view.scrollToBottom()

    @Slot(int)
    def _on_scroll_bar_value_changed(self, value: int) -> None:
        bar = self.view.verticalScrollBar()
        self._is_following = value >= bar.maximum() - self.view.verticalHeader().defaultSectionSize()

    @Slot(object, QPoint)
    def _show_menu(self, _key: Hashable | None, where: QPoint) -> None:
        menu = popup_menu(self.tr("Stream event"), self)
        copy = menu.addAction(self.tr("Copy"))
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.triggered.connect(self.copy_lines)
        pause = menu.addAction(self.tr("Pause"))
        pause.setCheckable(True)
        pause.setChecked(self.pause.isChecked())
        pause.toggled.connect(self.pause.setChecked)
        menu.popup(where)
