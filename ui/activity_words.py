"""The words for what can happen in an account; a newer type is shown in the broker's code."""

from ui.words import QT_TRANSLATE_NOOP, look_up

_TYPES: dict[str, str] = {
    "FILL": QT_TRANSLATE_NOOP("Words", "Fill"),
    "TRANS": QT_TRANSLATE_NOOP("Words", "Cash transfer"),
    "MISC": QT_TRANSLATE_NOOP("Words", "Miscellaneous"),
    "ACATC": QT_TRANSLATE_NOOP("Words", "Account transfer, cash"),
    "ACATS": QT_TRANSLATE_NOOP("Words", "Account transfer, securities"),
    "CFEE": QT_TRANSLATE_NOOP("Words", "Crypto fee"),
    "CGD": QT_TRANSLATE_NOOP("Words", "Capital gain distribution"),
    "CIL": QT_TRANSLATE_NOOP("Words", "Cash in lieu"),
    "CSD": QT_TRANSLATE_NOOP("Words", "Deposit"),
    "CSW": QT_TRANSLATE_NOOP("Words", "Withdrawal"),
    "DIV": QT_TRANSLATE_NOOP("Words", "Dividend"),
    "DIVCGL": QT_TRANSLATE_NOOP("Words", "Dividend, long-term gain"),
    "DIVCGS": QT_TRANSLATE_NOOP("Words", "Dividend, short-term gain"),
    "DIVFEE": QT_TRANSLATE_NOOP("Words", "Dividend fee"),
    "DIVFT": QT_TRANSLATE_NOOP("Words", "Dividend, foreign tax withheld"),
    "DIVNRA": QT_TRANSLATE_NOOP("Words", "Dividend, tax withheld (NRA)"),
    "DIVROC": QT_TRANSLATE_NOOP("Words", "Return of capital"),
    "DIVTW": QT_TRANSLATE_NOOP("Words", "Dividend, tax withheld"),
    "DIVTXEX": QT_TRANSLATE_NOOP("Words", "Dividend, tax exempt"),
    "DIVWH": QT_TRANSLATE_NOOP("Words", "Dividend withholding"),
    "EXTRD": QT_TRANSLATE_NOOP("Words", "External trade"),
    "FEE": QT_TRANSLATE_NOOP("Words", "Fee"),
    "FOPT": QT_TRANSLATE_NOOP("Words", "Option transfer"),
    "FXTRD": QT_TRANSLATE_NOOP("Words", "Currency trade"),
    "INT": QT_TRANSLATE_NOOP("Words", "Interest"),
    "INTNRA": QT_TRANSLATE_NOOP("Words", "Interest, tax withheld (NRA)"),
    "INTPNL": QT_TRANSLATE_NOOP("Words", "Interest adjustment"),
    "INTTW": QT_TRANSLATE_NOOP("Words", "Interest, tax withheld"),
    "JNL": QT_TRANSLATE_NOOP("Words", "Journal entry"),
    "JNLC": QT_TRANSLATE_NOOP("Words", "Journal entry, cash"),
    "JNLS": QT_TRANSLATE_NOOP("Words", "Journal entry, securities"),
    "MA": QT_TRANSLATE_NOOP("Words", "Merger or acquisition"),
    "MEM": QT_TRANSLATE_NOOP("Words", "Memo entry"),
    "NC": QT_TRANSLATE_NOOP("Words", "Name change"),
    "OCT": QT_TRANSLATE_NOOP("Words", "Off-cycle transfer"),
    "OPASN": QT_TRANSLATE_NOOP("Words", "Option assignment"),
    "OPCA": QT_TRANSLATE_NOOP("Words", "Option corporate action"),
    "OPCSH": QT_TRANSLATE_NOOP("Words", "Option cash settlement"),
    "OPEXC": QT_TRANSLATE_NOOP("Words", "Option exercise"),
    "OPEXP": QT_TRANSLATE_NOOP("Words", "Option expiry"),
    "OPTRD": QT_TRANSLATE_NOOP("Words", "Option trade"),
    "PTC": QT_TRANSLATE_NOOP("Words", "Pass-through charge"),
    "PTR": QT_TRANSLATE_NOOP("Words", "Pass-through rebate"),
    "REO": QT_TRANSLATE_NOOP("Words", "Reorganisation"),
    "REORG": QT_TRANSLATE_NOOP("Words", "Reorganisation"),
    "SPIN": QT_TRANSLATE_NOOP("Words", "Spin-off"),
    "SPLIT": QT_TRANSLATE_NOOP("Words", "Share split"),
    "SWP": QT_TRANSLATE_NOOP("Words", "Cash sweep"),
    "VOF": QT_TRANSLATE_NOOP("Words", "Voluntary offer"),
    "WH": QT_TRANSLATE_NOOP("Words", "Withholding"),
}
_STATUSES: dict[str, str] = {
    "correct": QT_TRANSLATE_NOOP("Words", "corrected"),
    "canceled": QT_TRANSLATE_NOOP("Words", "cancelled"),
}


def activity_type(code: str) -> str:
    """What happened; an unknown code is shown as it is."""
    return look_up(_TYPES, code)


def activity_status(code: str) -> str:
    """What became of the entry, where that is worth a word; empty for an ordinary one."""
    return look_up(_STATUSES, code) if code and code != "executed" else ""
