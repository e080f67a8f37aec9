"""Where a figure of a position comes from: its formula, every input with its source and times, and the
broker's own figure beside ours.

Ours moves with the mark, the broker's stands still between two reads. So the difference is taken at the
broker's own price: what the price moved since is no disagreement, and neither is what rounding explains.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from core.domain.gains import Gains
from core.domain.marking import Mark
from core.domain.position import Position

CENT = Decimal("0.01")


class Figure(StrEnum):
    """The figures of a position that can be explained."""

    AVERAGE = "average"
    MARK = "mark"
    VALUE = "value"
    DAY = "day"
    UNREALISED = "unrealised"
    PERCENT = "percent"
    REALISED_DAY = "realised_day"
    REALISED = "realised"


class Formula(StrEnum):
    """How a figure was reckoned."""

    BROKER_AVERAGE = "broker_average"
    PRICE = "price"
    MIDDLE = "middle"
    VALUE = "value"
    DAY_FROM_BROKER = "day_from_broker"
    DAY_FROM_CLOSE = "day_from_close"
    UNREALISED = "unrealised"
    PERCENT = "percent"
    FILLS = "fills"


class InputName(StrEnum):
    """What goes into a figure."""

    QTY = "qty"
    AVERAGE = "average"
    MULTIPLIER = "multiplier"
    MARK = "mark"
    BID = "bid"
    ASK = "ask"
    BROKER_PRICE = "broker_price"
    BROKER_DAY = "broker_day"
    LAST_CLOSE = "last_close"
    FILLS = "fills"


class Origin(StrEnum):
    """Where an input comes from."""

    STREAM = "stream"
    REST = "rest"  # a price that was asked for
    POSITIONS = "positions"  # the broker's list of positions
    ACTIVITIES = "activities"  # the broker's list of fills, as far as it is kept here
    RULE = "rule"  # of the instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One number that went in. `exchange_ns` since 1970 UTC, `received_ns` on the monotonic clock.

    `feed` is the broker's name for what a price was taken from.
    """

    name: InputName
    value: Decimal
    origin: Origin
    exchange_ns: int | None = None
    received_ns: int | None = None
    feed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Our figure and the broker's own, both at the broker's price; `is_odd` when rounding explains it not."""

    ours: Decimal
    broker: Decimal
    is_odd: bool

    @property
    def difference(self) -> Decimal:
        """Ours less the broker's."""
        return self.ours - self.broker


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """A figure, explained; `value` is None where an input is missing."""

    figure: Figure
    value: Decimal | None
    formula: Formula
    inputs: tuple[Input, ...] = field(default=())
    comparison: Comparison | None = None

    def input(self, name: InputName) -> Input | None:
        """The input of that name."""
        return next((one for one in self.inputs if one.name is name), None)


def explain(
    figure: Figure, position: Position, mark: Mark | None, gains: Gains | None, read_ns: int | None
) -> Provenance:
    """Explain one figure; `read_ns` is when the positions were read, on the monotonic clock."""
    match figure:
        case Figure.AVERAGE:
            return _average(position, gains, read_ns)
        case Figure.MARK:
            return _mark(position, mark, read_ns)
        case Figure.REALISED | Figure.REALISED_DAY:
            return _realised(figure, gains)
        case _:
            return _valued(figure, position, mark, read_ns)


def oddities(position: Position, gains: Gains | None) -> tuple[Figure, ...]:
    """The figures in which the broker and we disagree by more than rounding; mostly none."""
    found = [
        figure
        for figure in (Figure.VALUE, Figure.UNREALISED)
        if (comparison := _compared(figure, position)) is not None and comparison.is_odd
    ]
    average = _compared_average(position, gains)
    if average is not None and average.is_odd:
        found.append(Figure.AVERAGE)
    return tuple(found)


def _valued(figure: Figure, position: Position, mark: Mark | None, read_ns: int | None) -> Provenance:
    formulas = {
        Figure.VALUE: Formula.VALUE,
        Figure.UNREALISED: Formula.UNREALISED,
        Figure.PERCENT: Formula.PERCENT,
    }
    from_broker = position.unrealized_intraday_pl is not None and position.current_price is not None
    formula = formulas.get(figure, Formula.DAY_FROM_BROKER if from_broker else Formula.DAY_FROM_CLOSE)
    inputs = [_held(InputName.QTY, position.qty, read_ns)]
    if position.multiplier != 1:
        inputs.append(
            Input(name=InputName.MULTIPLIER, value=Decimal(position.multiplier), origin=Origin.RULE)
        )
    inputs += _mark_inputs(mark)
    if figure in (Figure.UNREALISED, Figure.PERCENT):
        inputs.append(_held(InputName.AVERAGE, position.avg_entry_price, read_ns))
    elif formula is Formula.DAY_FROM_BROKER:
        for name, value in (
            (InputName.BROKER_DAY, position.unrealized_intraday_pl),
            (InputName.BROKER_PRICE, position.current_price),
        ):
            if value is not None:
                inputs.append(_held(name, value, read_ns))
    elif formula is Formula.DAY_FROM_CLOSE and position.lastday_price is not None:
        inputs.append(_held(InputName.LAST_CLOSE, position.lastday_price, read_ns))
    worth = None if mark is None else position.valued_at(mark.price)
    values = {} if worth is None else {
        Figure.VALUE: worth.market_value,
        Figure.DAY: worth.day,
        Figure.UNREALISED: worth.unrealized,
        Figure.PERCENT: worth.unrealized_fraction,
    }  # fmt: skip
    return Provenance(
        figure=figure,
        value=values.get(figure),
        formula=formula,
        inputs=tuple(inputs),
        comparison=_compared(figure, position),
    )


def _average(position: Position, gains: Gains | None, read_ns: int | None) -> Provenance:
    inputs = [_held(InputName.QTY, position.qty, read_ns)]
    if gains is not None and gains.reaches_back_to(position.qty):
        inputs.append(_fills(gains))
    return Provenance(
        figure=Figure.AVERAGE,
        value=position.avg_entry_price,
        formula=Formula.BROKER_AVERAGE,
        inputs=tuple(inputs),
        comparison=_compared_average(position, gains),
    )


def _mark(position: Position, mark: Mark | None, read_ns: int | None) -> Provenance:
    inputs = _mark_inputs(mark)
    if position.current_price is not None:
        inputs.append(_held(InputName.BROKER_PRICE, position.current_price, read_ns))
    middle = mark is not None and mark.kind.value == "mid"
    return Provenance(
        figure=Figure.MARK,
        value=None if mark is None else mark.price,
        formula=Formula.MIDDLE if middle else Formula.PRICE,
        inputs=tuple(inputs),
    )


def _realised(figure: Figure, gains: Gains | None) -> Provenance:
    value = None
    if gains is not None:
        value = gains.realised if figure is Figure.REALISED else gains.realised_day
    return Provenance(
        figure=figure,
        value=value,
        formula=Formula.FILLS,
        inputs=() if gains is None else (_fills(gains, day=figure is Figure.REALISED_DAY),),
    )


def _fills(gains: Gains, *, day: bool = False) -> Input:
    since = None if gains.since is None else int(gains.since.timestamp()) * 1_000_000_000
    count = gains.fills_day if day else gains.fills
    return Input(name=InputName.FILLS, value=Decimal(count), origin=Origin.ACTIVITIES, exchange_ns=since)


def _held(name: InputName, value: Decimal, read_ns: int | None) -> Input:
    return Input(name=name, value=value, origin=Origin.POSITIONS, received_ns=read_ns)


def _mark_inputs(mark: Mark | None) -> list[Input]:
    if mark is None:
        return []
    is_broker = mark.kind.value == "broker"
    origin = Origin.POSITIONS if is_broker else Origin(mark.source.value)
    parts = [(InputName.MARK, mark.price)]
    if mark.kind.value == "mid" and mark.bid is not None and mark.ask is not None:
        parts += [(InputName.BID, mark.bid), (InputName.ASK, mark.ask)]
    return [
        Input(
            name=name,
            value=value,
            origin=origin,
            exchange_ns=mark.exchange_ns,
            received_ns=mark.received_ns,
            feed=mark.feed,
        )
        for name, value in parts
    ]


# ---- the broker's figure ---------------------------------------------------------------------------


def _compared(figure: Figure, position: Position) -> Comparison | None:
    """At the broker's own price, so that what the market did since the read does not count."""
    price = position.current_price
    theirs = {
        Figure.VALUE: position.market_value,
        Figure.UNREALISED: position.unrealized_pl,
    }.get(figure)
    if price is None or theirs is None:
        return None
    worth = position.valued_at(price)
    ours = worth.market_value if figure is Figure.VALUE else worth.unrealized
    # Every price may be rounded by half of its last digit.
    doubt = _half_digit(price)
    if figure is Figure.UNREALISED:
        doubt += _half_digit(position.avg_entry_price)
    allowed = CENT + abs(position.qty) * position.multiplier * doubt
    return Comparison(ours=ours, broker=theirs, is_odd=abs(ours - theirs) > allowed)


def _compared_average(position: Position, gains: Gains | None) -> Comparison | None:
    """Only where the fills explain all that is held; the average of a part says nothing about the whole."""
    if gains is None or not gains.reaches_back_to(position.qty) or gains.average is None:
        return None
    ours, theirs = gains.average, position.avg_entry_price
    return Comparison(ours=ours, broker=theirs, is_odd=abs(ours - theirs) > CENT / 2 + _half_digit(theirs))


def _half_digit(price: Decimal) -> Decimal:
    """Half of the last digit that the broker wrote, at most half a cent: it drops zeros at the end."""
    exponent = price.as_tuple().exponent
    digit = Decimal(1).scaleb(exponent) if isinstance(exponent, int) else CENT
    return min(digit, CENT) / 2
