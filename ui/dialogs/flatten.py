"""Flatten on screen: the question that comes first, and the window that shows every step of the way."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from core.domain.environment import Environment
from core.domain.flattening import Line
from core.domain.order import Order
from core.errors import AppError
from core.services.clock import Clock
from ui import figures
from ui.controls.labels import PlainLabel
from ui.dialogs.frame import DialogFrame
from ui.dialogs.question import Question
from ui.models.flatten import FlattenModel
from ui.panels.pulse import Pulse
from ui.panels.table_view import TableView
from ui.theme.theme import Theme

_LISTED = 8
_SIZE = (980, 460)
_EVERY_MS = 500
_NS_PER_S = 1_000_000_000


class FlattenQuestion(Question):
    """Says exactly what will be cancelled and closed; on a live account its end is typed first."""

    def __init__(
        self,
        theme: Theme,
        orders: Sequence[str],
        closes: Sequence[str],
        environment: Environment,
        short_number: str,
        parent: QWidget | None = None,
    ) -> None:
        # Before the base class is ready there is no `self.tr`.
        translate = QCoreApplication.translate
        super().__init__(
            theme,
            translate("FlattenQuestion", "Flatten the account?"),
            translate("FlattenQuestion", "Flatten: cancel {orders}, close {positions}").format(
                orders=len(orders), positions=len(closes)
            ),
            kind="danger",
            parent=parent,
        )
        self._short_number = short_number
        self.typed: QLineEdit | None = None
        self.add_account(environment, short_number)
        self._add_list(self.tr("Orders to be cancelled: {count}").format(count=len(orders)), orders)
        self._add_list(self.tr("Positions to be closed: {count}").format(count=len(closes)), closes)
        self.add_text(
            self.tr(
                "Every order is cancelled first, also those of other programs. Then each position is closed "
                "with a market order, at whatever price the market gives. It goes on, and shows what "
                "resists, until the broker confirms that nothing is left or you stop it."
            )
        )
        if environment is Environment.LIVE:
            self._add_gate()

    def _add_list(self, heading: str, lines: Sequence[str]) -> None:
        self.body.addWidget(PlainLabel(heading, font=self.theme.fonts.strong))
        shown = list(lines[:_LISTED])
        if len(lines) > _LISTED:
            shown.append(self.tr("and {count} more").format(count=len(lines) - _LISTED))
        if shown:
            self.add_text("\n".join(shown))

    def add_warning(self, text: str) -> None:
        """Say something that changes what the trader may expect."""
        self.body.addWidget(PlainLabel(text, tone="warning", wrap=True))

    def _add_gate(self) -> None:
        text = self.tr("This is real money. Type the last four characters of the account's number.")
        self.foot.addWidget(PlainLabel(text, tone="warning", wrap=True))
        self.typed = QLineEdit()
        self.typed.setAccessibleName(self.tr("Last four characters of the live account's number"))
        self.typed.setPlaceholderText(self.tr("Last four characters"))
        self.typed.setMaxLength(8)
        self.typed.textChanged.connect(self._on_typed)
        self.foot.addWidget(self.typed)
        self.typed.setFocus()

    @property
    def may_confirm(self) -> bool:
        """Whether the account is a paper one, or its end was typed."""
        if self.typed is None:
            return True
        return bool(self._short_number) and self.typed.text().strip().upper() == self._short_number.upper()

    @Slot()
    def _on_typed(self) -> None:
        self.deed.setEnabled(self.is_armed and self.may_confirm)


class FlattenWindow(DialogFrame):
    """Not modal, and kept by whoever made it: closing it hides it, and stops nothing."""

    stop_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        clock: Clock,
        environment: Environment,
        short_number: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, QCoreApplication.translate("FlattenWindow", "Flattening\u2026"), parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        self.setModal(False)
        room = self.screen().availableGeometry().size()
        self.resize(QSize(*_SIZE).boundedTo(room))
        self._clock = clock
        self._began_ns = clock.monotonic_ns()
        self._report, self._folder = "", ""
        self.add_account(environment, short_number)
        self.says = self.add_text("")
        self.model = FlattenModel(self)
        self.view = TableView(theme, self.model, self.tr("Orders and positions on the way to flat"))
        self.body.addWidget(self.view, 1)
        if isinstance(column := self.layout(), QVBoxLayout):
            # The table takes the room, not the frame's own spring.
            column.setStretchFactor(self.middle, 1_000)
        self.kept = PlainLabel("", tone="muted", wrap=True)
        self.kept.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addWidget(self.kept)
        self.kept.hide()
        self.folder = self.add_button(self.tr("Open folder"))
        self.folder.clicked.connect(self._open_folder)
        self.copy = self.add_button(self.tr("Copy the report"))
        self.copy.clicked.connect(self._copy)
        self.close_button = self.add_button(self.tr("Hide"))
        self.close_button.clicked.connect(self.hide)
        self.stop = self.add_button(self.tr("Stop"), kind="danger")
        self.stop.clicked.connect(self.stop_requested)
        for button in (self.folder, self.copy):
            button.hide()
        self._pulse = Pulse(self, _EVERY_MS, clock.monotonic_ns)
        self._pulse.beat.connect(self._grow_older)
        self._pulse.set_on(True)
        self._grow_older()

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return bool(self._report)

    def show_lines(self, lines: Iterable[Line], orders: Mapping[str, Order]) -> None:
        """Show where everything stands now."""
        self.model.show_lines(lines, orders, self._clock.monotonic_ns())
        self._say_progress()

    def show_end(self, outcome: str, report: str, *, is_flat: bool) -> None:
        """The run is over: say how, and let the report be copied."""
        self._pulse.set_on(False)
        self._report = report
        self.heading.show_text(outcome, "up" if is_flat else "warning")
        self.entitle(outcome.rstrip("."))
        self._say_progress()
        self.stop.hide()
        self.copy.show()
        self.close_button.show_text(self.tr("Close"))
        self.kept.show_text(self.tr("Saving the report\u2026"))
        self.kept.show()

    def show_kept(self, path: Path) -> None:
        """The report is on disk."""
        self._folder = str(path.parent)
        self.kept.show_text(self.tr("Report saved: {path}").format(path=path), "muted")
        self.folder.show()

    def show_not_kept(self, error: AppError) -> None:
        """The report is only here."""
        self.kept.show_text(f"{error.headline} {error.remedy}", "warning")

    @property
    def elapsed_s(self) -> int:
        """For how many seconds the run has been going on."""
        return int((self._clock.monotonic_ns() - self._began_ns) // _NS_PER_S)

    @Slot()
    def _grow_older(self) -> None:
        self.model.grow_older(self._clock.monotonic_ns())
        self._say_progress()

    def _say_progress(self) -> None:
        total = self.model.rowCount()
        self.says.show_text(
            self.tr("{done} of {total} done in {time}").format(
                done=self.model.done, total=total, time=figures.countdown(self.elapsed_s)
            )
            if total
            else self.tr("Asking the broker what is open\u2026")
            if not self.is_over
            else self.tr("There was nothing to cancel or to close.")
        )

    @Slot()
    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._folder))

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)

    def reject(self) -> None:
        # Escape and the window's own cross: what goes on is shown again by the Flatten button.
        self.hide()
