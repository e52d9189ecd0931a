"""Gas figures of a run: recorded by tests, compared with the committed bench/gas.json.

    record("certificates.redeem", tx.gas_used)

A test whose figures differ from the committed ones fails and shows both. `make gas` writes the file anew.
"""

import json
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "bench" / "gas.json"

_recorded: dict[str, int] = {}
_of_this_test: dict[str, int] = {}


def record(key: str, gas_used: int) -> None:
    """Keep a figure, in gas units, under a key such as `jars.collect_1`.

    Raises TypeError for anything but an int, ValueError when the run already has another figure for `key`.
    """
    if isinstance(gas_used, bool) or not isinstance(gas_used, int):
        raise TypeError(f"gas of {key} is {gas_used!r}, an int is wanted")
    if _recorded.get(key, gas_used) != gas_used:
        raise ValueError(f"gas of {key} was {_recorded[key]:,} before and is {gas_used:,} now, in one run")
    _recorded[key] = _of_this_test[key] = gas_used


def recorded() -> dict[str, int]:
    """Everything this process recorded."""
    return dict(_recorded)


def take_new() -> dict[str, int]:
    """What was recorded since the last call."""
    taken = dict(_of_this_test)
    _of_this_test.clear()
    return taken


def committed(file: Path | None = None) -> dict[str, int]:
    """The committed figures; empty when there is no file yet.

    Raises ValueError when it holds anything but ints.
    """
    file = file or FILE
    if not file.exists():
        return {}
    figures: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
    if wrong := [key for key, value in figures.items() if type(value) is not int]:
        raise ValueError(f"{file.name}: {', '.join(wrong)} are not whole numbers")
    return figures


def differences(measured: dict[str, int], expected: dict[str, int], *, complete: bool) -> list[str]:
    """A line per figure that differs. `complete`: the whole suite ran, so what nobody measured is stale."""
    lines = []
    for key in sorted(measured):
        if key not in expected:
            lines.append(f"{key}: measured {measured[key]:,}, not in bench/gas.json")
        elif measured[key] != expected[key]:
            change = measured[key] - expected[key]
            lines.append(f"{key}: measured {measured[key]:,}, committed {expected[key]:,} ({change:+,})")
    if complete:
        lines += [
            f"{key}: in bench/gas.json, measured by no test" for key in sorted(expected.keys() - measured)
        ]
    return lines


def write(measured: dict[str, int], file: Path | None = None) -> None:
    """Write the figures, sorted by key."""
    file = file or FILE
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n", encoding="utf-8")
