"""Stands in for PyInstaller's own hook, which gathers every QML plugin there is.

The web engine links QtQml, but nothing of ours is written in QML, and among those plugins are modules under
the GPL alone: charts, 3D, the virtual keyboard.
"""

from PyInstaller.utils.hooks.qt import add_qt6_dependencies

hiddenimports, binaries, datas = add_qt6_dependencies(__file__)
