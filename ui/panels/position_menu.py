"""What can be done with a position besides closing it, as entries of its menu."""

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from core.domain.instrument import AssetClass
from core.domain.position import Position

translate = QCoreApplication.translate


class PositionDeed(StrEnum):
    """Each is asked about in a window of its own before anything is sent."""

    CLOSE_PART = "close_part"
    REVERSE = "reverse"
    PROTECT = "protect"


def add_position_deeds(menu: QMenu, position: Position, ask: Callable[[str, PositionDeed], object]) -> None:
    """Add an entry for each deed; one that is impossible is grey and says why."""
    symbol = position.symbol
    part = menu.addAction(translate("PositionMenu", "Close a part\u2026"))
    part.triggered.connect(lambda: ask(symbol, PositionDeed.CLOSE_PART))
    reverse = menu.addAction(translate("PositionMenu", "Reverse\u2026"))
    reverse.triggered.connect(lambda: ask(symbol, PositionDeed.REVERSE))
    if position.asset_class == AssetClass.CRYPTO:
        reverse.setEnabled(False)
        reverse.setText(translate("PositionMenu", "Reverse (coins cannot be short)"))
    protect = menu.addAction(translate("PositionMenu", "Add protection\u2026"))
    protect.triggered.connect(lambda: ask(symbol, PositionDeed.PROTECT))
    if position.is_option:
        protect.setEnabled(False)
        protect.setText(translate("PositionMenu", "Add protection (options take no stop orders)"))
