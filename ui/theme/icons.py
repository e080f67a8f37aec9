"""Icons of one set (Lucide, ISC licence), drawn in the colours of the theme.

The SVG files carry `currentColor`; it is replaced by a token's colour before QtSvg draws them. QtSvg is
loaded with the first icon, so that a start without icons does not pay for it.
"""

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap

from ui.theme.resources import resource_path

ICON_PX = 16


@cache
def _source(name: str) -> str:
    return resource_path("icons", f"{name}.svg").read_text(encoding="utf-8")


class IconSet:
    """Draws icons and remembers them; cleared when the theme changes.

    `colors` of each request are part of the key, so a stale colour cannot come back.
    """

    def __init__(self) -> None:
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}

    def pixmap(self, name: str, color: QColor, size: int = ICON_PX, ratio: float | None = None) -> QPixmap:
        """Return the icon at `size` logical pixels; `ratio` is device pixels per logical one."""
        if ratio is None:
            ratio = QGuiApplication.primaryScreen().devicePixelRatio()
        key = (name, color.name(QColor.NameFormat.HexArgb), size, ratio)
        known = self._pixmaps.get(key)
        if known is None:
            known = self._pixmaps[key] = _drawn(name, color, size, ratio)
        return known

    def icon(self, name: str, normal: QColor, active: QColor, disabled: QColor) -> QIcon:
        """Return an icon with its colours for rest, hover and disabled, sharp on dense screens too."""
        icon = QIcon()
        for ratio in (1.0, 2.0):
            for color, mode in (
                (normal, QIcon.Mode.Normal),
                (active, QIcon.Mode.Active),
                (active, QIcon.Mode.Selected),
                (disabled, QIcon.Mode.Disabled),
            ):
                icon.addPixmap(self.pixmap(name, color, ICON_PX, ratio), mode)
        return icon

    def clear(self) -> None:
        """Forget every drawn pixmap."""
        self._pixmaps.clear()


def _drawn(name: str, color: QColor, size: int, ratio: float) -> QPixmap:
    # Loaded here because its 8 ms belong to the first icon, not to the first window.
    from PySide6.QtSvg import QSvgRenderer

    svg = _source(name).replace("currentColor", color.name())
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(color.alphaF())
    renderer.render(painter, QRectF(0, 0, pixmap.width(), pixmap.height()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
