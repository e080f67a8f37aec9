"""Which option contracts trade most: those near the money that end soon."""

from practice.engine import contracts
from practice.engine.contracts import Right, Terms
from practice.engine.hours import new_york_day
from practice.engine.instruments import Instrument, Instruments
from practice.engine.market import Market

_EXPIRIES, _STRIKES = 3, 8
_RIGHTS: tuple[Right, Right] = ("call", "put")


def busiest_contracts(market: Market, instruments: Instruments, instant: int) -> list[Instrument]:
    """The contracts around the money of the next expiries, of every underlying that has options."""
    today, found = new_york_day(instant), []
    for underlying in instruments.optionable():
        price = underlying.price(market.trade(underlying, instant).price)
        usual = underlying.price(underlying.base_ticks)
        for expiry in contracts.expiries(today)[:_EXPIRIES]:
            strikes = contracts.strikes(price, usual, (expiry - today).days)
            for strike in sorted(strikes, key=lambda strike: abs(strike - price))[:_STRIKES]:
                for right in _RIGHTS:
                    terms = Terms(underlying.symbol, expiry, right, strike)
                    if option := instruments.option(terms.symbol):
                        found.append(option)
    return found
