"""Where a figure of a position comes from: formula, numbers, inputs with times, the broker's own figure."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from core.domain.freshness import NS_PER_S, age_s
from core.domain.provenance import Figure, InputName, Provenance
from core.services.clock import Clock
from ui import figures
from ui import provenance_words as told
from ui.controls.box import RaisedBox
from ui.controls.choices import label_for_ears
from ui.controls.fields import ChoiceField
from ui.controls.labels import PlainLabel
from ui.dialogs.frame import DialogFrame
from ui.dialogs.terms import TermsTable
from ui.instrument_words import short_name
from ui.panels.chip_label import ChipLabel
from ui.panels.pulse import Pulse
from ui.theme.theme import Theme

_WIDTH_PX = 640
_EVERY_MS = 500
_COLUMNS = 6


class InputsTable(RaisedBox):
    """The inputs, one a line."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, QCoreApplication.translate("InputsTable", "Inputs"), parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 10, 12, 10)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(6)
        self._labels: list[list[PlainLabel]] = []
        right = Qt.AlignmentFlag.AlignRight
        self._aligned = (Qt.AlignmentFlag.AlignLeft, right, Qt.AlignmentFlag.AlignLeft, right, right, right)
        titles = (
            self.tr("Input"),
            self.tr("Value"),
            self.tr("Source"),
            self.tr("Exchange time"),
            self.tr("Received"),
            self.tr("Age"),
        )
        for column, title in enumerate(titles):
            head = PlainLabel(title, tone="faint", font=theme.fonts.small, align=self._aligned[column])
            self._grid.addWidget(head, 0, column)

    def show_rows(self, rows: list[tuple[str, ...]]) -> None:
        """Show exactly these rows; labels are kept, so that nothing flickers."""
        while len(self._labels) < len(rows):
            line = len(self._labels) + 1
            labels = [
                PlainLabel(
                    tone="text" if column == 1 else "muted",
                    font=self.theme.fonts.strong if column == 1 else None,
                    align=self._aligned[column],
                )
                for column in range(_COLUMNS)
            ]
            for column, label in enumerate(labels):
                self._grid.addWidget(label, line, column)
            self._labels.append(labels)
        for number, labels in enumerate(self._labels):
            for column, label in enumerate(labels):
                is_there = number < len(rows)
                label.setVisible(is_there)
                if is_there:
                    label.show_text(rows[number][column])

    @property
    def text(self) -> str:
        """The rows as lines of text, for tests."""
        return "\n".join(
            " | ".join(label.text() for label in labels)
            for labels in self._labels
            if not labels[0].isHidden()
        )


class ProvenanceDialog(DialogFrame):
    """Follows the figure while it is open; `explain` is asked anew twice a second."""

    def __init__(
        self,
        theme: Theme,
        clock: Clock,
        symbol: str,
        figure: Figure,
        explain: Callable[[Figure], Provenance | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, short_name(symbol), parent)
        self._symbol = symbol
        self._clock, self._explain = clock, explain
        self.setMinimumWidth(_WIDTH_PX)
        self.choice = ChoiceField(self.tr("Which figure"))
        for each in Figure:
            self.choice.addItem(told.figure_name(each), each.value)
        self.choice.setCurrentIndex(self.choice.findData(figure.value))
        label_for_ears(self.choice, self)
        self.value = PlainLabel(font=theme.fonts.sized(16, strong=True), align=Qt.AlignmentFlag.AlignRight)
        row = QHBoxLayout()
        row.addWidget(self.choice)
        row.addWidget(self.value, 1)
        self.body.addLayout(row)
        self.formula = self.add_text("")
        self.numbers = PlainLabel(wrap=True)
        self.numbers.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.body.addWidget(self.numbers)
        self.inputs = InputsTable(theme)
        self.body.addWidget(self.inputs)
        self.comparison = TermsTable(theme, {}, self.tr("Beside the broker's own figure"))
        for name, label in (
            ("ours", self.tr("Ours, at the broker's price")),
            ("broker", self.tr("The broker's own figure")),
            ("difference", self.tr("Difference")),
        ):
            self.comparison.add_row(name, label, "")
        self.body.addWidget(self.comparison)
        self.verdict = ChipLabel(theme)
        self.body.addWidget(self.verdict, 0, Qt.AlignmentFlag.AlignLeft)
        self.note = self.add_text("")
        close = self.add_button(self.tr("Close"), is_default=True)
        close.clicked.connect(self.accept)
        self.choice.currentIndexChanged.connect(self.refresh)
        self._pulse = Pulse(self, _EVERY_MS, clock.monotonic_ns)
        self._pulse.beat.connect(self.refresh)
        self._pulse.set_on(True)
        self.refresh()

    @property
    def figure(self) -> Figure:
        """The figure that is explained."""
        return Figure(self.choice.currentData())

    @Slot()
    def refresh(self) -> None:
        """Explain the figure as it is now."""
        explained = self._explain(self.figure)
        if explained is None:
            self._pulse.set_on(False)
            self.note.show_text(self.tr("The position is closed; these were its last figures."), "warning")
            return
        self.value.set_caption(told.figure_name(explained.figure))
        self.value.show_text(told.value(explained.figure, explained.value, self._symbol))
        self.formula.show_text(told.formula(explained))
        self.numbers.show_text(told.numbers(explained, self._symbol))
        self.numbers.setVisible(bool(self.numbers.text()))
        self.inputs.show_rows([self._row(explained, place) for place in range(len(explained.inputs))])
        self._compare(explained)

    def _row(self, explained: Provenance, place: int) -> tuple[str, ...]:
        one = explained.inputs[place]
        now_ns, wall_ns = self._clock.monotonic_ns(), self._clock.wall_ns()
        age = age_s(one.received_ns, now_ns)
        received = figures.MISSING if one.received_ns is None else _time(wall_ns - (now_ns - one.received_ns))
        exchange = _time(one.exchange_ns) if one.exchange_ns else figures.MISSING
        if one.name is InputName.FILLS and one.exchange_ns:
            since = datetime.fromtimestamp(one.exchange_ns / NS_PER_S, UTC).astimezone(figures.market_zone())
            exchange = self.tr("since {date}").format(date=f"{since:%Y-%m-%d}")
        return (
            told.input_name(one),
            told.input_value(one, self._symbol),
            told.origin(one),
            exchange,
            received,
            figures.age(age),
        )

    def _compare(self, explained: Provenance) -> None:
        found = explained.comparison
        self.comparison.setVisible(found is not None)
        if found is None:
            self.verdict.show_text("")
            self.note.show_text(
                self.tr("The broker gives no figure of its own that this could be compared with.")
            )
            return
        shown = self.comparison.shown
        is_price = explained.figure is Figure.AVERAGE
        spell = partial(figures.exact_price, symbol=self._symbol) if is_price else figures.money
        shown["ours"].show_text(spell(found.ours))
        shown["broker"].show_text(spell(found.broker))
        shown["difference"].show_text(figures.fixed(found.difference, 4 if is_price else 2, sign=True))
        if found.is_odd:
            self.verdict.show_text(self.tr("Differs by more than rounding"), "warning")
            self.note.show_text(
                self.tr("The broker's figure counts. Compare the fills with what you remember, and ask it.")
            )
        else:
            self.verdict.show_text(self.tr("Agrees"), "up")
            self.note.show_text(
                self.tr("Both at the same price, so that what the market did since the read does not count.")
            )


def _time(at_ns: int) -> str:
    return figures.local_time(datetime.fromtimestamp(at_ns / NS_PER_S, UTC), milliseconds=True)
