"""The words for where a figure comes from: its name, its formula, its inputs and their sources."""

from decimal import Decimal

from core.domain.provenance import Figure, Formula, Input, InputName, Origin, Provenance
from ui import figures, words
from ui.words import QT_TRANSLATE_NOOP

_FIGURES: dict[str, str] = {
    Figure.AVERAGE: QT_TRANSLATE_NOOP("Words", "Average price"),
    Figure.MARK: QT_TRANSLATE_NOOP("Words", "Mark"),
    Figure.VALUE: QT_TRANSLATE_NOOP("Words", "Value"),
    Figure.DAY: QT_TRANSLATE_NOOP("Words", "Day P&L"),
    Figure.UNREALISED: QT_TRANSLATE_NOOP("Words", "Unrealised"),
    Figure.PERCENT: QT_TRANSLATE_NOOP("Words", "Unrealised percent"),
    Figure.REALISED_DAY: QT_TRANSLATE_NOOP("Words", "Realised today"),
    Figure.REALISED: QT_TRANSLATE_NOOP("Words", "Realised"),
}
_FORMULAS: dict[str, str] = {
    Formula.BROKER_AVERAGE: QT_TRANSLATE_NOOP("Words", "The broker's average entry price, as it was read."),
    Formula.PRICE: QT_TRANSLATE_NOOP("Words", "A price as it came; nothing is reckoned."),
    Formula.MIDDLE: QT_TRANSLATE_NOOP("Words", "(bid + ask) \u00f7 2"),
    Formula.VALUE: QT_TRANSLATE_NOOP("Words", "quantity \u00d7 mark"),
    Formula.DAY_FROM_BROKER: QT_TRANSLATE_NOOP(
        "Words", "broker's gain of the day + quantity \u00d7 (mark \u2212 broker's price)"
    ),
    Formula.DAY_FROM_CLOSE: QT_TRANSLATE_NOOP("Words", "quantity \u00d7 (mark \u2212 previous close)"),
    Formula.UNREALISED: QT_TRANSLATE_NOOP("Words", "quantity \u00d7 (mark \u2212 average price)"),
    Formula.PERCENT: QT_TRANSLATE_NOOP("Words", "(mark \u2212 average price) \u00f7 average price"),
    Formula.FILLS: QT_TRANSLATE_NOOP(
        "Words", "For every fill that closed: quantity \u00d7 (its price \u2212 average price). Without fees."
    ),
}
_REALISED_DAY = QT_TRANSLATE_NOOP(
    "Words",
    "The day begins at 20:00 New York time the evening before, with the overnight session; weekends count "
    "for Friday. The broker\u2019s day change counts from the close at 16:00, so that later fills are in two "
    "of its days.",
)
_INPUTS: dict[str, str] = {
    InputName.QTY: QT_TRANSLATE_NOOP("Words", "Quantity"),
    InputName.AVERAGE: QT_TRANSLATE_NOOP("Words", "Average price"),
    InputName.MULTIPLIER: QT_TRANSLATE_NOOP("Words", "Contract size"),
    InputName.MARK: QT_TRANSLATE_NOOP("Words", "Mark"),
    InputName.BID: QT_TRANSLATE_NOOP("Words", "Bid"),
    InputName.ASK: QT_TRANSLATE_NOOP("Words", "Ask"),
    InputName.BROKER_PRICE: QT_TRANSLATE_NOOP("Words", "Broker's price"),
    InputName.BROKER_DAY: QT_TRANSLATE_NOOP("Words", "Broker's gain of the day"),
    InputName.LAST_CLOSE: QT_TRANSLATE_NOOP("Words", "Previous close"),
    InputName.FILLS: QT_TRANSLATE_NOOP("Words", "Fills"),
}
_ORIGINS: dict[str, str] = {
    Origin.STREAM: QT_TRANSLATE_NOOP("Words", "market data stream"),
    Origin.REST: QT_TRANSLATE_NOOP("Words", "market data, asked for"),
    Origin.POSITIONS: QT_TRANSLATE_NOOP("Words", "broker's positions"),
    Origin.ACTIVITIES: QT_TRANSLATE_NOOP("Words", "account activities"),
    Origin.RULE: QT_TRANSLATE_NOOP("Words", "the instrument"),
}
_MONEY = frozenset({Figure.VALUE, Figure.DAY, Figure.UNREALISED, Figure.REALISED, Figure.REALISED_DAY})
_GAINS = _MONEY - {Figure.VALUE}


def figure_name(figure: Figure) -> str:
    """What a figure is called."""
    return words.look_up(_FIGURES, figure)


def formula(explained: Provenance) -> str:
    """How it was reckoned, in words."""
    text = words.look_up(_FORMULAS, explained.formula)
    if explained.figure is Figure.REALISED_DAY:
        return f"{text}\n{realised_day()}"
    if explained.input(InputName.MULTIPLIER) is not None and explained.figure is not Figure.PERCENT:
        return words.translated("{formula}, \u00d7 contract size").format(formula=text)
    return text


def realised_day() -> str:
    """Which fills count for the day, and why the account's own change may be another."""
    return words.translated(_REALISED_DAY)


def value(figure: Figure, number: Decimal | None, symbol: str) -> str:
    """A figure of a position in `symbol` as it is read."""
    if figure is Figure.PERCENT:
        return figures.percent(number)
    if figure in _MONEY:
        return figures.money(number, sign=figure in _GAINS)
    return figures.exact_price(number, symbol)


def numbers(explained: Provenance, symbol: str) -> str:
    """The formula with its numbers in place; empty where one is missing or nothing is reckoned."""
    known = {one.name: one.value for one in explained.inputs}
    qty, size = known.get(InputName.QTY), known.get(InputName.MULTIPLIER)
    times = "" if size is None else f" \u00d7 {figures.quantity(size)}"
    shown = value(explained.figure, explained.value, symbol)

    def price(name: InputName) -> str:
        return figures.exact_price(known.get(name), symbol)

    held = figures.quantity(qty)
    match explained.formula:
        case _ if explained.value is None:
            return ""
        case Formula.VALUE:
            left = f"{held} \u00d7 {price(InputName.MARK)}{times}"
        case Formula.UNREALISED:
            left = f"{held} \u00d7 ({price(InputName.MARK)} \u2212 {price(InputName.AVERAGE)}){times}"
        case Formula.PERCENT:
            average = price(InputName.AVERAGE)
            left = f"({price(InputName.MARK)} \u2212 {average}) \u00f7 {average}"
            if qty is not None and qty < 0:
                left = f"{figures.MINUS}({left})"
        case Formula.DAY_FROM_CLOSE:
            left = f"{held} \u00d7 ({price(InputName.MARK)} \u2212 {price(InputName.LAST_CLOSE)}){times}"
        case Formula.DAY_FROM_BROKER:
            gain = figures.money(known.get(InputName.BROKER_DAY), sign=True)
            moved = f"({price(InputName.MARK)} \u2212 {price(InputName.BROKER_PRICE)})"
            left = f"{gain} + {held} \u00d7 {moved}{times}"
        case Formula.MIDDLE:
            left = f"({price(InputName.BID)} + {price(InputName.ASK)}) \u00f7 2"
        case _:
            return ""
    return f"{left} = {shown}"


def input_name(one: Input) -> str:
    """What an input is called."""
    return words.look_up(_INPUTS, one.name)


def input_value(one: Input, symbol: str) -> str:
    """An input's number, with all of its digits."""
    if one.name in (InputName.QTY, InputName.MULTIPLIER, InputName.FILLS):
        return figures.quantity(one.value)
    if one.name is InputName.BROKER_DAY:
        return figures.money(one.value, sign=True)
    return figures.exact_price(one.value, symbol)


def origin(one: Input) -> str:
    """Where an input comes from, and of a price which of the broker's feeds it is of."""
    text = words.look_up(_ORIGINS, one.origin)
    return f"{text}, {words.feed_name(one.feed)}" if one.feed else text


# Words that appear only as arguments of `translated` above, for the translators.
_MARKED = (QT_TRANSLATE_NOOP("Words", "{formula}, \u00d7 contract size"),)
