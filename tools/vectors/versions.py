"""Runs several versions of Werkzeug side by side, each from a folder of its own."""

import json
import os
import pathlib
import subprocess
import sys

# The last release before a change of what Werkzeug writes or accepts.
WERKZEUG = {
    "0.9.6": "PBKDF2 with SHA-1, 1,000 rounds where none are named",
    "0.14.1": "50,000 rounds",
    "1.0.1": "150,000 rounds",
    "2.2.3": "260,000 rounds; the last without scrypt",
    "2.3.8": "600,000 rounds; scrypt; the last with salted hashes",
    "3.1.9": "1,000,000 rounds; no salted hashes",
}

FOLDER = pathlib.Path(__file__).resolve().parents[2] / ".ci" / "tools" / "werkzeug"


def install():
    """Installs each version once. 0.14.1 imports names that Python 3.10 removed, so it is not run."""
    for version in WERKZEUG:
        target = FOLDER / version
        if version != "0.14.1" and not target.exists():
            subprocess.run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target),
                 f"Werkzeug=={version}", "MarkupSafe==3.0.3"], check=True)


def start(version):
    """Starts a process that answers each line of JSON with a line, by that version."""
    code = (
        "import json, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from werkzeug import security\n"
        "for line in sys.stdin:\n"
        "    name, *given = json.loads(line)\n"
        "    print(getattr(security, name)(*given), flush=True)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(FOLDER / version)})


def send(process, name, *given):
    process.stdin.write(json.dumps([name, *given]) + "\n")
    process.stdin.flush()


def answer(process):
    return process.stdout.readline().rstrip("\n")


def ask(process, method, password):
    """Returns the hash of the password that the process of start makes; "" is the version's own method."""
    send(process, "generate_password_hash", password, *[method] * bool(method))
    return answer(process)


def verify(process, stored, password):
    send(process, "check_password_hash", stored, password)
    return answer(process) == "True"
