"""The colours and edges of the sign-in window, from the tokens. Fonts are set on the widgets."""

from ui.theme.tokens import Palette

HEADLINE_PX = 18
SENTENCE_PX = 12


def style_sheet(palette: Palette) -> str:
    """Return the style sheet of the whole window in one theme."""
    return f"""
    QWidget {{ background: {palette.background}; color: {palette.text}; }}
    QLabel {{ background: transparent; }}
    #titleRow {{ background: {palette.background}; border-bottom: 1px solid {palette.line}; }}
    #siteBar, #siteBar QWidget, #footer, #footer QLabel {{ background: {palette.panel}; }}
    #footer {{ border-top: 1px solid {palette.line}; }}
    #siteSentence, #promise {{ color: {palette.muted}; }}
    #badgePaper, #badgeLive {{ border-radius: 4px; padding: 3px 7px; }}
    #badgePaper {{ color: {palette.warning}; border: 1px solid {palette.warning}; }}
    #badgeLive {{ color: #ffffff; background: {palette.live}; border: 1px solid {palette.live}; }}
    #notice {{ background: {palette.raised}; border-bottom: 1px solid {palette.line}; }}
    #noticeText {{ color: {palette.warning}; }}
    #sandboxWarning {{ background: {palette.panel}; color: {palette.warning}; padding: 0 16px 8px 43px; }}
    #messagePage {{ background: {palette.panel}; }}
    #headline, #remedy {{ background: {palette.panel}; }}
    #remedy {{ color: {palette.muted}; }}
    QPushButton {{
        background: {palette.raised}; color: {palette.text};
        border: 1px solid {palette.line}; border-radius: 6px; padding: 7px 14px;
    }}
    QPushButton:hover {{ border-color: {palette.muted}; }}
    QPushButton:pressed {{ background: {palette.selection}; }}
    QPushButton:focus {{ border: 1px solid {palette.accent}; }}
    #notice QPushButton {{
        background: {palette.raised}; color: {palette.accent}; border: 1px solid {palette.raised};
        border-radius: 4px; padding: 2px 4px;
    }}
    #notice QPushButton:hover, #notice QPushButton:focus {{ border-color: {palette.accent}; }}
    #retry {{ color: {palette.accent}; }}
    QToolTip {{ background: {palette.raised}; color: {palette.text}; border: 1px solid {palette.line}; }}
    """
