"""Which delegate draws which kind of cell."""

from typing import Any

from PySide6.QtCore import QObject

from ui.delegates.actions import ActionsDelegate
from ui.delegates.age import AgeDelegate
from ui.delegates.cell import CellDelegate, CellStyle
from ui.delegates.chip import ChipDelegate
from ui.delegates.sparkline import SparklineDelegate
from ui.delegates.symbol import SymbolDelegate
from ui.delegates.text import ChangeDelegate, FigureDelegate, PriceDelegate, RemarkedDelegate, TextDelegate
from ui.models.column import CellKind
from ui.models.column_model import ColumnModel

_DELEGATES: dict[CellKind, type[CellDelegate]] = {
    CellKind.FIGURE: FigureDelegate,
    CellKind.REMARKED: RemarkedDelegate,
    CellKind.PRICE: PriceDelegate,
    CellKind.CHANGE: ChangeDelegate,
    CellKind.CHIP: ChipDelegate,
    CellKind.SPARKLINE: SparklineDelegate,
    CellKind.AGE: AgeDelegate,
}


def delegate_for(style: CellStyle, model: ColumnModel[Any], column: int, parent: QObject) -> CellDelegate:
    """Return a new delegate for `column` of `model`, owned by `parent`."""
    kind = model.columns[column].kind
    if kind is CellKind.ACTIONS:
        return ActionsDelegate(style, model, column, parent)
    if kind is CellKind.TEXT:
        return TextDelegate(style, model, parent, must=model.columns[column].must)
    if kind is CellKind.SYMBOL:
        return SymbolDelegate(style, model, parent, must=model.columns[column].must)
    return _DELEGATES[kind](style, model, parent)
