"""The sentences for what was typed into a field and is no number that an order can have."""

from decimal import Decimal, InvalidOperation

from core.domain.instrument import AssetClass
from core.domain.money import LARGEST, decimal_from_text, is_on_grid, plain
from ui.words import QT_TRANSLATE_NOOP, outside_text, translated

_NO_NUMBER = QT_TRANSLATE_NOOP("Words", "{field}: \u201c{typed}\u201d is not a number.")
_OTHER_MARK = QT_TRANSLATE_NOOP(
    "Words", "{field}: decimals follow a point here, not a comma. If you mean {meant}, type it so."
)
_TOO_LARGE = QT_TRANSLATE_NOOP("Words", "{field}: no order takes a number as large as that.")
_FINER_THAN_CENTS = QT_TRANSLATE_NOOP(
    "Words", "{field}: options are priced in cents, and {typed} has too many decimals."
)
_LONGEST = 24  # characters of what was typed


def garbled(field: str, text: str) -> str:
    """Why `text`, which stands in the field of that name, is no number; empty for what is one, or nothing."""
    typed = text.strip()
    if not typed or decimal_from_text(typed) is not None:
        return ""
    meant = _with_a_point(typed)
    if meant is not None:
        return translated(_OTHER_MARK).format(field=field, meant=plain(meant))
    sentence = _TOO_LARGE if _is_too_large(typed) else _NO_NUMBER
    return translated(sentence).format(field=field, typed=outside_text(typed, _LONGEST))


def off_grid(field: str, price: Decimal | None, symbol: str) -> str:
    """Why a price is finer than options have; empty for other instruments, whose rules say it themselves."""
    if price is None or AssetClass.of_symbol(symbol) is not AssetClass.OPTION:
        return ""
    if is_on_grid(price, AssetClass.OPTION):
        return ""
    return translated(_FINER_THAN_CENTS).format(field=field, typed=plain(price))


def _with_a_point(typed: str) -> Decimal | None:
    """What `1,5` and `1.234,56` are where a comma stands before the decimals."""
    whole, comma, decimals = typed.partition(",")
    if not comma or "," in decimals or "." in decimals:
        return None
    return decimal_from_text(f"{whole.replace('.', '')}.{decimals}")


def _is_too_large(typed: str) -> bool:
    try:
        number = Decimal(typed.replace(",", ""))
    except InvalidOperation:
        return False
    return number.is_finite() and abs(number) >= LARGEST
