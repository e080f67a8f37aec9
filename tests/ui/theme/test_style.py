import re

import pytest

from ui.theme.resources import resource_path
from ui.theme.style import style_sheet
from ui.theme.tokens import DARK, LIGHT, Palette

TEMPLATE = resource_path("styles", "bellwether.qss").read_text(encoding="utf-8")


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda palette: palette.name)
def test_every_word_of_the_template_is_filled_in(palette: Palette):
    assert "@" not in style_sheet(palette)


def test_the_template_names_no_colour_of_its_own():
    assert not re.findall(r"#[0-9a-f]{3,8}\b(?=[^{]*;)", TEMPLATE)


def test_the_template_leaves_weights_to_the_fonts():
    assert "font" not in re.sub(r"/\*.*?\*/", "", TEMPLATE, flags=re.DOTALL)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda palette: palette.name)
def test_every_picture_of_the_style_sheet_exists_in_the_theme_s_own_colours(palette: Palette):
    pictures = re.findall(r"url\(([^)]+)\)", style_sheet(palette))
    allowed = {palette.muted, palette.accent, palette.on_filled}
    assert pictures
    for path in pictures:
        svg = resource_path("styles", path.rsplit("/", 1)[1]).read_text(encoding="utf-8")
        assert set(re.findall(r"#[0-9a-f]{6}", svg)) <= allowed, path
