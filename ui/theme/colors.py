"""The palette's colours as Qt objects, built once per theme so that painting builds none."""

from dataclasses import fields
from typing import Literal

from PySide6.QtGui import QColor, QPalette

from ui.theme.tokens import Palette

Tone = Literal[
    "text", "muted", "faint", "accent", "up", "down", "warning", "on_filled", "live", "link", "background"
]

HAIRLINE_STRENGTH = 0.5
WARNING_TINT_ALPHA = 0.18
FOCUS_RING_ALPHA = 0.3
FLASH_ALPHA = 0.24


def with_alpha(color: QColor, alpha: float) -> QColor:
    """Return a copy of `color` at `alpha`, from 0 to 1."""
    copy = QColor(color)
    copy.setAlphaF(alpha)
    return copy


def mixed(under: QColor, over: QColor, strength: float) -> QColor:
    """Return the opaque colour that `over` at `strength` makes on `under`; opaque fills are the fastest."""
    weak = 1 - strength
    return QColor(
        round(under.red() * weak + over.red() * strength),
        round(under.green() * weak + over.green() * strength),
        round(under.blue() * weak + over.blue() * strength),
    )


class Colors:
    """Every token of a palette as a QColor, and the few shades derived from them.

    Treat the attributes as read-only: every painter shares them.
    """

    def __init__(self, palette: Palette) -> None:
        self.background = QColor(palette.background)
        self.panel = QColor(palette.panel)
        self.raised = QColor(palette.raised)
        self.line = QColor(palette.line)
        self.text = QColor(palette.text)
        self.muted = QColor(palette.muted)
        self.faint = QColor(palette.faint)
        self.accent = QColor(palette.accent)
        self.up = QColor(palette.up)
        self.up_tint = QColor(palette.up_tint)
        self.down = QColor(palette.down)
        self.down_tint = QColor(palette.down_tint)
        self.warning = QColor(palette.warning)
        self.selection = QColor(palette.selection)
        self.on_filled = QColor(palette.on_filled)
        self.live = QColor(palette.live)
        self.link = QColor(palette.link)
        self.hairline = mixed(self.panel, self.line, HAIRLINE_STRENGTH)
        self.hover = with_alpha(self.raised, 0.6 if palette.name == "dark" else 0.9)
        self.warning_tint = with_alpha(self.warning, WARNING_TINT_ALPHA)
        self.focus_ring = with_alpha(self.accent, FOCUS_RING_ALPHA)
        self.up_flash = with_alpha(self.up, FLASH_ALPHA)
        self.down_flash = with_alpha(self.down, FLASH_ALPHA)

    def tone(self, name: Tone) -> QColor:
        """Return the colour of a tone by its token's name."""
        color: QColor = getattr(self, name)
        return color


def qt_palette(palette: Palette) -> QPalette:
    """Return what Qt's own painting (selections, placeholders, links, disabled text) goes by."""
    qt = QPalette()
    role = QPalette.ColorRole
    for where, color in (
        (role.Window, palette.background),
        (role.WindowText, palette.text),
        (role.Base, palette.panel),
        (role.AlternateBase, palette.panel),
        (role.Text, palette.text),
        (role.Button, palette.raised),
        (role.ButtonText, palette.text),
        (role.BrightText, palette.text),
        (role.ToolTipBase, palette.raised),
        (role.ToolTipText, palette.text),
        (role.PlaceholderText, palette.muted),
        (role.Highlight, palette.selection),
        (role.HighlightedText, palette.text),
        (role.Accent, palette.accent),
        (role.Link, palette.accent),
        (role.LinkVisited, palette.accent),
        (role.Light, palette.raised),
        (role.Midlight, palette.line),
        (role.Mid, palette.line),
        (role.Dark, palette.line),
        (role.Shadow, palette.background),
    ):
        qt.setColor(where, QColor(color))
    for where in (role.WindowText, role.Text, role.ButtonText):
        qt.setColor(QPalette.ColorGroup.Disabled, where, QColor(palette.faint))
    return qt


def style_words(palette: Palette) -> dict[str, str]:
    """Return what the style sheet may refer to: each token by name, and shades that QSS cannot mix."""
    words = {field.name: str(getattr(palette, field.name)) for field in fields(palette)}
    words["field"] = palette.background
    colors = Colors(palette)
    for name in ("hairline", "hover", "warning_tint", "focus_ring"):
        shade: QColor = getattr(colors, name)
        words[name] = f"rgba({shade.red()}, {shade.green()}, {shade.blue()}, {shade.alpha()})"
    return words
