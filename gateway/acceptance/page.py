#!/usr/bin/env python3
"""Writes docs/acceptance.md from the figures of the runs. Sections of other runs, and of those that have not been made
anew, stay as they are.

    page.py OUT docs/acceptance.md
"""
import json
import re
import sys
from pathlib import Path

OUT, PAGE = Path(sys.argv[1]), Path(sys.argv[2])
HEAD = """# What has been run against a running gateway

`make acceptance` does all of this on one machine, on loopback and in real time, and writes this page: faxes by the hundred,
foreign packets, kills, a full disk. It is not part of the CI. Each run is a program in `gateway/acceptance`, which says in its
first lines what it does; what must hold is checked by it, and stands below as it came out, good or not.

Both ends of every call are `faxlab load` and run on the same processors as the gateway. What else the machine did meanwhile is
said of each run, in cores; the runs had priority over it (`ACCEPTANCE_PRIORITY` of the Makefile).
"""
TITLES = {
    "media": "Foreign packets at the ports of a fax",
    "flood": "SIP floods",
    "kill": "kill -9",
    "disk": "A full disk",
    "capacity": "How many faxes at once",
    "unit": "The package as a service",
}


def shown(value):
    if isinstance(value, dict):
        return ", ".join(f"{name} {shown(of)}" for name, of in value.items()) or "none"
    return f"{value:,}".replace(",", " ") if isinstance(value, int) and value > 9999 else str(value)


def table(rows):
    rows = [[str(cell) for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def section(run, content):
    figures = content["figures"]
    steps = {name: figure for name, figure in figures.items() if isinstance(figure, dict) and "at once" in figure}
    parts = [f"## {TITLES[run]}", f"`{content['command']}`, {content['machine']['at']} UTC, "
             f"{content['machine']['cpu']}, {content['machine'].get('priority', '')}, load average "
             f"{content['machine']['load_average'][0]} at its end."]
    if steps:
        names = list(next(iter(steps.values())))
        parts.append(table([["", *names], *([step, *map(shown, figure.values())] for step, figure in steps.items())]))
    rest = [[name, shown(figure)] for name, figure in figures.items() if name not in steps]
    parts.append(table([["figure", ""], *rest]))
    parts.append(table([["what must hold", ""], *([what, "yes" if holds else "**no**"] for what, holds in content["checks"])]))
    return "\n\n".join(parts) + "\n"


before = PAGE.read_text() if PAGE.exists() else ""
sections = {part.splitlines()[0].removeprefix("## "): part for part in re.split(r"(?m)^(?=## )", before)[1:]}
foreign = [part for title, part in sections.items() if title not in TITLES.values()]
made = [section(run, json.loads(path.read_text())) if (path := OUT / f"{run}.json").exists() else sections.get(title)
        for run, title in TITLES.items()]
PAGE.write_text("\n".join([HEAD, *(part.rstrip() + "\n" for part in made + foreign if part)]).rstrip() + "\n")
