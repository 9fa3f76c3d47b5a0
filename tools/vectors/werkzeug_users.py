"""Writes cmd/roster/testdata/flask_users.jsonl.gz: 10,000 rows of the Flask
service's table "user", one JSON object a line, with hashes by Werkzeug itself.

    python3 tools/vectors/werkzeug_users.py

It takes some 15 minutes on two cores, and continues a run that was interrupted. The password of an account is
"password of " and its username. The forms take turns, by id modulo 4:

    0  old salted hashes: sha256$ for ids that 8 divides, else sha1$
    1  pbkdf2:sha256, 260,000 rounds
    2  pbkdf2:sha256, 600,000 rounds
    3  scrypt:32768:8:1
"""

import contextlib
import gzip
import json
import pathlib

import versions

USERS = 10_000
FIRST = ["Ann", "Bo", "Chloé", "Dmitri", "Eve", "Fatima", "Goran", "Hana", "Ines", "Jörg"]
LAST = ["Lee", "Okafor", "Müller", "Ivanov", "O'Neill", "Haddad", "Petrović", "Sato", "da Silva", "Nguyen"]
OUT = pathlib.Path(__file__).resolve().parents[2] / "cmd" / "roster" / "testdata" / "flask_users.jsonl.gz"
PART = OUT.with_suffix(".part")


def form(number):
    """Returns the version and the method that hash the password of the account with that id."""
    return [
        ("1.0.1", "sha256" if number % 8 == 0 else "sha1"),
        ("2.2.3", "pbkdf2:sha256"),
        ("2.3.8", "pbkdf2:sha256"),
        ("3.1.9", "scrypt"),
    ][number % 4]


def row(number, stored):
    username = f"user{number:05d}"
    stamp = f"{2015 + number % 10}-{1 + number % 12:02d}-{1 + number % 28:02d} {number % 24:02d}:{number % 60:02d}:{number % 59:02d}"
    return {
        "id": number,
        "username": username,
        "first_name": FIRST[number % 10],
        "last_name": LAST[number // 10 % 10],
        "password_hash": stored,
        "email": f"{username}@example.com",
        "role": None if number % 50 == 0 else "ADMIN" if number % 1000 == 1 else "USER",
        "created_at": stamp,
        "updated_at": stamp,
        "active": True,
    }


def hashes(first, processes):
    """Returns the hashes of four accounts. Each form has a process, so all four are made at once."""
    numbers = range(first, first + 4)
    for n in numbers:
        version, method = form(n)
        versions.send(processes[version], "generate_password_hash", f"password of user{n:05d}", method)
    return [versions.answer(processes[form(n)[0]]) for n in numbers]


def before():
    """Returns the hashes of a run that was interrupted."""
    found = []
    if PART.exists():
        with gzip.open(PART, "rt", encoding="utf-8") as part, contextlib.suppress(EOFError):
            for line in part:
                found.append(json.loads(line)["password_hash"])
    return found[:len(found) - len(found) % 4]


def main():
    versions.install()
    processes = {version: versions.start(version) for version in ("1.0.1", "2.2.3", "2.3.8", "3.1.9")}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    done = before()
    with open(PART, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, 0) as out:
        for first in range(1, USERS + 1, 4):
            for i, stored in enumerate(done[first - 1:first + 3] or hashes(first, processes)):
                out.write((json.dumps(row(first + i, stored), ensure_ascii=False) + "\n").encode())
    PART.rename(OUT)


if __name__ == "__main__":
    main()
