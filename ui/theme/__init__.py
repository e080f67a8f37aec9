"""The look: tokens, colours, fonts, icons, the style sheet, and the small controls all panels share."""
