"""The design tokens: every colour and measure of the program, named once.

No Qt in here, so that the sign-in window, the delegates and the tests read the same values.
"""

from dataclasses import dataclass
from typing import Literal

ThemeName = Literal["dark", "light"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours as `#rrggbb`. `faint` is for marks one may miss; what must be read is muted or stronger."""

    name: ThemeName
    background: str
    panel: str
    raised: str
    line: str
    text: str
    muted: str
    faint: str
    accent: str
    up: str
    up_tint: str
    down: str
    down_tint: str
    warning: str
    selection: str
    on_filled: str  # text on a filled up, down or accent surface
    live: str  # the filled badge of a live environment
    link: str  # the colour chip of a panel group


DARK = Palette(
    name="dark",
    background="#0d1014",
    panel="#141920",
    raised="#1b222b",
    line="#252d38",
    text="#e7ebf1",
    muted="#8b96a6",
    faint="#5c6776",
    accent="#5b9dff",
    up="#2fbf8f",
    up_tint="#12352c",
    down="#f2667a",
    down_tint="#3a1c24",
    warning="#e2a73b",
    selection="#1e2d44",
    on_filled="#07130f",
    live="#d0324a",
    link="#8457f5",
)

LIGHT = Palette(
    name="light",
    background="#eef1f5",
    panel="#ffffff",
    raised="#f4f6f9",
    line="#dbe1e9",
    text="#17202b",
    muted="#5a6675",
    faint="#8d97a5",
    accent="#1f6feb",
    up="#0b7f5b",
    up_tint="#d9f2e8",
    down="#c4314b",
    down_tint="#fbe0e4",
    warning="#9a6700",
    selection="#dfeafc",
    on_filled="#ffffff",
    live="#c4314b",
    link="#6d3ef0",
)

PALETTES: dict[ThemeName, Palette] = {"dark": DARK, "light": LIGHT}


def palette_named(name: str) -> Palette:
    """Return the palette of that name; dark for any other word."""
    return LIGHT if name == "light" else DARK


FONT_PX = 13
FONT_SMALL_PX = 11
WEIGHT_NORMAL = 450
WEIGHT_STRONG = 600
ROW_PX = 26
ROW_COMPACT_PX = 22
HEADER_PX = 24
PANEL_TITLE_PX = 32
PANEL_RADIUS_PX = 8
PANEL_GAP_PX = 6
TOP_BAR_PX = 44
STATUS_BAR_PX = 26
