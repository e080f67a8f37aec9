"""The written report of a run of Flatten: plain text in the trader's language, times in UTC.

It names the account by the end of its number only, so that it can be passed on.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from PySide6.QtCore import QCoreApplication

from core.domain.environment import Environment
from core.domain.freshness import NS_PER_S
from core.domain.order import Order
from core.domain.product import NAME, VERSION
from core.services.flatten import FlattenReport
from ui import figures, flatten_words, words

translate = QCoreApplication.translate


def outcome(report: FlattenReport) -> str:
    """How it ended, in one sentence with this computer's time."""
    at = figures.local_time(datetime.fromtimestamp(report.ended_ns / NS_PER_S, UTC))
    if report.is_flat:
        return translate("FlattenReport", "Flat, confirmed by the broker at {time}.").format(time=at)
    return translate("FlattenReport", "Stopped at {time}, not flat: {count} left.").format(
        time=at, count=len(report.open_lines)
    )


def file_name(report: FlattenReport) -> str:
    """The name of the report's file."""
    return f"flatten-{datetime.fromtimestamp(report.started_ns / NS_PER_S, UTC):%Y%m%dT%H%M%SZ}.txt"


def report_text(
    report: FlattenReport, environment: Environment, short_number: str, orders: Mapping[str, Order]
) -> str:
    """The whole report."""
    seconds = (report.ended_ns - report.started_ns) / NS_PER_S
    lines = [
        translate("FlattenReport", "{name} {version}: report of Flatten").format(name=NAME, version=VERSION),
        "",
        translate("FlattenReport", "Account:  {account}").format(
            account=words.account_label(environment, short_number)
        ),
        translate("FlattenReport", "Started:  {time}").format(time=_utc(report.started_ns)),
        translate("FlattenReport", "Ended:    {time}, after {seconds} s").format(
            time=_utc(report.ended_ns), seconds=f"{seconds:.1f}"
        ),
        "",
    ]
    if report.is_flat:
        lines.append(
            translate(
                "FlattenReport",
                "Flat: the broker listed no open order and no position when it was asked last.",
            )
        )
    else:
        lines.append(translate("FlattenReport", "Stopped by the trader. Not flat; what was left:"))
        for line in report.open_lines:
            told = [flatten_words.subject(line, orders), flatten_words.stage(line.stage)]
            lines.append("  " + ": ".join(filter(None, [*told, flatten_words.reason(line.reason)])))
    lines += ["", translate("FlattenReport", "What happened (UTC):")]
    for entry in report.entries:
        at = datetime.fromtimestamp(entry.at_ns / NS_PER_S, UTC)
        told = [flatten_words.subject(entry.line, orders), flatten_words.stage(entry.line.stage)]
        text = ": ".join(filter(None, [*told, flatten_words.reason(entry.line.reason)]))
        own = f"  [{entry.intent_id}]" if entry.intent_id else ""
        lines.append(f"  {at:%H:%M:%S}.{at.microsecond // 1000:03d}  {text}{own}")
    if not report.entries:
        lines.append(translate("FlattenReport", "  There was nothing to cancel or to close."))
    return "\n".join(lines) + "\n"


def _utc(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns / NS_PER_S, UTC):%Y-%m-%d %H:%M:%S} UTC"
