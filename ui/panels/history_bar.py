"""How far back a list is known, under its table: reads on, shows how it goes, stops."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui import words
from ui.controls.labels import ElidedLabel
from ui.panels.bindings import Bindings
from ui.theme.buttons import LinkButton

if TYPE_CHECKING:
    from core.services.history_reader import HistoryProgress, HistoryReader

_HEIGHT_PX = 28
_START = datetime(1970, 1, 1, tzinfo=UTC)


class HistoryBar(QWidget):
    """One line and the steps that are possible now. The list itself is the panel's matter."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reader: HistoryReader[Any] | None = None
        self._bindings = Bindings()
        self.setAccessibleName(name)
        self.setFixedHeight(_HEIGHT_PX)
        self.says = ElidedLabel("", tone="muted")
        self.more = LinkButton(self.tr("Load older"))
        self.all = LinkButton(self.tr("Load all"))
        self.halt = LinkButton(self.tr("Stop"))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self.says, 1)
        for button in (self.more, self.all, self.halt):
            row.addWidget(button)
        self.more.clicked.connect(self.read_more)
        self.all.clicked.connect(self._read_all)
        self.halt.clicked.connect(self._stop)
        self.setVisible(False)

    def bind(self, reader: "HistoryReader[Any]") -> None:
        """Show and steer this reader from now on; nothing is read before `begin`."""
        self.unbind()
        self._reader = reader
        self._bindings.connect(reader.progress_changed, self._show)
        self._show(reader.progress)

    def unbind(self) -> None:
        """Forget the reader."""
        self._bindings.clear()
        self._reader = None

    def begin(self) -> None:
        """Somebody looks at the past: show what is kept here, and the newest page."""
        if self._reader is not None and self._reader.progress.reached is None:
            self._reader.read()

    @Slot()
    def read_more(self) -> None:
        """Read one more page, unless something is being read or there is no more."""
        if self._reader is not None and not self._reader.progress.is_busy:
            self._reader.read()

    @Slot()
    def _read_all(self) -> None:
        if self._reader is not None:
            self._reader.read_all()

    @Slot()
    def _stop(self) -> None:
        if self._reader is not None:
            self._reader.pause()

    @Slot(object)
    def _show(self, progress: "HistoryProgress") -> None:
        is_whole = progress.reached == _START
        self.halt.setVisible(progress.is_busy)
        for button in (self.more, self.all):
            button.setVisible(not progress.is_busy and not is_whole)
        self.says.show_text(self._sentence(progress, is_whole=is_whole))

    def _sentence(self, progress: "HistoryProgress", *, is_whole: bool) -> str:
        count = f"{progress.count:,}"
        reached = "" if progress.reached is None else f"{progress.reached.astimezone():%Y-%m-%d}"
        if progress.phase == "failed" and progress.error is not None:
            reason = words.outside_text(f"{progress.error.headline} {progress.error.remedy}")
            return self.tr("Reading stopped: {reason}").format(reason=reason)
        if progress.phase == "waiting":
            reason = "" if progress.error is None else words.outside_text(progress.error.headline)
            return self.tr("Waiting to read on: {reason}").format(reason=reason)
        if progress.phase == "disk":
            return self.tr("Reading what is kept on this computer\u2026 {count}").format(count=count)
        if progress.is_busy and not reached:
            return self.tr("Reading from the broker\u2026")
        if progress.is_busy:
            text = self.tr("Reading from the broker\u2026 {count} so far, back to {date}")
        elif is_whole:
            text = self.tr("{count} listed \u00b7 that is all of it")
        elif reached:
            text = self.tr("{count} listed \u00b7 complete back to {date}")
        else:
            text = ""
        return text.format(count=count, date=reached)
