"""What the tape gets wrong at first: trades that are reported late, canceled, or corrected.

Now and then a minute has one such trade. History knows the truth at once; the ticker tells it as it went:

- a late trade is missing from the minute's first bar and comes some seconds after it; half a minute after the
  minute an updated bar brings it in
- a canceled trade is an additional print, taken back some seconds later, and in no bar
- a corrected trade is first printed with a wrong size or price
"""

import zlib
from collections.abc import Sequence

import msgspec

from practice.engine.chance import chance_of
from practice.engine.clock import MICROSECOND, MILLISECOND, MINUTE, SECOND
from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.tape import Bar, Trade

_MINUTES_BETWEEN = 450  # from one amendment of an instrument to the next, on average
_MINUTES_BETWEEN_REHEARSALS = 3  # the test symbol shows all kinds in turn
_UPDATE_AFTER = 30 * SECOND
_SPARE_NUMBER = 990  # of a minute's thousand trade numbers; the market uses the first few hundred


class LateTrade(msgspec.Struct, frozen=True, gc=False):
    """A trade of an earlier minute, reported `at` this instant."""

    at: int
    trade: Trade


class Cancellation(msgspec.Struct, frozen=True, gc=False):
    """A trade that never was; `is_error` when it was a mistake of the exchange."""

    at: int
    trade: Trade
    is_error: bool


class Correction(msgspec.Struct, frozen=True, gc=False):
    """What was printed and what had happened; both at the same time of day."""

    at: int
    printed: Trade
    true: Trade


class AmendedTrade(Trade, frozen=True, gc=False):
    """A trade as history shows it: canceled, incorrect, or what an incorrect one was corrected to."""

    how: str = ""


class UpdatedBar(msgspec.Struct, frozen=True, gc=False):
    """A minute's bar again, with the trade that was late."""

    at: int
    bar: Bar


Amendment = LateTrade | Cancellation | Correction
TradeReport = Trade | Amendment


def amendment(market: Market, instrument: Instrument, at: int) -> Amendment | None:
    """What went wrong in the minute that starts at `at`; nearly always nothing."""
    if instrument.is_option or market.is_recorded(instrument):
        return None
    if instrument.is_test:
        turn, off = divmod(at // MINUTE, _MINUTES_BETWEEN_REHEARSALS)
    else:
        mixed = zlib.crc32(f"{market.seed}/{instrument.symbol}/{at // MINUTE}".encode())
        turn, off = divmod(mixed, _MINUTES_BETWEEN)
    if off:
        return None
    minute = market.minute(instrument, at)
    if minute is None or len(minute.trades) < 4:
        return None
    chance = chance_of(market.seed, instrument.symbol, "amendment", at)
    delay = chance.randrange(2 * SECOND, 20 * SECOND, MICROSECOND)
    place = _unremarkable(minute.trades, chance.random())
    trade, spare = minute.trades[place], minute.trades[0].number // 1000 * 1000 + _SPARE_NUMBER
    kind = turn % 3 if instrument.asset_class == "us_equity" else 0
    if kind == 0:
        return LateTrade(at + MINUTE + delay, trade)
    if kind == 1:
        slip = 1 + chance.choice((-1, 1)) * chance.uniform(0.001, 0.003)
        wrong = msgspec.structs.replace(
            trade,
            at=trade.at + MILLISECOND,
            price=max(1, round(trade.price * slip)),
            number=spare,
        )
        return Cancellation(wrong.at + delay, wrong, is_error=chance.random() < 0.3)
    printed = msgspec.structs.replace(
        trade,
        number=spare,
        lots=trade.lots * 10,
        price=max(1, trade.price + chance.randint(-3, 3)),
    )
    return Correction(trade.at + delay, printed, trade)


def _unremarkable(trades: Sequence[Trade], where: float) -> int:
    """The place of a trade that is neither open, close, high nor low; an inner one if there is none."""
    extremes = {max(trade.price for trade in trades), min(trade.price for trade in trades)}
    inner = range(1, len(trades) - 1)
    places = [n for n in inner if trades[n].price not in extremes] or list(inner)
    return places[int(where * len(places))]


def reported_trades(market: Market, instrument: Instrument, at: int) -> Sequence[TradeReport]:
    """What is reported of trades in the minute that starts at `at`, in order of time."""
    trades: Sequence[TradeReport] = market.of(instrument).trades_in(at)
    now, before = (amendment(market, instrument, start) for start in (at, at - MINUTE))
    if now is None and before is None:
        return trades
    reports = list(trades)
    match now:
        case LateTrade(trade=late):
            reports.remove(late)
        case Cancellation(trade=wrong):
            reports.append(wrong)
        case Correction(printed=printed, true=true):
            reports[reports.index(true)] = printed
    reports += [one for one in (now, before) if one is not None and at <= one.at < at + MINUTE]
    return sorted(reports, key=lambda report: report.at)


def first_bar(market: Market, instrument: Instrument, bar: Bar) -> Bar:
    """A minute's bar as it is told right after the minute: without the trade that is late."""
    late = amendment(market, instrument, bar.at)
    minute = market.minute(instrument, bar.at) if isinstance(late, LateTrade) else None
    if not isinstance(late, LateTrade) or minute is None:
        return bar
    prices = [trade.price for trade in minute.trades if trade is not late.trade]
    return msgspec.structs.replace(
        bar, high=max(prices), low=min(prices), lots=bar.lots - late.trade.lots, trades=bar.trades - 1
    )


def updated_bars(market: Market, instrument: Instrument, at: int) -> Sequence[UpdatedBar]:
    """The updated bars that are told in the minute that starts at `at`."""
    if not isinstance(amendment(market, instrument, at - MINUTE), LateTrade):
        return ()
    return (UpdatedBar(at + _UPDATE_AFTER, market.minute_bar(instrument, at)),)


def history_trades(market: Market, instrument: Instrument, at: int) -> Sequence[Trade]:
    """All trades that history shows of a minute: the true ones and those that were taken back, marked so."""
    trades, found = market.of(instrument).trades_in(at), amendment(market, instrument, at)
    match found:
        case Cancellation(trade=wrong):
            shown = [*trades, _amended(wrong, "canceled")]
        case Correction(printed=printed, true=true):
            others = [trade for trade in trades if trade is not true]
            shown = [*others, _amended(printed, "incorrect"), _amended(true, "corrected")]
        case _:
            return trades
    return sorted(shown, key=lambda trade: trade.at)


def _amended(trade: Trade, how: str) -> AmendedTrade:
    return AmendedTrade(**msgspec.structs.asdict(trade), how=how)
