"""The words of Flatten: where each order and position stands, and why it is not gone yet."""

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from core.domain.flattening import (
    CANNOT_BE_READ,
    FILLED_IN_PART,
    HELD_BY_ORDERS,
    NOT_CONFIRMED,
    NOT_FILLED,
    WAITS_FOR_OPEN,
    Line,
    Stage,
)
from core.domain.intent import IntentState
from core.domain.order import Order
from core.domain.trading_block import TradingBlock
from ui import figures, refusals, sentences, words
from ui.instrument_words import short_name
from ui.theme.colors import Tone
from ui.words import QT_TRANSLATE_NOOP

translate = QCoreApplication.translate

_STAGES: dict[str, str] = {
    Stage.CANCELLING: QT_TRANSLATE_NOOP("Words", "Cancelling"),
    Stage.WAITING_FOR_CANCELS: QT_TRANSLATE_NOOP("Words", "Waits for cancels"),
    Stage.CLOSING: QT_TRANSLATE_NOOP("Words", "Closing"),
    Stage.UNKNOWN: QT_TRANSLATE_NOOP("Words", "Outcome unknown"),
    Stage.SETTLING: QT_TRANSLATE_NOOP("Words", "Filled, being confirmed"),
    Stage.RESISTS: QT_TRANSLATE_NOOP("Words", "Resists"),
    Stage.DONE: QT_TRANSLATE_NOOP("Words", "Done"),
}
_REASONS: dict[str, str] = {
    WAITS_FOR_OPEN: QT_TRANSLATE_NOOP(
        "Words", "The broker has the closing order and keeps it until the exchange opens."
    ),
    NOT_FILLED: QT_TRANSLATE_NOOP(
        "Words", "Not filled yet, though the order works: perhaps trading is halted."
    ),
    FILLED_IN_PART: QT_TRANSLATE_NOOP("Words", "The closing order is filled in part; the rest still works."),
    NOT_CONFIRMED: QT_TRANSLATE_NOOP("Words", "The broker has the cancel and does not confirm it yet."),
    HELD_BY_ORDERS: QT_TRANSLATE_NOOP("Words", "The broker says that open orders hold all of it."),
    CANNOT_BE_READ: QT_TRANSLATE_NOOP(
        "Words",
        "The broker lists it, and Bellwether cannot read it. Cancel or close it at the broker.",
    ),
    IntentState.EXPIRED.value: QT_TRANSLATE_NOOP("Words", "The closing order expired."),
    IntentState.CANCELED.value: QT_TRANSLATE_NOOP("Words", "The closing order was cancelled."),
    IntentState.REFUSED.value: QT_TRANSLATE_NOOP("Words", "Refused, without a reason."),
    IntentState.NEVER_SENT.value: QT_TRANSLATE_NOOP("Words", "It was not sent."),
}
_TONES: dict[Stage, Tone] = {Stage.DONE: "up", Stage.RESISTS: "warning", Stage.UNKNOWN: "warning"}
_BLOCKS = frozenset(block.value for block in TradingBlock) - {""}


def stage(code: Stage) -> str:
    """Where something stands, in a word or three."""
    return words.look_up(_STAGES, code)


def stage_tone(code: Stage) -> Tone:
    """What resists or is unknown stands out; what is done is green beside its word."""
    return _TONES.get(code, "muted")


def reason(code: str) -> str:
    """Why it is not gone: a sentence of ours, or the broker's own words with their meaning before them."""
    if code in _BLOCKS:
        return words.trading_block(TradingBlock(code))
    if code in _REASONS:
        return words.translated(_REASONS[code])
    plain, own = refusals.meaning(code), words.outside_text(code)
    if not plain:
        return own
    return translate("Words", "{meaning} \u201c{words}\u201d").format(meaning=plain, words=own)


def subject(line: Line, orders: Mapping[str, Order]) -> str:
    """What a line is about: an order as a sentence, or a position."""
    kind, _, name = line.key.partition(":")
    if not line.symbol and (kind != "order" or name not in orders):
        return translate("Words", "An order") if kind == "order" else translate("Words", "A position")
    if kind == "order":
        order = orders.get(name)
        return short_name(line.symbol) if order is None else sentences.order_sentence(order)
    if line.qty is None:
        return translate("Words", "Position in {symbol}").format(symbol=short_name(line.symbol))
    return translate("Words", "{side} {qty} {symbol}").format(
        side=words.position_side(line.qty < 0),
        qty=figures.quantity(abs(line.qty)),
        symbol=short_name(line.symbol),
    )
