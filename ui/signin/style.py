"""The style sheet of the sign-in window, from the tokens."""

from ui.theme.tokens import FONT_PX, FONT_SMALL_PX, WEIGHT_NORMAL, WEIGHT_STRONG, Palette

_HOST_PX = 18


def style_sheet(palette: Palette) -> str:
    """Return the style sheet of the whole window in one theme."""
    return f"""
    QWidget {{
        background: {palette.background}; color: {palette.text};
        font-family: "Inter", "Inter Variable", sans-serif; font-size: {FONT_PX}px;
        font-weight: {WEIGHT_NORMAL};
    }}
    QLabel {{ background: transparent; }}
    #titleRow {{ background: {palette.background}; border-bottom: 1px solid {palette.line}; }}
    #title {{ font-weight: {WEIGHT_STRONG}; }}
    #siteBar, #siteBar QWidget, #footer, #footer QLabel {{ background: {palette.panel}; }}
    #host {{ font-size: {_HOST_PX}px; font-weight: {WEIGHT_STRONG}; }}
    #siteSentence {{ color: {palette.muted}; font-size: {FONT_PX - 1}px; }}
    #promise {{ color: {palette.muted}; font-size: {FONT_PX - 1}px; }}
    #badgePaper, #badgeLive {{
        font-size: {FONT_SMALL_PX}px; font-weight: {WEIGHT_STRONG};
        border-radius: 4px; padding: 3px 7px;
    }}
    #badgePaper {{ color: {palette.warning}; border: 1px solid {palette.warning}; }}
    #badgeLive {{ color: #ffffff; background: {palette.live}; border: 1px solid {palette.live}; }}
    #notice {{ background: {palette.raised}; border-bottom: 1px solid {palette.line}; }}
    #noticeText {{ color: {palette.warning}; font-size: {FONT_PX - 1}px; }}
    #sandboxWarning {{
        background: {palette.panel}; color: {palette.warning}; font-size: {FONT_SMALL_PX}px;
        padding: 0 16px 8px 46px;
    }}
    #messagePage {{ background: {palette.panel}; }}
    #headline {{ font-size: {_HOST_PX}px; font-weight: {WEIGHT_STRONG}; }}
    #remedy {{ color: {palette.muted}; }}
    QPushButton {{
        background: {palette.raised}; color: {palette.text};
        border: 1px solid {palette.line}; border-radius: 6px; padding: 7px 14px;
    }}
    QPushButton:hover {{ border-color: {palette.muted}; }}
    QPushButton:pressed {{ background: {palette.selection}; }}
    QPushButton:focus {{ border: 1px solid {palette.accent}; }}
    #retry {{ color: {palette.accent}; }}
    QToolTip {{ background: {palette.raised}; color: {palette.text}; border: 1px solid {palette.line}; }}
    """
