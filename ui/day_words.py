"""Days of the calendar in the program's own words.

The names that `strftime` knows are in the language of the computer, which is not that of the program.
"""

from datetime import date

from ui.words import QT_TRANSLATE_NOOP, translated

_WEEKDAYS = (
    QT_TRANSLATE_NOOP("Words", "Monday"),
    QT_TRANSLATE_NOOP("Words", "Tuesday"),
    QT_TRANSLATE_NOOP("Words", "Wednesday"),
    QT_TRANSLATE_NOOP("Words", "Thursday"),
    QT_TRANSLATE_NOOP("Words", "Friday"),
    QT_TRANSLATE_NOOP("Words", "Saturday"),
    QT_TRANSLATE_NOOP("Words", "Sunday"),
)
_MONTHS = (
    QT_TRANSLATE_NOOP("Words", "Jan"),
    QT_TRANSLATE_NOOP("Words", "Feb"),
    QT_TRANSLATE_NOOP("Words", "Mar"),
    QT_TRANSLATE_NOOP("Words", "Apr"),
    QT_TRANSLATE_NOOP("Words", "May"),
    QT_TRANSLATE_NOOP("Words", "Jun"),
    QT_TRANSLATE_NOOP("Words", "Jul"),
    QT_TRANSLATE_NOOP("Words", "Aug"),
    QT_TRANSLATE_NOOP("Words", "Sep"),
    QT_TRANSLATE_NOOP("Words", "Oct"),
    QT_TRANSLATE_NOOP("Words", "Nov"),
    QT_TRANSLATE_NOOP("Words", "Dec"),
)
_DAY = QT_TRANSLATE_NOOP("Words", "{day} {month}")
_DAY_OF_WEEK = QT_TRANSLATE_NOOP("Words", "{weekday} {day}")


def short_day(day: date) -> str:
    """A day near enough to need no year: `30 Nov`."""
    return translated(_DAY).format(day=day.day, month=translated(_MONTHS[day.month - 1]))


def day_of_week(day: date) -> str:
    """A day of this week or the next: `Monday 30 Nov`."""
    return translated(_DAY_OF_WEEK).format(weekday=translated(_WEEKDAYS[day.weekday()]), day=short_day(day))
