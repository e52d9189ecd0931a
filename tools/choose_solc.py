"""Choose the Solidity compiler: the native one where it can be had, npm's WebAssembly build of it elsewhere.

Both are the same commit and write the same bytes; the native one is some five times as fast. `make setup`
runs this. The choice is a file: the stand-in in tools/solc hands over to `.solcx/solc-v<version>` if that
exists, so Brownie and Forge need to know one path only.

    SOLC_NATIVE=no make setup          never try to download
    SOLC_MIRROR=https://… make setup   download from a mirror with the layout of the compiler's own site
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
REACH_SECONDS = 5.0
DOWNLOAD_SECONDS = 180.0
RUN_SECONDS = 30.0

_DOWNLOAD = """
import sys, solcx, solcx.install
version, folder, mirror = sys.argv[1:]
if mirror:
    solcx.install.BINARY_DOWNLOAD_BASE = mirror.rstrip("/") + "/{}-amd64/{}"
solcx.install_solc(version, solcx_binary_path=folder)
"""

# Says enough of a compiler: metadata, optimizer and code of the target all end up in the bytes.
_PROBE = {
    "language": "Solidity",
    "sources": {"Probe.sol": {"content": "contract Probe { function f(uint a) public view returns (uint) "
                                         "{ return a % 7 == block.timestamp ? gasleft() : a ** 3; } }"}},
    "settings": {
        "optimizer": {"enabled": True, "runs": 200},
        "evmVersion": "cancun",
        "outputSelection": {"*": {"*": ["evm.bytecode.object"]}},
    },
}  # fmt: skip


class UnfitCompilerError(Exception):
    """A compiler that is not the pinned one, or cannot be had; the message says why."""


@dataclass(frozen=True)
class Compiler:
    """An executable `solc` and the identity it claims, such as 0.8.37+commit.f401782d."""

    path: Path
    identity: str


def pinned_version(root: Path = ROOT) -> str:
    """The compiler version that brownie-config.yaml pins. Raises UnfitCompilerError if it pins none."""
    text = (root / "brownie-config.yaml").read_text(encoding="utf-8")
    found = re.search(r"^ +version: (\d+\.\d+\.\d+)$", text, re.MULTILINE)
    if not found:
        raise UnfitCompilerError("brownie-config.yaml pins no exact solc version")
    return found.group(1)


def identify(path: Path) -> Compiler:
    """Run `path --version`. Raises UnfitCompilerError when it doesn't run or names no version and commit."""
    try:
        shown = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=RUN_SECONDS, env=_wasm(), check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise UnfitCompilerError(f"{path.name} does not run: {error}") from error
    found = re.search(r"^Version: (\d+\.\d+\.\d+\+commit\.[0-9a-f]{8})(\.|$)", shown, re.MULTILINE)
    if not found:
        raise UnfitCompilerError(f"{path.name} --version names no released version and commit: {shown!r}")
    return Compiler(path, found.group(1))


def probe(compiler: Compiler) -> str:
    """The bytecode the compiler makes of a small contract. Raises UnfitCompilerError when it makes none."""
    try:
        answer = subprocess.run(
            [compiler.path, "--standard-json"],
            input=json.dumps(_PROBE),
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            env=_wasm(),
            check=True,
        ).stdout
        code = json.loads(answer)["contracts"]["Probe.sol"]["Probe"]["evm"]["bytecode"]["object"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        raise UnfitCompilerError(f"{compiler.path.name} does not compile: {error!r}") from error
    return str(code)


def require_same(native: Compiler, reference: Compiler) -> None:
    """Raise UnfitCompilerError unless both are one version and commit and write the same bytes."""
    if native.identity != reference.identity:
        raise UnfitCompilerError(f"the native compiler is {native.identity}, wanted {reference.identity}")
    if probe(native) != probe(reference):
        raise UnfitCompilerError(f"the native compiler {native.identity} writes other bytecode than npm's")


def download(version: str, folder: Path, mirror: str = "") -> Path:
    """Fetch the native compiler into `folder` through py-solc-x; returns its path.

    Raises UnfitCompilerError when the site cannot be reached within REACH_SECONDS, the download takes longer
    than DOWNLOAD_SECONDS, or what came does not run.
    """
    import solcx.install

    base = mirror.rstrip("/") + "/{}-amd64/{}" if mirror else solcx.install.BINARY_DOWNLOAD_BASE
    try:
        where = base.format(solcx.install._get_os_name(), "list.json")
        requests.head(where, timeout=REACH_SECONDS, allow_redirects=True).raise_for_status()
    except (OSError, requests.RequestException) as error:
        raise UnfitCompilerError(f"no way to the native compiler ({type(error).__name__})") from error
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SOLCX_BINARY_PATH": str(folder)}
    try:
        subprocess.run(
            [sys.executable, "-c", _DOWNLOAD, version, str(folder), mirror],
            capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, env=environment, check=True,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or "").strip().splitlines()[-1:] or [str(error)]
        raise UnfitCompilerError(f"the native compiler could not be installed: {reason[0]}") from error
    except subprocess.TimeoutExpired as error:
        raise UnfitCompilerError(f"the download took longer than {DOWNLOAD_SECONDS:.0f} s") from error
    return folder / f"solc-v{version}"


def choose(reference: Path, folder: Path, *, native: bool = True, mirror: str = "") -> tuple[Compiler, str]:
    """The compiler to use and a line that says why. A native one that is not the pinned one is removed."""
    pinned = identify(reference)
    version = pinned.identity.partition("+")[0]
    path = folder / f"solc-v{version}"
    if not native:
        path.unlink(missing_ok=True)
        return pinned, f"solc {pinned.identity}: npm's WebAssembly build, as asked"
    try:
        if not path.exists():
            download(version, folder, mirror)
        chosen = identify(path)
        require_same(chosen, pinned)
    except UnfitCompilerError as error:
        path.unlink(missing_ok=True)
        return pinned, f"solc {pinned.identity}: npm's WebAssembly build ({error})"
    return chosen, f"solc {chosen.identity}: native"


def _wasm() -> dict[str, str]:
    """The stand-in must answer for npm's build here, not hand over to the native compiler under test."""
    return {**os.environ, "SOLC_WASM": "1"}


def main() -> int:
    """Choose, say what was chosen. Exit code 1 when not even npm's build is the pinned version."""
    try:
        version = pinned_version()
        _, why = choose(
            ROOT / "tools" / "solc" / f"solc-v{version}",
            ROOT / ".solcx",
            native=os.environ.get("SOLC_NATIVE", "yes") != "no",
            mirror=os.environ.get("SOLC_MIRROR", ""),
        )
    except UnfitCompilerError as error:
        print(f"setup: no Solidity compiler: {error}", file=sys.stderr)
        return 1
    (ROOT / ".solcx").mkdir(exist_ok=True)
    print(f"setup: {why}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
