"""Everything that was booked to the account: fills, dividends, fees, transfers; filtered and exported."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QPoint, QStandardPaths, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShowEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QWidget

from core.domain.activity import FILL_TYPE, Activity
from core.errors import Done
from ui import activity_words, words
from ui.controls.choices import label_for_ears
from ui.controls.menus import popup_menu
from ui.models.activities import ActivitiesModel
from ui.models.order_search import parsed_search
from ui.panels.history_bar import HistoryBar
from ui.panels.search_field import SearchField
from ui.panels.session_panel import SessionPanel
from ui.panels.table_view import TableView
from ui.theme.buttons import LinkButton
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.history import Exported
    from core.services.session import Session

_SEARCH_AFTER_MS = 120
_END_PX = 200


class ActivityPanel(SessionPanel):
    """Reads only once somebody looks, then keeps up. What is shown is what an export writes."""

    symbol_chosen = Signal(object)  # str
    noticed = Signal(object)  # AppError

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("ActivityPanel", "Activity"), parent)
        self.search = SearchField(
            self.tr("Search"), self.tr("Search by symbol, words or date, such as 2026-11 or 2026-11-01..")
        )
        self.types = QComboBox()
        self.types.setAccessibleName(self.tr("Type of activity"))
        self.types.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.types.setProperty("compact", "true")
        label_for_ears(self.types, self)
        self.export = LinkButton(self.tr("Export\u2026"))
        for widget in (self.search, self.types, self.export):
            self.add_title_action(widget)
        self.model = ActivitiesModel(self)
        self.view = TableView(theme, self.model, self.tr("Activity"))
        self.view.allow_sorting()
        self.set_content(self.view)
        self.history = HistoryBar(self.tr("History of activity"))
        self.body.addWidget(self.history)
        self.file_dialog: QFileDialog | None = None
        self._searching = QTimer(self)
        self._searching.setSingleShot(True)
        self._searching.setInterval(_SEARCH_AFTER_MS)
        self._connect()
        self.end()

    def _connect(self) -> None:
        self.search.textChanged.connect(self._searching.start)
        self._searching.timeout.connect(self._filter)
        self.types.currentIndexChanged.connect(self._filter)
        self.export.clicked.connect(self.ask_where)
        self.empty.acted.connect(self._show_everything)
        self.view.row_activated.connect(self._choose)
        self.view.menu_requested.connect(self._show_menu)
        self.view.on_key(QKeySequence.StandardKey.Find, self.search.setFocus)
        self.view.on_key(QKeySequence.StandardKey.Save, self.ask_where)
        self.view.verticalScrollBar().valueChanged.connect(self._on_scroll_bar_value_changed)

    # ---- the session --------------------------------------------------------------------------------

    def begin(self, session: "Session") -> None:
        feed = session.activities
        self.bindings.connect(feed.arrived, self.take)
        self.bindings.connect(feed.exported, self._tell_exported)
        self.bindings.connect(feed.export_failed, self.noticed.emit)
        self.bindings.connect(feed.reader.progress_changed, self._show_state)
        self.history.bind(feed.reader)
        self.history.setVisible(True)
        self.take(tuple(feed.entries.values()))  # read already, for the gains of positions
        if self.isVisible():
            self.history.begin()
        self._show_state()

    def end(self) -> None:
        self.history.unbind()
        self.history.setVisible(False)
        if self.file_dialog is not None:
            self.file_dialog.close()
        self.model.start_over()
        self._offer_types()
        self._show_state()

    @Slot(object)
    def take(self, entries: tuple[Activity, ...]) -> None:
        """Fold in what arrived."""
        known = self.model.types
        self.model.take(entries)
        if self.model.types != known:
            self._offer_types()
        self._show_state()

    def _offer_types(self) -> None:
        chosen = self.types.currentData()
        codes = sorted(
            self.model.types, key=lambda code: (code != FILL_TYPE, activity_words.activity_type(code))
        )
        offered = [self.types.itemData(place) for place in range(1, self.types.count())]
        if offered == codes and self.types.count():
            return
        was_blocked = self.types.blockSignals(True)
        self.types.clear()
        self.types.addItem(self.tr("All types"), "")
        for code in codes:
            self.types.addItem(activity_words.activity_type(code), code)
        self.types.setCurrentIndex(max(0, self.types.findData(chosen)))
        self.types.blockSignals(was_blocked)

    @Slot()
    def _show_state(self) -> None:
        session = self.session
        self.export.setEnabled(session is not None and self.model.rowCount() > 0)
        if session is None:
            self.empty.say(self.tr("Sign in to see the account's activity."))
        elif self.model.total:
            self.empty.say(self.tr("No activity matches."), self.tr("Show everything"))
        elif session.activities.reader.progress.is_busy:
            self.empty.say(self.tr("Reading the account's activity\u2026"))
        elif session.activities.reader.progress.error is not None:
            self.empty.say(self.tr("The account's activity could not be read."))
        else:
            self.empty.say(self.tr("No activity yet. Fills, dividends, fees and transfers appear here."))
        self.show_content(is_there=bool(self.model.rowCount()))

    # ---- what is shown ------------------------------------------------------------------------------

    @Slot()
    def _filter(self) -> None:
        self.model.show_only(self.types.currentData() or "", parsed_search(self.search.text()))
        self._show_state()

    @Slot()
    def _show_everything(self) -> None:
        self.search.clear()
        self.types.setCurrentIndex(0)
        self._filter()

    @Slot(int)
    def _on_scroll_bar_value_changed(self, value: int) -> None:
        bar = self.view.verticalScrollBar()
        if bar.maximum() and value >= bar.maximum() - _END_PX:
            self.history.read_more()

    @Slot(object)
    def _choose(self, key: object) -> None:
        row = self.model.row(str(key))
        if row is not None and row.symbol:
            self.symbol_chosen.emit(row.symbol)

    @Slot(object, QPoint)
    def _show_menu(self, _key: object, where: QPoint) -> None:
        menu = popup_menu(self.tr("Activity"), self)
        export = menu.addAction(self.tr("Export\u2026"))
        export.setShortcut(QKeySequence(QKeySequence.StandardKey.Save))
        export.setEnabled(self.export.isEnabled())
        export.triggered.connect(self.ask_where)
        menu.popup(where)

    # ---- export -------------------------------------------------------------------------------------

    @Slot()
    def ask_where(self) -> None:
        """Ask for a file; what is shown is written there, as CSV or JSON."""
        if not self.export.isEnabled() or self.file_dialog is not None:
            return
        csv_files, json_files = self.tr("CSV, for spreadsheets (*.csv)"), self.tr("JSON (*.json)")
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        dialog = QFileDialog(self, self.tr("Export {count} activities").format(count=self.model.rowCount()))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([csv_files, json_files])
        dialog.setDefaultSuffix("csv")
        dialog.filterSelected.connect(
            lambda name: dialog.setDefaultSuffix("json" if name == json_files else "csv")
        )
        dialog.setDirectory(folder)
        dialog.selectFile("activities")
        dialog.fileSelected.connect(self._export_to)
        dialog.finished.connect(self._forget_dialog)
        self.file_dialog = dialog
        dialog.open()

    @Slot()
    def _forget_dialog(self) -> None:
        self.file_dialog = None

    @Slot(str)
    def _export_to(self, file: str) -> None:
        if self.session is not None and file:
            self.session.activities.export(Path(file), self.model.shown())

    @Slot(object)
    def _tell_exported(self, exported: "Exported") -> None:
        text = self.tr("{count} activities were written to {file}.")
        self.noticed.emit(
            Done(
                text.format(count=f"{exported.count:,}", file=words.outside_text(exported.path.name, 80)),
                self.history.says.text(),
            )
        )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.history.begin()
