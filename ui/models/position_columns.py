"""The columns of the positions table, in the order in which they stand."""

from decimal import Decimal

from PySide6.QtCore import QCoreApplication

from core.domain.freshness import Freshness
from core.domain.marking import MarkKind
from core.domain.provenance import Figure
from ui import day_words, figures, provenance_words, words
from ui.instrument_words import is_contract, near_name, spoken_name
from ui.models.column import CellKind, Column, RowAction
from ui.models.position_row import PositionRow
from ui.theme.colors import Tone

(
    SYMBOL,
    SIDE,
    QTY,
    AVERAGE,
    MARK,
    VALUE,
    DAY,
    UNREALISED,
    PERCENT,
    REALISED_DAY,
    REALISED,
    WORKING,
    ACTIONS,
) = range(13)
DIFFERS = figures.NOT_EQUAL
CLOSE, MORE = "close", "more"
# What a click on a column's figure explains.
FIGURES = {
    AVERAGE: Figure.AVERAGE,
    MARK: Figure.MARK,
    VALUE: Figure.VALUE,
    DAY: Figure.DAY,
    UNREALISED: Figure.UNREALISED,
    PERCENT: Figure.PERCENT,
    REALISED_DAY: Figure.REALISED_DAY,
    REALISED: Figure.REALISED,
}


def _tr(text: str) -> str:
    return QCoreApplication.translate("PositionsModel", text)


def position_columns() -> tuple[Column[PositionRow], ...]:
    """Return the columns; call it when the application is there to translate."""
    return (
        Column(
            title=_tr("Symbol"),
            text=lambda row: _tr("Total") if row.is_total else near_name(row.symbol),
            sort=lambda row: row.symbol,
            kind=CellKind.SYMBOL,
            tone=lambda row: "text" if row.position is not None else "muted",
            tool_tip=lambda row: "" if row.is_total else words.outside_text(row.symbol, 40),
            spoken=_spoken_symbol,
            sample="BTC/USD",
            must=lambda row: near_name(row.symbol) if is_contract(row.symbol) else "",
        ),
        Column(
            title=_tr("Side"),
            text=_side_text,
            sort=lambda row: None if row.position is None else row.position.is_short,
            kind=CellKind.CHIP,
            tone=_tone_of_side,
            sample="Short",
            gives_way=5,
        ),
        Column(
            title=_tr("Qty"),
            text=_qty_text,
            sort=lambda row: None if row.position is None else row.position.qty,
            kind=CellKind.FIGURE,
            tone=lambda row: "faint" if row.is_flat else "text",
            tool_tip=_qty_text,
            sample="\u22121,000",
        ),
        Column(
            title=_tr("Avg price"),
            text=_average_text,
            sort=lambda row: None if row.position is None else row.position.avg_entry_price,
            kind=CellKind.REMARKED,
            tone=lambda row: "faint" if row.is_flat else "text",
            badge=lambda row: _differs(row, Figure.AVERAGE),
            tool_tip=_odd_tool_tip,
            sample="1,240.50",
            gives_way=3,
        ),
        Column(
            title=_tr("Mark"),
            text=lambda row: "" if row.is_total else figures.price(row.mark, row.symbol),
            sort=lambda row: row.mark,
            kind=CellKind.PRICE,
            tone=_tone_of_figure,
            badge=lambda row: figures.age(row.age) if shows_age(row) else "",
            tool_tip=_mark_tool_tip,
            sample="888.88 59 s",
        ),
        Column(
            title=_tr("Value"),
            text=lambda row: figures.money(row.value),
            sort=lambda row: row.value,
            kind=CellKind.PRICE,
            tone=_tone_of_figure,
            badge=lambda row: _differs(row, Figure.VALUE),
            tool_tip=_odd_tool_tip,
            sample="\u2212888,888.88",
            gives_way=8,
        ),
        Column(
            title=_tr("Day P&L"),
            text=lambda row: figures.money(row.day, sign=True),
            sort=lambda row: row.day,
            kind=CellKind.CHANGE,
            tone=lambda row: _tone_of_gain(row, row.day),
            tool_tip=lambda _row: _tr("Gain of what is held since the previous close."),
            sample="+8,888.88",
            gives_way=1,
        ),
        Column(
            title=_tr("Unrealised"),
            text=lambda row: figures.money(row.unrealised, sign=True),
            sort=lambda row: row.unrealised,
            kind=CellKind.CHANGE,
            tone=lambda row: _tone_of_gain(row, row.unrealised),
            # The one column that never gives way: it speaks for those that may be out of sight.
            badge=lambda row: DIFFERS if row.oddities else "",
            tool_tip=_odd_tool_tip,
            sample="+8,888.88" + 2 * DIFFERS,
        ),
        Column(
            title=_tr("%"),
            spoken_title=_tr("Unrealised percent"),
            text=lambda row: figures.percent(row.fraction),
            sort=lambda row: row.fraction,
            kind=CellKind.FIGURE,
            tone=lambda row: _tone_of_gain(row, row.fraction, 4),
            sample="+888.88 %",
            gives_way=9,
        ),
        Column(
            title=_tr("Realised day"),
            text=lambda row: _gain(row.realised_day),
            sort=lambda row: row.realised_day,
            kind=CellKind.CHANGE,
            tone=lambda row: _tone_of_realised(row, row.realised_day),
            tool_tip=_realised_day_tool_tip,
            sample="+8,888.88",
            gives_way=4,
        ),
        Column(
            title=_tr("Realised"),
            text=lambda row: _gain(row.realised),
            sort=lambda row: row.realised,
            kind=CellKind.CHANGE,
            tone=lambda row: _tone_of_realised(row, row.realised),
            badge=since,
            tool_tip=_realised_tool_tip,
            sample="+8,888.88 since 30 Nov",
            gives_way=6,
        ),
        Column(
            title=_tr("Working"),
            spoken_title=_tr("Working orders"),
            text=lambda row: "" if row.is_total else str(row.working) if row.working else figures.MISSING,
            sort=lambda row: None if row.is_total else row.working,
            kind=CellKind.FIGURE,
            tone=lambda row: "muted" if row.working else "faint",
            sample="88",
            gives_way=7,
        ),
        Column(
            title="",
            spoken_title=_tr("Actions"),
            text=lambda row: "" if row.position is None else _tr("Close"),
            kind=CellKind.ACTIONS,
            actions=_actions,
            sample=_tr("Close") + "\u2014\u2014",
            gives_way=1,  # Delete and the row's menu do the same
        ),
    )


def _spoken_symbol(row: PositionRow) -> str:
    name = _tr("Total") if row.is_total else spoken_name(row.symbol)
    return f"{_tr('Symbol')} {name}"


def _side_text(row: PositionRow) -> str:
    if row.position is None:
        return _tr("Flat") if row.is_flat else ""
    return words.position_side(row.position.is_short)


def _tone_of_side(row: PositionRow) -> Tone:
    if row.position is None:
        return "muted"
    return "down" if row.position.is_short else "up"


def _qty_text(row: PositionRow) -> str:
    if row.position is None:
        return "0" if row.is_flat else ""
    return figures.quantity(row.position.qty)


def _average_text(row: PositionRow) -> str:
    if row.position is None:
        return figures.MISSING if row.is_flat else ""
    return figures.price(row.position.avg_entry_price, row.symbol)


def _actions(row: PositionRow) -> tuple[RowAction, ...]:
    if row.position is None:
        return ()
    return RowAction(MORE, _tr("More\u2026"), "ellipsis"), RowAction(CLOSE, _tr("Close"))


def shows_age(row: PositionRow) -> bool:
    """Whether the mark's age stands beside it."""
    return row.freshness is Freshness.STALE and not row.is_total


def since(row: PositionRow) -> str:
    """From when on fills are known, where they do not explain all that is held."""
    if row.is_explained or row.gains is None or row.gains.since is None:
        return ""
    at = row.gains.since.astimezone(figures.market_zone())
    return _tr("since {date}").format(date=day_words.short_day(at))


def mark_name(kind: MarkKind) -> str:
    """What kind of price a mark is."""
    return {
        MarkKind.LAST: _tr("Last price"),
        MarkKind.MID: _tr("Middle of bid and ask"),
        MarkKind.BID: _tr("Bid"),
        MarkKind.ASK: _tr("Ask"),
        MarkKind.BROKER: _tr("Price from the broker's positions"),
    }[kind]


def _gain(gain: Decimal | None) -> str:
    """Nothing closed is a dash, as where nothing is known; the tool tip tells which."""
    return figures.money(gain, sign=True) if gain else figures.MISSING


def _differs(row: PositionRow, figure: Figure) -> str:
    return DIFFERS if figure in row.oddities else ""


def _odd_tool_tip(row: PositionRow) -> str:
    if not row.oddities:
        return ""
    return _tr("The broker's own figure differs by more than rounding. Click for both.")


def _mark_tool_tip(row: PositionRow) -> str:
    mark = row.mark_used
    if row.is_total or mark is None:
        return ""
    text = _tr("{price}, {age} old").format(price=mark_name(mark.kind), age=figures.age(row.age))
    return text if row.is_as_chosen else _tr("{text}, since the one you chose is missing").format(text=text)


def _realised_tool_tip(row: PositionRow) -> str:
    if row.gains is None:
        return _tr("Fills of this symbol have not been read.") if not row.is_total else ""
    if row.is_total:
        return _tr("What closing earned, also in symbols that are closed by now; without fees.")
    if row.is_explained:
        return _tr("What closing earned, by the account's fills; without fees.")
    return _tr("Older fills are not known here: what closing earned before is missing.")


def _realised_day_tool_tip(row: PositionRow) -> str:
    return "\n".join(filter(None, (_realised_tool_tip(row), provenance_words.realised_day())))


def _tone_of_figure(row: PositionRow) -> Tone:
    return "faint" if row.is_stale else "text"


def _tone_of_gain(row: PositionRow, gain: figures.Number | None, places: int = 2) -> Tone:
    if row.is_stale or gain is None:
        return "faint"
    # What is shown as nothing, in cents or hundredths of a percent, is neither gain nor loss.
    return ("muted", "up", "down")[figures.direction(round(float(gain), places))]


def _tone_of_realised(_row: PositionRow, gain: figures.Number | None) -> Tone:
    """What is realised does not age with the market."""
    return "faint" if not gain else ("muted", "up", "down")[figures.direction(gain)]
