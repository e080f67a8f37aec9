"""Option contracts: which there are, and that their prices keep the relations every trader checks first."""

import itertools
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.engine import pricing
from practice.engine.clock import HOUR, MINUTE
from practice.engine.contracts import Terms, expiries, terms_of
from practice.engine.history import Span, Timeframe, bars
from practice.engine.hours import AlwaysOpen, ExchangeHours, Hours, Timetable
from practice.engine.instruments import Contract, Instrument, listed_instruments
from practice.engine.market import Market
from practice.engine.pricing import Smile
from practice.engine.tape import Trade
from tests.practice.engine import NOON, instant

INSTRUMENTS = listed_instruments()
AAPL = INSTRUMENTS["AAPL"]


def market(hours: Hours | None = None) -> Market:
    return Market(7, Timetable(hours or AlwaysOpen()))


def contract_of(option: Instrument) -> Contract:
    assert option.contract is not None
    return option.contract


def found(symbol: str) -> Instrument:
    option = INSTRUMENTS.find(symbol)
    assert option is not None
    return option


def busiest(market_: Market, right: str = "call") -> Instrument:
    """The contract of the second expiry that is nearest to the money."""
    price = AAPL.price(market_.quote(AAPL, NOON).bid)
    chain = market_.chain(INSTRUMENTS, AAPL, NOON)
    expiry = sorted({contract_of(one).expiry for one in chain})[1]
    mine = [one for one in chain if contract_of(one).expiry == expiry and contract_of(one).right == right]
    return min(mine, key=lambda one: abs(contract_of(one).strike - price))


def test_a_contract_is_found_by_its_symbol_and_is_always_the_same_object() -> None:
    option = found("AAPL261218C00200000")
    contract = contract_of(option)
    assert (contract.underlying, contract.expiry) == (AAPL, date(2026, 12, 18))
    assert (contract.right, contract.strike) == ("call", Decimal(200))
    assert (option.asset_class, option.multiplier, option.digits) == ("us_option", 100, 2)
    assert found("aapl261218c00200000") is option
    assert found(option.asset_id) is option
    assert option.symbol not in INSTRUMENTS


@pytest.mark.parametrize(
    "symbol",
    [
        "AAPL261218C00200500",  # between the strikes
        "AAPL261217C00200000",  # a Thursday
        "AAPL261318C00200000",  # no month
        "AAPL261218C09900000",  # far off
        "ZZZZ261218C00200000",  # nothing of that name
        "AAPL991218C00200000",  # beyond all chains
        "NIOBF261218C00005000",  # without options
        "AAPL 261218C00200000",
    ],
)
def test_what_was_never_listed_is_not_found(symbol: str) -> None:
    assert INSTRUMENTS.find(symbol) is None


@given(
    st.from_regex(r"[A-Z]{1,6}", fullmatch=True),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["call", "put"]),
    st.integers(1, 99_999_999),
)
def test_a_symbol_says_all_there_is_to_say(root: str, expiry: date, right: str, thousandths: int) -> None:
    terms = Terms(root, expiry, "call" if right == "call" else "put", Decimal(thousandths) / 1000)
    assert terms_of(terms.symbol) == terms


def test_expiries_are_trading_days_and_reach_two_years_ahead() -> None:
    days = expiries(date(2026, 3, 30))
    assert days[0] == date(2026, 4, 2)  # Good Friday moves that week's end to Thursday
    assert days[1] == date(2026, 4, 10)
    assert days[-1] == date(2029, 1, 19)
    assert days == sorted(set(days))


def test_a_chain_has_both_rights_of_every_strike_and_all_of_it_can_be_found() -> None:
    market_ = market()
    for underlying in INSTRUMENTS.optionable():
        chain = market_.chain(INSTRUMENTS, underlying, NOON)
        assert 100 < len(chain) < 2500, underlying.symbol
        assert len({one.symbol for one in chain}) == len(chain)
        rights = {right: {(c.expiry, c.strike) for one in chain if (c := contract_of(one)).right == right}
                  for right in ("call", "put")}  # fmt: skip
        assert rights["call"] == rights["put"]
        spot = underlying.price(market_.quote(underlying, NOON).bid)
        strikes = {strike for _, strike in rights["call"]}
        assert min(strikes) < spot * Decimal("0.9") < spot * Decimal("1.1") < max(strikes)
    assert len(INSTRUMENTS.optionable()) >= 50
    fresh = listed_instruments()
    assert all(fresh.find(one.symbol) for one in market_.chain(INSTRUMENTS, AAPL, NOON))


def test_quotes_keep_parity_order_and_a_floor() -> None:
    market_ = market()
    for underlying in (AAPL, INSTRUMENTS["SPY"], INSTRUMENTS["F"]):
        stock = market_.quote(underlying, NOON)
        spot = (stock.bid + stock.ask) / 2
        rows: dict[date, dict[Decimal, dict[str, tuple[int, int]]]] = {}
        for one in market_.chain(INSTRUMENTS, underlying, NOON):
            quote, contract = market_.quote(one, NOON), contract_of(one)
            assert 0 < quote.bid < quote.ask
            strikes = rows.setdefault(contract.expiry, {})
            strikes.setdefault(contract.strike, {})[contract.right] = (quote.bid, quote.ask)
        for strikes in rows.values():
            for strike, sides in strikes.items():
                (call_bid, call_ask), (put_bid, put_ask) = sides["call"], sides["put"]
                parity = spot - float(strike * 100)
                # Neither a conversion nor a reversal makes money.
                assert call_bid - put_ask <= parity <= call_ask - put_bid
                assert call_ask >= parity
                assert put_ask >= -parity
            for lower, higher in itertools.pairwise(sorted(strikes)):
                for side in (0, 1):
                    assert strikes[lower]["call"][side] >= strikes[higher]["call"][side]
                    assert strikes[lower]["put"][side] <= strikes[higher]["put"][side]


@given(
    st.floats(0.5, 5000),
    st.floats(0.2, 5),
    st.floats(0.001, 3),
    st.floats(0.08, 1.5),
    st.booleans(),
)
def test_values_follow_from_no_arbitrage(
    spot: float, moneyness: float, years: float, level: float, call: bool
) -> None:
    smile = Smile(level=level, skew=0.2, curve=0.35, front=0.2)
    strike, near = spot * moneyness, 1e-9 * spot

    def worth(strike: float, years: float = years, *, call: bool = call) -> float:
        return pricing.value(spot, strike, years, smile, call=call)

    value = worth(strike)
    assert value >= max(spot - strike if call else strike - spot, 0.0) - near
    assert value <= (spot if call else strike) + near
    assert abs(worth(strike, call=True) - worth(strike, call=False) - (spot - strike)) < near
    assert worth(strike, years * 1.02) >= value - near
    further = worth(strike * 1.01)
    assert (further <= value + near) if call else (further >= value - near)


def test_greeks_are_the_slopes_of_the_value() -> None:
    smile = Smile(level=0.3, skew=0.0, curve=0.0, front=0.0)
    for strike, years, call in itertools.product((80.0, 100.0, 125.0), (0.05, 0.5, 2.0), (True, False)):
        found = pricing.valuation(100.0, strike, years, smile, call=call)

        def worth(
            spot: float, left: float, more: float = 0.0, strike: float = strike, call: bool = call
        ) -> float:
            other = Smile(level=0.3 + more, skew=0.0, curve=0.0, front=0.0)
            return pricing.value(spot, strike, left, other, call=call)

        up, down = worth(100.01, years), worth(99.99, years)
        assert found.delta == pytest.approx((up - down) / 0.02, abs=1e-5)
        assert found.gamma == pytest.approx((up - 2 * found.value + down) / 0.0001, abs=1e-4)
        day = 1e-4 / 365
        assert found.theta == pytest.approx((worth(100, years - day) - found.value) / 1e-4, abs=1e-4)
        assert found.vega == pytest.approx((worth(100, years, 1e-5) - found.value) / 1e-3, abs=1e-4)
        assert found.volatility == pytest.approx(0.3)
        assert (found.rho > 0) == call


@pytest.mark.parametrize("hours", [AlwaysOpen(), ExchangeHours()], ids=["always", "exchange"])
def test_what_an_option_printed_is_what_its_bars_say(hours: Hours) -> None:
    market_ = market(hours)
    option = busiest(market_)
    session = market_.timetable.last_started(NOON)
    day = market_.day_bar(option, session.end - 1)
    assert day is not None
    minutes = list(
        bars(
            market_, option, Timeframe(1, "Min"), Span(start=session.start, end=session.end, now=session.end)
        )
    )
    assert (minutes[0].open, minutes[-1].close) == (day.open, day.close)
    assert sum(bar.lots for bar in minutes) == day.lots
    begin = NOON - NOON % HOUR
    prints = list(market_.prints(option, begin - 1, begin + HOUR - 1))
    trades = [tick for tick in prints if isinstance(tick, Trade)]
    assert trades
    assert sum(bar.lots for bar in minutes if begin <= bar.at < begin + HOUR) == sum(t.lots for t in trades)
    assert len(prints) > 500
    for trade in trades:
        quote = market_.quote(option, trade.at)
        assert trade.price in {quote.bid, quote.ask}
        assert market_.trade(option, trade.at).at == trade.at
    for tick in prints[::50]:
        if not isinstance(tick, Trade):
            assert market_.quote(option, tick.at) == tick


def test_an_option_that_is_closed_or_expired_keeps_its_last_prices() -> None:
    market_ = market(ExchangeHours())
    option = busiest(market_)
    evening, close = instant("2026-11-18T18:00:00-05:00"), instant("2026-11-18T16:00:00-05:00")
    assert market_.quote(option, evening).at < close
    assert list(market_.prints(option, evening, evening + MINUTE)) == []
    later = instant("2027-02-01T12:00:00-05:00")
    end = market_.expires_at(option)
    assert market_.trade(option, later).at < end
    assert market_.quote(option, later).at < end
    assert list(market_.prints(option, end, end + MINUTE)) == []
    assert market_.minute(option, end - MINUTE) is not None


def test_an_option_in_the_money_is_worth_what_exercising_it_brings_at_its_end() -> None:
    market_ = market()
    option = found("AAPL261120C00200000")
    end = market_.expires_at(option)
    stock, quote = market_.quote(AAPL, end - 1), market_.quote(option, end - 1)
    assert quote.bid <= stock.bid - 20_000 <= quote.ask
