"""How Bellwether looks: tokens, fonts, icons and the style built from them."""
