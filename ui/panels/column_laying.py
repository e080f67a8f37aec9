"""Lays the columns of one table: what they show decides how wide they are, and the room who gives way."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QTableView

from ui.delegates.cell import CellDelegate
from ui.models.column_model import ColumnModel
from ui.panels.column_widths import fitted
from ui.panels.table_header import TableHeader

_LAYING_ROUNDS = 3
_WIDEST_PX = 400.0  # no content, whoever wrote it, takes more of the table than that


class ColumnLaying(QObject):
    """Widths hold while prices tick; a column that meets something wider grows, and stays so.

    Once the trader has resized a column, all of them are theirs.
    """

    def __init__(
        self,
        view: QTableView,
        header: TableHeader,
        model: ColumnModel[object],
        delegates: Sequence[CellDelegate],
    ) -> None:
        super().__init__(view)
        self._view, self._header, self._model, self._delegates = view, header, model, delegates
        self._is_laying = False
        self._is_by_hand = False
        self._left_out: frozenset[int] = frozenset()
        self._content_px = [0.0] * len(model.columns)  # the widest contents seen that outgrew their columns
        self._needed_px = [0.0] * len(model.columns)  # the widest parts of them that must not be cut
        self._anew = QTimer(self)
        self._anew.setSingleShot(True)
        self._anew.timeout.connect(self.lay)
        header.sectionResized.connect(self._on_header_section_resized)
        model.modelReset.connect(self._forget)
        model.rowsRemoved.connect(self._on_model_rows_removed)

    def leave_out(self, places: Collection[int]) -> None:
        """Show every column but these, which say nothing about the rows that are shown."""
        if self._left_out != frozenset(places):
            self._left_out = frozenset(places)
            self.lay()

    @Slot()
    def lay(self) -> None:
        """Give columns what they need and share the rest.

        Laying them may show or hide a scroll bar, which changes the room: then they are laid once more.
        """
        if self._is_by_hand:
            self._lead()
        if self._is_by_hand or self._is_laying:
            return
        columns = self._model.columns
        wanted = [self._header.wanted_width(place, px) for place, px in enumerate(self._content_px)]
        least = [
            self._header.least_width(place, px, needed)
            for place, (px, needed) in enumerate(zip(self._content_px, self._needed_px, strict=True))
        ]
        for place in self._left_out:
            wanted[place] = least[place] = 0
        self._is_laying = True
        for _ in range(_LAYING_ROUNDS):
            room = self._view.viewport().width()
            widths = fitted(columns, wanted, least, room)
            for place, width in enumerate(widths):
                self._header.setSectionHidden(place, width == 0)
                if width:
                    self._header.resizeSection(place, width)
            off, as_needed = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
            self._view.setHorizontalScrollBarPolicy(as_needed if sum(widths) > room else off)
            if self._view.viewport().width() == room:
                break
        self._is_laying = False
        self._lead()

    def _lead(self) -> None:
        """Where the table is wider than its room, move what has to be seen to where it is."""
        is_over = self._header.length() > self._view.viewport().width()
        for place, column in enumerate(self._model.columns):
            target = column.place_when_tight if is_over else place
            if column.place_when_tight and self._header.visualIndex(place) != target:
                self._header.moveSection(self._header.visualIndex(place), target)

    def take_wants(self) -> None:
        """Make room, after this frame, for what did not fit its cell in it."""
        for place, delegate in enumerate(self._delegates):
            wanted, delegate.wanted_px = min(delegate.wanted_px, _WIDEST_PX), 0.0
            needed, delegate.needed_px = min(delegate.needed_px, _WIDEST_PX), 0.0
            if wanted > self._content_px[place] or needed > self._needed_px[place]:
                self._content_px[place] = max(wanted, self._content_px[place])
                self._needed_px[place] = max(needed, self._needed_px[place])
                self._anew.start()

    @Slot()
    def _forget(self) -> None:
        """What was wide is gone: other rows are shown from now on."""
        if any(self._content_px):
            self._content_px = [0.0] * len(self._content_px)
            self._needed_px = [0.0] * len(self._needed_px)
            self.lay()

    @Slot()
    def _on_model_rows_removed(self) -> None:
        if not self._model.rowCount():
            self._forget()

    @Slot(int, int, int)
    def _on_header_section_resized(self, _place: int, _old: int, _new: int) -> None:
        if not self._is_laying:
            self._is_by_hand = True
            self._view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
