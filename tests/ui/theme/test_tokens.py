import pytest

from ui.theme.tokens import DARK, LIGHT, Palette, palette_named


def luminance(color: str) -> float:
    """Relative luminance by WCAG 2.2."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda palette: palette.name)
@pytest.mark.parametrize("surface", ["panel", "raised", "selection", "background"])
@pytest.mark.parametrize("tone", ["text", "muted"])
def test_what_must_be_read_stands_out_from_every_surface(palette: Palette, surface: str, tone: str):
    assert contrast(getattr(palette, tone), getattr(palette, surface)) >= 4.5


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda palette: palette.name)
@pytest.mark.parametrize("tone", ["up", "down", "warning", "accent"])
def test_signal_colours_can_be_read_as_text_on_a_panel(palette: Palette, tone: str):
    assert contrast(getattr(palette, tone), palette.panel) >= 4.5


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda palette: palette.name)
@pytest.mark.parametrize("tone", ["up", "down"])
def test_the_words_on_filled_surfaces_and_tints_can_be_read(palette: Palette, tone: str):
    assert contrast(palette.on_filled, getattr(palette, tone)) >= 4.5
    assert contrast(getattr(palette, tone), getattr(palette, f"{tone}_tint")) >= 4.0


def test_an_unknown_name_gives_the_dark_palette():
    assert palette_named("light") is LIGHT
    assert palette_named("midnight") is DARK
