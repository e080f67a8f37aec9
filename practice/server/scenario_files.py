"""The scenario files that come with the program, and those that somebody names."""

from importlib import resources
from pathlib import Path

from practice.faults.scenario import BadScenario, Scenario, is_plain_name, parsed_scenario

_SUFFIX = ".toml"


def shipped_names() -> list[str]:
    """The names of the scenarios that come with the program."""
    folder = resources.files("practice.resources").joinpath("scenarios")
    return sorted(file.name.removesuffix(_SUFFIX) for file in folder.iterdir() if file.name.endswith(_SUFFIX))


def shipped_scenario(name: str) -> Scenario:
    """Read a scenario that comes with the program, with or without its ending; raise `BadScenario`."""
    plain = name.removesuffix(_SUFFIX)
    if not is_plain_name(plain) or plain not in shipped_names():
        raise BadScenario(f"{name[:80]}: there is no such scenario; there are {', '.join(shipped_names())}")
    file = resources.files("practice.resources").joinpath("scenarios", plain + _SUFFIX)
    return parsed_scenario(file.read_text(encoding="utf-8"), plain + _SUFFIX)


def named_scenario(name_or_file: str) -> tuple[str, Scenario]:
    """What the start line names: one that comes with the program, or a file; raise `BadScenario`."""
    plain = name_or_file.removesuffix(_SUFFIX)
    if plain in shipped_names() and not Path(name_or_file).exists():
        return plain, shipped_scenario(plain)
    try:
        text = Path(name_or_file).read_text(encoding="utf-8")
    except FileNotFoundError:
        return plain, shipped_scenario(name_or_file)  # which says what there is
    except (OSError, UnicodeDecodeError) as error:
        raise BadScenario(f"{name_or_file}: cannot be read: {error}") from error
    return Path(name_or_file).stem, parsed_scenario(text, name_or_file)
