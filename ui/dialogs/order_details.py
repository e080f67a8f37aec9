"""Everything known about one order: terms, ids, the broker's words, and when it passed each point."""

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QWidget

from core.domain.maker import Maker
from core.domain.timeline import Moment, OrderTimeline
from ui import figures, refusals, sentences, words
from ui.controls.labels import PlainLabel
from ui.dialogs.frame import DialogFrame
from ui.dialogs.terms import TermsTable
from ui.models.order_row import OrderRow
from ui.models.orders import OrdersModel
from ui.panels.pulse import Pulse
from ui.theme.theme import Theme

if TYPE_CHECKING:
    from core.services.session import Session

_EVERY_MS = 500  # for what no signal tells: the moment it was painted, the age of an unknown outcome


class _Section:
    """A table under its name, both gone while there is nothing to list."""

    def __init__(self, dialog: DialogFrame) -> None:
        self.title = PlainLabel(tone="muted")
        self.table = TermsTable(dialog.theme, {})
        dialog.body.addWidget(self.title)
        dialog.body.addWidget(self.table)

    def show(self, name: str, rows: dict[str, str]) -> None:
        self.title.show_text(name)
        self.title.setVisible(bool(rows))
        self.table.setAccessibleName(name)
        self.table.show_rows(rows)


class OrderDetails(DialogFrame):
    """Follows the order while it is open, and stays with what was known last once it is gone.

    It changes nothing.
    """

    def __init__(
        self,
        theme: Theme,
        session: "Session",
        model: OrdersModel,
        row: OrderRow,
        parent: QWidget | None = None,
    ) -> None:
        """`model` is asked for the line of `row` anew whenever something may have changed."""
        super().__init__(theme, sentences.order_sentence(row.shown), parent)
        self._session, self._model, self._row = session, model, row
        self.middle.setAccessibleName(self.tr("Order details"))
        account = session.account.account
        self.add_account(session.environment, "" if account is None else account.short_number)
        self._meaning = PlainLabel(tone="warning", wrap=True)
        self.body.addWidget(self._meaning)
        self._refusal, self._facts = _Section(self), _Section(self)
        self._timeline, self._percentiles = _Section(self), _Section(self)
        self.add_cancel(self.tr("Close"))
        session.orders.orders_changed.connect(self.refresh)
        session.orders.intents_changed.connect(self.refresh)
        session.orders.own_orders_known.connect(self.refresh)
        self._pulse = Pulse(self, every_ms=_EVERY_MS)
        self._pulse.beat.connect(self.refresh)
        self._pulse.set_on(True)
        self.refresh()

    @property
    def refusal(self) -> TermsTable:
        """The broker's words, if it refused."""
        return self._refusal.table

    @property
    def facts(self) -> TermsTable:
        """What is known of the order."""
        return self._facts.table

    @property
    def timeline(self) -> TermsTable:
        """When it passed each point."""
        return self._timeline.table

    @property
    def percentiles(self) -> TermsTable:
        """How fast the orders of this session were."""
        return self._percentiles.table

    @Slot()
    def refresh(self) -> None:
        """Show the order as it is now; unchanged texts cost nothing."""
        self._row = self._model.row(self._row.key) or self._row
        self.heading.show_text(sentences.order_sentence(self._row.shown))
        self._show_refusal()
        self._facts.show(self.tr("Order"), self._known())
        self._show_timeline()

    def _show_refusal(self) -> None:
        intent = self._row.waiting
        reason = self._row.shown.reject_reason or ("" if intent is None else intent.reason)
        plain = refusals.meaning(reason) if reason else ""
        self._meaning.show_text(plain)
        self._meaning.setVisible(bool(plain))
        rows = {}
        if reason:
            rows[self.tr("The broker's words")] = words.outside_text(reason)
            if intent is not None and intent.request_id:
                rows[self.tr("Request id")] = words.outside_text(intent.request_id, 64)
        self._refusal.show(self.tr("Refusal"), rows)

    def _known(self) -> dict[str, str]:
        shown, row = self._row.shown, self._row
        rows = {
            self.tr("Status"): self._model.words.status_text(row),
            self.tr("Filled"): sentences.fill_sentence(shown) if shown.filled_qty else figures.MISSING,
            self.tr("Type"): words.order_type(shown.type),
            self.tr("Time in force"): words.time_in_force(shown.time_in_force),
            self.tr("Submitted"): _moment(shown.submitted_at),
            self.tr("Updated"): _moment(shown.updated_at),
        }
        if shown.order_class not in ("", "simple"):
            rows[self.tr("Class")] = words.order_class(shown.order_class)
        for leg in shown.legs:
            rows[sentences.order_sentence(leg)] = words.order_status(leg)
        for number, fill in enumerate(self._session.orders.executions(shown.id) if shown.id else (), 1):
            label = self.tr("Execution {number}").format(number=number)
            rows[label] = f"{figures.quantity(fill.qty)} @ {figures.exact_price(fill.price, shown.symbol)}"
        rows[self.tr("Placed by")] = self._maker()
        rows[self.tr("Order id")] = words.outside_text(shown.id, 64) or figures.MISSING
        rows[self.tr("Our id")] = words.outside_text(shown.client_order_id, 64)
        if shown.replaces:
            rows[self.tr("Replaces")] = words.outside_text(shown.replaces, 64)
        if shown.replaced_by:
            rows[self.tr("Replaced by")] = words.outside_text(shown.replaced_by, 64)
        return rows

    def _maker(self) -> str:
        row = self._row
        if row.is_leg:  # whoever placed its parent; the broker gives it an id of its own making
            row = self._model.row(row.parent_key) or row
        if self._row.intent is not None or row.order is None:
            return self.tr("Bellwether")
        match self._session.orders.maker_of(row.order):
            case Maker.OURS:
                return self.tr("Bellwether")
            case Maker.UNDECIDED:
                return self.tr("Bellwether; whether here is not known without the order journal")
            case Maker.UNRECORDED:
                return self.tr("Bellwether on another computer, or lost from this computer's journal")
            case Maker.OTHER:
                return self.tr("another program")

    def _show_timeline(self) -> None:
        timing = self._session.orders.timing
        line = timing.timeline(self._row.shown.client_order_id)
        if line is None:
            not_recorded = {self.tr("Not recorded"): self.tr("placed before this session")}
            self._timeline.show(self.tr("Timeline"), not_recorded)
            self._percentiles.show("", {})
            return
        self._timeline.show(self.tr("Timeline: since the click, since the step before"), timeline_rows(line))
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
        self._percentiles.show(self.tr("This session: half of the orders within"), rows)


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
        step = f"+{figures.milliseconds(at_ms - before)}" if moment is not Moment.CLICKED else ""
        rows[names[moment]] = f"{figures.milliseconds(at_ms)}   {step}".strip()
        before = at_ms
    return rows


def _moment(at: datetime | None) -> str:
    return figures.MISSING if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
