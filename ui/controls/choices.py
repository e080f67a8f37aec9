"""Choices that may be excluded for a while, with the reason where one would look for it."""

from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from ui import words
from ui.controls.fields import ChoiceField
from ui.controls.labels import PlainLabel


def label_for_ears(field: QComboBox, parent: QWidget) -> None:
    """Name a choice that stands where others have their label: Qt lets a screen reader know it by its label.

    `field` must be a child of `parent`, or become one.
    """
    label = PlainLabel(field.accessibleName(), parent=parent)
    label.setBuddy(field)
    label.hide()


def exclude(field: ChoiceField, code: str, reason: str) -> None:
    """Grey out the entry of `code` and say why; an empty reason allows it again."""
    model = field.model()
    if not isinstance(model, QStandardItemModel):
        raise TypeError("a combo box made its own model until now")
    row = field.findData(code)
    if row < 0:
        return
    item = model.item(row)
    if item.isEnabled() == bool(reason):
        item.setEnabled(not reason)
    if item.toolTip() != reason:
        item.setToolTip(reason)
        item.setAccessibleDescription(reason)
        # Qt tells a screen reader nothing of an entry that is greyed out.
        spoken = words.translated("{choice}, not possible: {reason}").format(
            choice=item.text(), reason=reason
        )
        item.setAccessibleText(spoken if reason else "")


def choose(field: ChoiceField, code: str) -> None:
    """Take the entry of `code`, if there is one."""
    row = field.findData(code)
    if row >= 0:
        field.setCurrentIndex(row)


# Words that appear only as arguments of `translated` above, for the translators.
_MARKED = (words.QT_TRANSLATE_NOOP("Words", "{choice}, not possible: {reason}"),)
