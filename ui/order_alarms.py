"""Tells at once when an order is not what it should be, and when the journal stops orders from leaving."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from core.domain.alarm import Alarm, AlarmKind
from core.domain.money import plain
from core.errors import StorageFailed
from ui import words
from ui.instrument_words import short_name
from ui.notice import NoticeBar
from ui.words import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from core.services.orders import OrderDesk

_HEADLINES: dict[str, str] = {
    AlarmKind.OVERFILL: QT_TRANSLATE_NOOP(
        "Words", "{symbol}: {filled} were filled, although the order was for {qty}."
    ),
    AlarmKind.TOTAL_FELL: QT_TRANSLATE_NOOP(
        "Words", "{symbol}: the broker now says that {filled} were filled, fewer than it said before."
    ),
    AlarmKind.BUSTED: QT_TRANSLATE_NOOP("Words", "{symbol}: an execution was undone. {filled} are filled."),
    AlarmKind.CORRECTED: QT_TRANSLATE_NOOP(
        "Words", "{symbol}: the price or quantity of an execution was corrected. {filled} are filled."
    ),
    AlarmKind.UNREADABLE_ORDER: QT_TRANSLATE_NOOP(
        "Words", "Orders listed by the broker that this version of Bellwether cannot read: {count}{names}."
    ),
    AlarmKind.UNREADABLE_POSITION: QT_TRANSLATE_NOOP(
        "Words", "Positions listed by the broker that this version of Bellwether cannot read: {count}{names}."
    ),
}
_REMEDIES: dict[str, str] = {
    AlarmKind.OVERFILL: QT_TRANSLATE_NOOP(
        "Words", "The broker's count is shown. Check your position, and ask the broker's support."
    ),
    AlarmKind.TOTAL_FELL: QT_TRANSLATE_NOOP(
        "Words", "The order keeps its higher count here. Check it at the broker before you trade on it."
    ),
    AlarmKind.BUSTED: QT_TRANSLATE_NOOP("Words", "The order is read again. Check your position."),
    AlarmKind.CORRECTED: QT_TRANSLATE_NOOP("Words", "The order is read again. Check your position."),
    AlarmKind.UNREADABLE_ORDER: QT_TRANSLATE_NOOP(
        "Words", "They are not shown as they are, and may be filled all the same. Check them at the broker."
    ),
    AlarmKind.UNREADABLE_POSITION: QT_TRANSLATE_NOOP(
        "Words", "They are not shown here and count in no figure. Check them at the broker."
    ),
}
_MOST_NAMES = 3


class OrderAlarms(QObject):
    """Follows one order desk at a time, and puts what it says into the notices."""

    def __init__(self, notices: NoticeBar) -> None:
        super().__init__(notices)
        self._notices = notices
        self._orders: OrderDesk | None = None

    def follow(self, orders: "OrderDesk | None") -> None:
        """Tell of this desk from now on, or of none."""
        if self._orders is not None:
            self._orders.alarmed.disconnect(self._show)
            self._orders.journal_failed.disconnect(self._show_failure)
        self._orders = orders
        if orders is not None:
            orders.alarmed.connect(self._show)
            orders.journal_failed.connect(self._show_failure)

    @Slot(object)
    def _show(self, alarm: Alarm) -> None:
        headline = words.look_up(_HEADLINES, alarm.kind).format(
            symbol=short_name(alarm.symbol),
            filled=plain(alarm.filled_qty),
            qty="" if alarm.qty is None else plain(alarm.qty),
            count=alarm.count,
            names=_in_brackets(alarm.names),
        )
        self._notices.show_text(headline, words.look_up(_REMEDIES, alarm.kind), "problem")

    @Slot(object)
    def _show_failure(self, error: StorageFailed) -> None:
        self._notices.show_error(error)


def _in_brackets(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    shown = ", ".join(words.outside_text(name) for name in names[:_MOST_NAMES])
    return f" ({shown}, \u2026)" if len(names) > _MOST_NAMES else f" ({shown})"
