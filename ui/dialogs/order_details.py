"""Everything known about one order: terms, ids, the broker's words, and when it passed each point."""

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from core.domain.timeline import Moment, OrderTimeline
from ui import figures, refusals, sentences, words
from ui.controls.labels import PlainLabel
from ui.dialogs.frame import DialogFrame
from ui.dialogs.terms import TermsTable
from ui.models.order_row import OrderRow
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session

_HEIGHT_PX = 420


class OrderDetails(DialogFrame):
    """Shows what is known at the moment it is opened; it changes nothing."""

    def __init__(
        self, theme: Theme, session: "Session", row: OrderRow, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, sentences.order_sentence(row.shown), parent)
        self._session, self._row = session, row
        account = session.account.account
        self.add_account(session.environment, "" if account is None else account.short_number)
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(12)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumHeight(_HEIGHT_PX)
        scroll.setAccessibleName(self.tr("Order details"))
        scroll.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        self.body.addWidget(scroll)
        self._add_refusal()
        self.facts = self._table(self.tr("Order"), self._facts())
        self.timeline = self._add_timeline()
        self._column.addStretch(1)
        self.add_cancel(self.tr("Close"))

    def _table(self, name: str, rows: dict[str, str]) -> TermsTable:
        self._column.addWidget(PlainLabel(name, tone="muted"))
        table = TermsTable(self.theme, {}, name)
        for label, value in rows.items():
            table.add_row(label, label, value)
        self._column.addWidget(table)
        return table

    def _add_refusal(self) -> None:
        intent = self._row.waiting
        reason = self._row.shown.reject_reason or ("" if intent is None else intent.reason)
        if not reason:
            return
        if plain := refusals.meaning(reason):
            self._column.addWidget(PlainLabel(plain, tone="warning", wrap=True))
        rows = {self.tr("The broker's words"): words.outside_text(reason)}
        if intent is not None and intent.request_id:
            rows[self.tr("Request id")] = words.outside_text(intent.request_id, 64)
        self.refusal = self._table(self.tr("Refusal"), rows)

    def _facts(self) -> dict[str, str]:
        shown, row = self._row.shown, self._row
        status = words.intent_state(row.intent) if row.intent is not None else words.order_status(shown)
        rows = {
            self.tr("Status"): status,
            self.tr("Filled"): sentences.fill_sentence(shown) if shown.filled_qty else figures.MISSING,
            self.tr("Type"): words.order_type(shown.type),
            self.tr("Time in force"): words.time_in_force(shown.time_in_force),
            self.tr("Submitted"): _moment(shown.submitted_at),
            self.tr("Updated"): _moment(shown.updated_at),
        }
        if shown.order_class not in ("", "simple"):
            rows[self.tr("Class")] = words.outside_text(shown.order_class, 20)
        for leg in shown.legs:
            rows[sentences.order_sentence(leg)] = words.order_status(leg)
        for number, fill in enumerate(self._session.orders.executions(shown.id) if shown.id else (), 1):
            label = self.tr("Execution {number}").format(number=number)
            rows[label] = f"{figures.quantity(fill.qty)} @ {figures.exact_price(fill.price)}"
        own = self._session.orders.is_own(shown) if row.intent is None else True
        rows[self.tr("Placed by")] = self.tr("Bellwether") if own else self.tr("another program")
        rows[self.tr("Order id")] = words.outside_text(shown.id, 64) or figures.MISSING
        rows[self.tr("Our id")] = words.outside_text(shown.client_order_id, 64)
        if shown.replaces:
            rows[self.tr("Replaces")] = words.outside_text(shown.replaces, 64)
        if shown.replaced_by:
            rows[self.tr("Replaced by")] = words.outside_text(shown.replaced_by, 64)
        return rows

    def _add_timeline(self) -> TermsTable:
        timing = self._session.orders.timing
        line = timing.timeline(self._row.shown.client_order_id)
        if line is None:
            return self._table(
                self.tr("Timeline"), {self.tr("Not recorded"): self.tr("placed before this session")}
            )
        table = self._table(self.tr("Timeline: since the click, since the step before"), timeline_rows(line))
        rows: dict[str, str] = {}
        for first, last, name in (
            (Moment.CLICKED, Moment.WRITTEN, self.tr("Click to wire")),
            (Moment.WRITTEN, Moment.ANSWERED, self.tr("Wire to answer")),
            (Moment.CLICKED, Moment.PAINTED, self.tr("Click to painted")),
        ):
            if (found := timing.between(first, last)) is not None:
                rows[f"{name} ({found.count})"] = self.tr("{p50}, 95 %: {p95}, 99 %: {p99}").format(
                    p50=figures.milliseconds(found.p50_ms),
                    p95=figures.milliseconds(found.p95_ms),
                    p99=figures.milliseconds(found.p99_ms),
                )
        if rows:
            self.percentiles = self._table(self.tr("This session: half of the orders within"), rows)
        return table


def timeline_rows(line: OrderTimeline) -> dict[str, str]:
    """Each moment with the time since the click and since the moment before it; in the order passed."""
    translate = QCoreApplication.translate
    names = {
        Moment.CLICKED: translate("OrderDetails", "Click"),
        Moment.VALIDATED: translate("OrderDetails", "Checked"),
        Moment.JOURNALED: translate("OrderDetails", "In the journal"),
        Moment.WRITTEN: translate("OrderDetails", "Sent"),
        Moment.FIRST_BYTE: translate("OrderDetails", "First byte of the answer"),
        Moment.ANSWERED: translate("OrderDetails", "Answer read"),
        Moment.HEARD: translate("OrderDetails", "Told by the stream"),
        Moment.PAINTED: translate("OrderDetails", "Painted"),
    }
    passed = sorted(line.since_click_ms.items(), key=lambda pair: pair[1])
    rows: dict[str, str] = {}
    before = 0.0
    for moment, at_ms in passed:
        step = figures.milliseconds(at_ms - before, sign=True) if moment is not Moment.CLICKED else ""
        rows[names[moment]] = f"{figures.milliseconds(at_ms)}   {step}".strip()
        before = at_ms
    return rows


def _moment(at: datetime | None) -> str:
    return figures.MISSING if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
