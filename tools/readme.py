"""Types README.md in a fresh clone, as somebody does who has nothing but that page: `make rehearse-readme`.

Its commands and its pieces of Python go into one bash script, as they stand on the page and in their order;
only `make test` is left out. What runs until Ctrl-C runs beside the rest, and what comes next waits until it
listens.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
MINUTES: Final = 30
"""What it may take."""
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")
_DRAWING = "──"
_TESTS = "make test"
_UNTIL_CTRL_C = "make node"
_START = """set -e -o pipefail
listens() {
  for _ in {1..180}; do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 1; done
  echo "nothing listens at port $1" >&2; return 1
}
"""


class Block(NamedTuple):
    """What stands between two lines of three backticks: `kind` is "" for commands."""

    kind: str
    text: str


def blocks(page: str) -> list[Block]:
    """What a page says to type, in its order; drawings are none of it."""
    found = [Block(*match.groups()) for match in _BLOCK.finditer(page)]
    return [block for block in found if block.kind or _DRAWING not in block.text]


def typed(found: Sequence[Block]) -> str:
    """The script that types them. Raises ValueError where something runs beside the rest at no known port."""
    return _START + "".join(_typed(found))


def ports(script: str) -> list[int]:
    """Where the script waits for something of its own."""
    return [int(port) for port in re.findall(r"^listens (\d+)$", script, re.MULTILINE)]


def _typed(found: Sequence[Block]) -> Iterator[str]:
    for number, (kind, text) in enumerate(found):
        lines = [line for line in text.splitlines() if line.split("#")[0].strip() != _TESTS]
        if not lines:
            continue
        yield f"printf '\\n—— after %d s: %s\\n' $SECONDS {shlex.quote(lines[0])}\n"
        if kind == "python":
            yield f"python - <<'README'\n{text}README\n"
            continue
        beside = lines == [_UNTIL_CTRL_C]
        yield "\n".join(lines) + (" >node.log 2>&1 &\n" if beside else "\n")
        if beside or lines[-1].endswith("&"):
            yield f"listens {_port(found[number + 1 :], lines[-1])}\n"


def _port(after: Iterable[Block], line: str) -> int:
    """What runs beside the rest is what the page calls next."""
    for block in after:
        if address := _ADDRESS.search(block.text):
            return int(address.group(1))
    raise ValueError(f"the page calls no address after: {line}")


def environment(given: dict[str, str]) -> dict[str, str]:
    """A newcomer's: without what this checkout and its make have put into it."""
    ours = ("LARGESSE_", "MAKE", "MFLAGS", "VIRTUAL_ENV", "PYTHONPATH")
    kept = {name: value for name, value in given.items() if not name.startswith(ours)}
    path = [folder for folder in kept.get("PATH", "").split(os.pathsep) if not _is_ours(folder)]
    return {**kept, "PATH": os.pathsep.join(path)}


def _is_ours(folder: str) -> bool:
    return Path(folder).is_relative_to(ROOT)


def taken(wanted: Iterable[int]) -> list[int]:
    """The ports of these at which something listens already: the page would speak to somebody else's."""
    found = []
    for port in wanted:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                found.append(port)
    return found


def rehearse(root: Path) -> tuple[int, float]:
    """Clone, type, and end what still runs: bash's exit code, and the seconds from the clone on."""
    with tempfile.TemporaryDirectory() as folder:
        clone, began = Path(folder) / "largesse", time.monotonic()
        subprocess.run(["git", "clone", "-q", str(root), str(clone)], check=True)
        script = typed(blocks((clone / "README.md").read_text(encoding="utf-8")))
        if others := taken(ports(script)):
            raise OSError(f"something listens at {', '.join(map(str, others))} already: end it first")
        path = Path(folder) / "typed.sh"
        path.write_text(script, encoding="utf-8")
        run = subprocess.Popen(
            ["bash", str(path)], cwd=clone, env=environment(dict(os.environ)), stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            code = run.wait()
            return code, time.monotonic() - began
        finally:
            _end(run)


def _end(run: subprocess.Popen[bytes]) -> None:
    """All that the script has started, which is one group; what does not end when asked to is killed."""
    with suppress(ProcessLookupError):
        for _ in range(50):
            os.killpg(run.pid, signal.SIGTERM)
            run.poll()
            time.sleep(0.1)
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()


def main() -> int:
    """The exit code is 0 where all went well, in time."""
    try:
        code, seconds = rehearse(ROOT)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    minutes, rest = divmod(round(seconds), 60)
    how = "typed from the clone to the last line" if code == 0 else f"ended with exit code {code}"
    print(f"\nREADME.md: {how}, without `{_TESTS}`: {minutes} min {rest} s")
    return int(code != 0 or seconds > 60 * MINUTES)


if __name__ == "__main__":
    sys.exit(main())
