"""The application object, in a process of its own: there can be only one, and it changes the interpreter."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import gc, json, logging, sys, threading
from PySide6.QtCore import QTimer
from core.errors import Offline
from ui.app import create_application

lines = []
class Keep(logging.Handler):
    def emit(self, record):
        lines.append(self.format(record))
logging.getLogger().addHandler(Keep())

application = create_application(sys.argv[0])
shown = []
application.uncaught.connect(lambda error: shown.append([error.headline, error.remedy]))

def fail():
    token = "canary-4711"
    raise KeyError("price")

def fail_politely():
    raise Offline("The broker could not be reached.", "Try again.")

def fail_elsewhere():
    thread = threading.Thread(target=fail, name="elsewhere")
    thread.start()
    thread.join()

for deed in (fail, fail_politely, fail_elsewhere):
    QTimer.singleShot(0, deed)

class Node: pass
def make_cycle():
    node = Node(); node.self = node
make_cycle()
def living():
    return sum(isinstance(thing, Node) for thing in gc.get_objects())
before = living()
watch = QTimer()
watch.setInterval(20)
def look():
    if living() == 0 and len(shown) == 3:
        application.quit()
watch.timeout.connect(look)
watch.start()
QTimer.singleShot(20_000, application.quit)
application.exec()
print(json.dumps({
    "arguments": application.arguments(), "name": application.applicationName(),
    "organisation": application.organizationName(), "automatic": gc.isenabled(),
    "before": before, "after": living(), "shown": shown, "log": "\\n".join(lines),
    "icon": application.windowIcon().isNull(),
}))
"""


def test_the_application_keeps_its_promises():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--webEngineArgs", "--remote-debugging-port=9"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["arguments"] == ["-c"]
    assert (seen["name"], seen["organisation"]) == ("bellwether", "")
    assert seen["icon"] is False
    assert seen["automatic"] is False
    assert (seen["before"], seen["after"]) == (1, 0)
    assert seen["shown"][1] == ["The broker could not be reached.", "Try again."]
    assert "KeyError" in seen["shown"][0][0]
    assert "check your orders" in seen["shown"][0][1]
    assert "KeyError" in seen["shown"][2][0]
    assert "Traceback" in seen["log"]
    assert "canary-4711" not in seen["log"]


def test_the_first_window_loads_neither_http_client_nor_panels():
    program = (
        "import sys\n"
        "from ui.app import create_application\n"
        "from ui.main_window import MainWindow\n"
        "heavy = {'requests', 'sqlite3', 'PySide6QtAds', 'ui.desk', 'core.services.session', "
        "'PySide6.QtWebEngineCore', 'PySide6.QtWebSockets'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
