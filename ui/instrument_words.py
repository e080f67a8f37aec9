"""What instruments are called on screen and to ears: contracts by what they are, not by their code."""

from datetime import date, datetime
from functools import lru_cache

from PySide6.QtCore import QCoreApplication

from core.domain.instrument import OptionTerms
from ui import figures
from ui.day_words import short_day
from ui.words import outside_text

_LONGEST = 40  # characters of a symbol: it is the broker's text


@lru_cache(1024)
def short_name(symbol: str) -> str:
    """A symbol as tables and sentences show it: `AAPL 4 Dec ’26 280 C` for `AAPL261204C00280000`.

    The year stands there always, for what is asked and confirmed: contracts of one month and strike trade
    for two years at once.
    """
    option = OptionTerms.of_symbol(symbol)
    if option is None:
        return outside_text(symbol, _LONGEST)
    day = f"{short_day(option.expires)} \u2019{option.expires:%y}"
    return f"{option.underlying} {day} {figures.quantity(option.strike)} {'C' if option.is_call else 'P'}"


def is_contract(symbol: str) -> bool:
    """Whether a symbol is an option's, with a name of several words that lies if it is cut."""
    return OptionTerms.of_symbol(symbol) is not None


def near_name(symbol: str, today: date | None = None) -> str:
    """A symbol as a table shows it: `AAPL 4 Dec 280 C` where that is the next 4 Dec; tool tips have the code.

    A day that is a year away or more, or that is past, keeps its year: so no two contracts read alike.
    `today` is that of the exchange if it is not given.
    """
    option = OptionTerms.of_symbol(symbol)
    if option is None:
        return short_name(symbol)
    day = datetime.now(figures.market_zone()).date() if today is None else today
    next_year = (option.expires.year - 1, option.expires.month, option.expires.day)
    is_next = day <= option.expires and next_year < (day.year, day.month, day.day)
    if not is_next:
        return short_name(symbol)
    kind = "C" if option.is_call else "P"
    return f"{option.underlying} {short_day(option.expires)} {figures.quantity(option.strike)} {kind}"


def spoken_name(symbol: str) -> str:
    """A symbol for ears, and where there is room: `AAPL 4 Dec 2026 280 call`."""
    option = OptionTerms.of_symbol(symbol)
    if option is None:
        return outside_text(symbol, _LONGEST)
    translate = QCoreApplication.translate
    kind = translate("Words", "call") if option.is_call else translate("Words", "put")
    day = f"{short_day(option.expires)} {option.expires:%Y}"
    return f"{option.underlying} {day} {figures.quantity(option.strike)} {kind}"
