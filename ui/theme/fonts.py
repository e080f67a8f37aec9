"""The program's type: Inter at two sizes and two weights, with tabular figures.

Inter is a variable font, and not every platform's font engine maps `QFont.setWeight` to its weight axis,
so weights are set on the axis. For the same reason no style sheet of ours names a font weight: a widget
that wants the strong one calls `setFont` with a font from here.
"""

from PySide6.QtGui import QFont, QFontDatabase

from ui.theme.resources import resource_path
from ui.theme.tokens import FONT_PX, FONT_SMALL_PX, WEIGHT_NORMAL, WEIGHT_STRONG

_TABULAR_FIGURES = QFont.Tag("tnum")
_WEIGHT_AXIS = QFont.Tag("wght")
_FALLBACK_FAMILIES = ["Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans"]


class Fonts:
    """The fonts of one application. Build it after the QApplication; it loads Inter once.

    `base` and `strong` are 13 px, `small` and `small_strong` 11 px. Treat them as read-only: Qt shares
    them, and whoever needs another size asks `sized`.
    """

    def __init__(self) -> None:
        self._family = _load_inter()
        self.base = self.sized(FONT_PX)
        self.strong = self.sized(FONT_PX, strong=True)
        self.small = self.sized(FONT_SMALL_PX)
        self.small_strong = self.sized(FONT_SMALL_PX, strong=True)

    @property
    def is_bundled(self) -> bool:
        """Whether Inter could be loaded; without it the system's sans serif stands in."""
        return bool(self._family)

    def sized(self, pixels: int, *, strong: bool = False) -> QFont:
        """Return a new font of our family at `pixels`, at one of the two weights."""
        font = QFont()
        families = [self._family] if self._family else []
        font.setFamilies([*families, *_FALLBACK_FAMILIES])
        font.setStyleHint(QFont.StyleHint.SansSerif)
        font.setPixelSize(pixels)
        font.setFeature(_TABULAR_FIGURES, 1)
        if self._family:
            font.setVariableAxis(_WEIGHT_AXIS, WEIGHT_STRONG if strong else WEIGHT_NORMAL)
        elif strong:
            font.setWeight(QFont.Weight.DemiBold)
        return font


def _load_inter() -> str:
    """Return the family name of the bundled font, or nothing where it cannot be loaded."""
    font_id = QFontDatabase.addApplicationFont(str(resource_path("fonts", "InterVariable.ttf")))
    families = QFontDatabase.applicationFontFamilies(font_id) if font_id >= 0 else []
    return families[0] if families else ""
