"""The words for why an order cannot be sent, and what would help; translated like those of `ui.words`."""

from core.domain.problem import Problem
from core.domain.replacement import ChangeProblem
from ui.words import QT_TRANSLATE_NOOP, look_up

_PROBLEMS: dict[str, str] = {
    Problem.SYMBOL_MISSING: QT_TRANSLATE_NOOP("Words", "Choose a symbol."),
    Problem.QTY_MISSING: QT_TRANSLATE_NOOP("Words", "Enter a quantity."),
    Problem.QTY_NOT_POSITIVE: QT_TRANSLATE_NOOP("Words", "The quantity must be above zero."),
    Problem.QTY_TOO_FINE: QT_TRANSLATE_NOOP("Words", "The quantity may have at most 9 decimals."),
    Problem.QTY_NOT_WHOLE: QT_TRANSLATE_NOOP("Words", "Options trade in whole contracts."),
    Problem.QTY_AND_NOTIONAL: QT_TRANSLATE_NOOP(
        "Words", "An order has a quantity or an amount of money, not both."
    ),
    Problem.NOTIONAL_NOT_POSITIVE: QT_TRANSLATE_NOOP("Words", "The amount of money must be above zero."),
    Problem.NOTIONAL_TOO_SMALL: QT_TRANSLATE_NOOP(
        "Words", "The broker takes orders from $1 up, and from $10 up for coins."
    ),
    Problem.NOTIONAL_TOO_LARGE: QT_TRANSLATE_NOOP(
        "Words", "The broker takes at most $200,000 in one order for coins."
    ),
    Problem.NOTIONAL_TOO_FINE: QT_TRANSLATE_NOOP("Words", "An amount of money ends at the cent."),
    Problem.NOTIONAL_NEEDS_MARKET: QT_TRANSLATE_NOOP(
        "Words", "An amount of money goes with market orders only. Choose Market, or enter a quantity."
    ),
    Problem.NOTIONAL_NOT_FOR_OPTIONS: QT_TRANSLATE_NOOP(
        "Words", "Options are ordered by contracts, not by an amount of money."
    ),
    Problem.FRACTION_NEEDS_DAY: QT_TRANSLATE_NOOP(
        "Words", "Fractions of a share work as Day orders only. Choose Day or a whole number."
    ),
    Problem.FRACTION_NOT_TRAILING: QT_TRANSLATE_NOOP("Words", "Trailing stops take whole shares only."),
    Problem.FRACTION_NEEDS_SIMPLE: QT_TRANSLATE_NOOP(
        "Words", "Orders with take profit or stop loss take whole shares only."
    ),
    Problem.NUMBER_TOO_LARGE: QT_TRANSLATE_NOOP("Words", "That is no number that an order can have."),
    Problem.LIMIT_PRICE_MISSING: QT_TRANSLATE_NOOP("Words", "Enter a limit price."),
    Problem.STOP_PRICE_MISSING: QT_TRANSLATE_NOOP("Words", "Enter a stop price."),
    Problem.LIMIT_PRICE_OFF_GRID: QT_TRANSLATE_NOOP(
        "Words", "The limit price is finer than the broker takes: cents from 1.00 up, 0.0001 below."
    ),
    Problem.STOP_PRICE_OFF_GRID: QT_TRANSLATE_NOOP(
        "Words", "The stop price is finer than the broker takes: cents from 1.00 up, 0.0001 below."
    ),
    Problem.PRICE_NOT_POSITIVE: QT_TRANSLATE_NOOP("Words", "A price must be above zero."),
    Problem.TRAIL_MISSING: QT_TRANSLATE_NOOP("Words", "Enter how far the stop trails behind."),
    Problem.TRAIL_BOTH: QT_TRANSLATE_NOOP("Words", "A stop trails by money or by percent, not both."),
    Problem.TRAIL_NOT_POSITIVE: QT_TRANSLATE_NOOP("Words", "The trailing distance must be above zero."),
    Problem.TRAIL_OFF_GRID: QT_TRANSLATE_NOOP(
        "Words", "The trailing distance is finer than the broker takes."
    ),
    Problem.TRAIL_PERCENT_TOO_LARGE: QT_TRANSLATE_NOOP(
        "Words", "The trailing distance must be below 100 percent."
    ),
    Problem.IMMEDIATE_NEEDS_MARKET_OR_LIMIT: QT_TRANSLATE_NOOP(
        "Words",
        "IOC, FOK and the auctions go with market and limit orders only. Choose Day or Good till cancelled.",
    ),
    Problem.TRAILING_NEEDS_DAY_OR_GTC: QT_TRANSLATE_NOOP(
        "Words", "Trailing stops work with Day or Good till cancelled only."
    ),
    Problem.EXTENDED_HOURS_NEEDS_LIMIT: QT_TRANSLATE_NOOP(
        "Words", "Extended hours take limit orders with Day or Good till cancelled only."
    ),
    Problem.EXTENDED_HOURS_EQUITY_ONLY: QT_TRANSLATE_NOOP("Words", "Extended hours exist for shares only."),
    Problem.COMPLEX_EQUITY_ONLY: QT_TRANSLATE_NOOP(
        "Words", "Take profit and stop loss can be attached to orders for shares only."
    ),
    Problem.COMPLEX_NEEDS_DAY_OR_GTC: QT_TRANSLATE_NOOP(
        "Words", "Orders with take profit or stop loss work with Day or Good till cancelled only."
    ),
    Problem.COMPLEX_NOT_EXTENDED: QT_TRANSLATE_NOOP(
        "Words", "Orders with take profit or stop loss do not work in extended hours."
    ),
    Problem.COMPLEX_NOT_TRAILING: QT_TRANSLATE_NOOP(
        "Words", "A trailing stop cannot carry take profit or stop loss."
    ),
    Problem.LEGS_NEED_CLASS: QT_TRANSLATE_NOOP("Words", "A simple order has no take profit or stop loss."),
    Problem.TAKE_PROFIT_MISSING: QT_TRANSLATE_NOOP("Words", "Enter the price that takes the profit."),
    Problem.STOP_LOSS_MISSING: QT_TRANSLATE_NOOP("Words", "Enter the price that stops the loss."),
    Problem.OTO_NEEDS_ONE_LEG: QT_TRANSLATE_NOOP("Words", "Choose either take profit or stop loss."),
    Problem.OCO_NEEDS_LIMIT: QT_TRANSLATE_NOOP("Words", "An OCO exit is a limit order with a stop."),
    Problem.TAKE_PROFIT_OFF_GRID: QT_TRANSLATE_NOOP(
        "Words", "The take-profit price is finer than the broker takes: cents from 1.00 up, 0.0001 below."
    ),
    Problem.STOP_LOSS_OFF_GRID: QT_TRANSLATE_NOOP(
        "Words", "The stop-loss price is finer than the broker takes: cents from 1.00 up, 0.0001 below."
    ),
    Problem.STOP_LOSS_LIMIT_OFF_GRID: QT_TRANSLATE_NOOP(
        "Words", "The stop-loss limit is finer than the broker takes: cents from 1.00 up, 0.0001 below."
    ),
    Problem.LEGS_CROSSED: QT_TRANSLATE_NOOP(
        "Words", "Take profit and stop loss are the wrong way round for this side."
    ),
    Problem.TAKE_PROFIT_WRONG_SIDE: QT_TRANSLATE_NOOP(
        "Words", "The take profit must lie at least 0.01 on the winning side of the entry."
    ),
    Problem.STOP_LOSS_WRONG_SIDE: QT_TRANSLATE_NOOP(
        "Words", "The stop loss must lie at least 0.01 on the losing side of the entry."
    ),
    Problem.CRYPTO_TYPE: QT_TRANSLATE_NOOP("Words", "Coins trade as market, limit or stop-limit orders."),
    Problem.CRYPTO_TIME_IN_FORCE: QT_TRANSLATE_NOOP(
        "Words", "Orders for coins are Good till cancelled or Immediate or cancel."
    ),
    Problem.CRYPTO_NO_SHORT: QT_TRANSLATE_NOOP("Words", "Coins cannot be sold short."),
    Problem.OPTION_TYPE: QT_TRANSLATE_NOOP("Words", "Options trade as market or limit orders."),
    Problem.OPTION_TIME_IN_FORCE: QT_TRANSLATE_NOOP("Words", "Orders for options are Day orders."),
    Problem.INTENT_CONTRADICTS_SIDE: QT_TRANSLATE_NOOP(
        "Words", "To open or close, as chosen, needs the other side."
    ),
    Problem.NOTHING_CHANGED: QT_TRANSLATE_NOOP("Words", "Nothing is changed yet."),
}


_CHANGE_PROBLEMS: dict[str, str] = {
    ChangeProblem.NOT_NOW: QT_TRANSLATE_NOOP(
        "Words", "The broker takes no change in the order's present state. Cancel it and place another."
    ),
    ChangeProblem.AMOUNT_ORDER: QT_TRANSLATE_NOOP(
        "Words", "Orders for an amount of money cannot be changed. Cancel it and place another."
    ),
    ChangeProblem.FRACTION_QTY_FIXED: QT_TRANSLATE_NOOP(
        "Words", "The quantity of a fractional order is fixed."
    ),
    ChangeProblem.QTY_NOT_WHOLE: QT_TRANSLATE_NOOP("Words", "A change takes whole quantities only."),
    ChangeProblem.QTY_BELOW_FILLED: QT_TRANSLATE_NOOP(
        "Words", "The new total must be above what is filled already. Cancel the order to stop it."
    ),
    ChangeProblem.NO_SUCH_TERM: QT_TRANSLATE_NOOP("Words", "This kind of order has no such price."),
}


def change_problem(code: ChangeProblem) -> str:
    """Why a working order cannot be changed like that."""
    return look_up(_CHANGE_PROBLEMS, code)


def problem(code: Problem) -> str:
    """Why an order cannot be sent, and what would help."""
    return look_up(_PROBLEMS, code)
