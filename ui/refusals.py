"""What the broker's most frequent refusals mean, in words that a trader understands.

Its own words are always shown as well: they are the evidence, and this only a reading of them. The phrases
are those of protocol page sections 1.4 and 3.7 to 3.11.
"""

from ui import words
from ui.words import QT_TRANSLATE_NOOP

# The first phrase found counts; all in lower case.
_MEANINGS: tuple[tuple[str, str], ...] = (
    (
        "insufficient qty available",
        QT_TRANSLATE_NOOP("Words", "Less is free than the order asks for; other orders may hold the rest."),
    ),
    (
        "insufficient buying power",
        QT_TRANSLATE_NOOP("Words", "The account's buying power does not cover the order."),
    ),
    (
        "insufficient day trading buying power",
        QT_TRANSLATE_NOOP("Words", "The account's buying power does not cover the order."),
    ),
    ("insufficient balance", QT_TRANSLATE_NOOP("Words", "There is not enough money or coin for the order.")),
    (
        "wash trade",
        QT_TRANSLATE_NOOP("Words", "It would trade against an order of your own. Cancel that one first."),
    ),
    (
        "client_order_id must be unique",
        QT_TRANSLATE_NOOP("Words", "The broker has an order with this id already."),
    ),
    (
        "fractional orders cannot be sold short",
        QT_TRANSLATE_NOOP("Words", "Fractions of a share cannot be sold short."),
    ),
    (
        "position intent mismatch",
        QT_TRANSLATE_NOOP(
            "Words", "Whether it opens or closes does not go with what is held. Choose Automatic."
        ),
    ),
    ("cannot be sold short", QT_TRANSLATE_NOOP("Words", "This instrument cannot be sold short.")),
    ("not allowed to short", QT_TRANSLATE_NOOP("Words", "The account may not sell short.")),
    ("not fractionable", QT_TRANSLATE_NOOP("Words", "This instrument trades in whole shares only.")),
    (
        "fractional orders must be",
        QT_TRANSLATE_NOOP("Words", "Fractions of a share work as Day orders only."),
    ),
    ("sub-penny", QT_TRANSLATE_NOOP("Words", "The price is finer than the market's steps allow.")),
    ("is not active", QT_TRANSLATE_NOOP("Words", "This instrument is not traded at the moment.")),
    ("not tradable", QT_TRANSLATE_NOOP("Words", "The broker does not trade this instrument.")),
    ("asset not found", QT_TRANSLATE_NOOP("Words", "The broker does not know this symbol.")),
    ("trading halt", QT_TRANSLATE_NOOP("Words", "Trading in this instrument is halted.")),
    ("market is closed", QT_TRANSLATE_NOOP("Words", "The market is closed.")),
    ("extended hours", QT_TRANSLATE_NOOP("Words", "The order does not fit the rules of extended hours.")),
    ("account is restricted", QT_TRANSLATE_NOOP("Words", "The broker has restricted the account.")),
    ("not authorized", QT_TRANSLATE_NOOP("Words", "The account may not place this kind of order.")),
    ("not eligible", QT_TRANSLATE_NOOP("Words", "The account may not place this kind of order.")),
    ("already in", QT_TRANSLATE_NOOP("Words", "The order had ended before the request arrived.")),
    ("not cancelable", QT_TRANSLATE_NOOP("Words", "The order can no longer be cancelled.")),
    ("cannot replace", QT_TRANSLATE_NOOP("Words", "The order cannot be changed in its present state.")),
)


def meaning(reason: str) -> str:
    """What a refusal means; empty where we do not know better than the broker's own words."""
    lower = reason.lower()
    for phrase, text in _MEANINGS:
        if phrase in lower:
            return words.translated(text)
    return ""
