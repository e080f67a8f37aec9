"""Keeps a table's selection and what is in view while rows come, go and are arranged anew."""

from collections.abc import Hashable
from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QObject, Slot
from PySide6.QtWidgets import QTableView

from ui.models.column_model import ColumnModel

_FLAGS = QItemSelectionModel.SelectionFlag


class KeptView(QObject):
    """At the very top new rows are let in; scrolled down, what the trader reads stays where it is."""

    def __init__(self, view: QTableView, model: ColumnModel[Any]) -> None:
        super().__init__(view)
        self._view, self._model = view, model
        self._current: tuple[Hashable, int] | None = None
        self._selected: list[Hashable] = []
        self._top: Hashable | None = None
        self._offset = 0
        model.modelAboutToBeReset.connect(self._remember)
        model.modelReset.connect(self._restore)
        model.rowsAboutToBeInserted.connect(self._hold)
        model.rowsAboutToBeRemoved.connect(self._hold)
        model.rowsInserted.connect(self._let_go)
        model.rowsRemoved.connect(self._let_go)

    @Slot()
    def _remember(self) -> None:
        index = self._view.currentIndex()
        self._current = (self._model.key_at(index.row()), index.column()) if index.isValid() else None
        selection = self._view.selectionModel()
        self._selected = [self._model.key_at(index.row()) for index in selection.selectedRows()]
        self._hold()

    @Slot()
    def _restore(self) -> None:
        """Qt's own views have forgotten everything by now; nobody has chosen anything, so nothing is said."""
        selection = self._view.selectionModel()
        was_blocked = selection.blockSignals(True)
        for key in self._selected:
            if (place := self._model.place_of(key)) is not None:
                selection.select(self._model.index(place, 0), _FLAGS.Select | _FLAGS.Rows)
        if self._current is not None and (place := self._model.place_of(self._current[0])) is not None:
            selection.setCurrentIndex(self._model.index(place, self._current[1]), _FLAGS.NoUpdate)
        selection.blockSignals(was_blocked)
        self._selected, self._current = [], None
        self._let_go()
        self._view.viewport().update()

    @Slot()
    def _hold(self) -> None:
        bar = self._view.verticalScrollBar()
        top = self._view.indexAt(self._view.viewport().rect().topLeft()) if bar.value() else QModelIndex()
        self._top = self._model.key_at(top.row()) if top.isValid() else None
        self._offset = self._view.rowViewportPosition(top.row()) if top.isValid() else 0

    @Slot()
    def _let_go(self) -> None:
        top, self._top = self._top, None
        place = None if top is None else self._model.place_of(top)
        if place is None:
            return
        self._view.updateGeometry()
        bar = self._view.verticalScrollBar()
        bar.setValue(bar.value() + self._view.rowViewportPosition(place) - self._offset)
