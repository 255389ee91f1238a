"""`make mutants`: plants small faults into the code, one at a time, and says which of them no test notices."""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mutants import equivalent
from mutants.concerned import ROOT, concerning
from mutants.operators import Mutant, mutants
from mutants.running import Copy, NothingToRunError, Outcome

SEED = 9


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument(
        "--since", default="origin/main", metavar="COMMIT", help="lines changed since then (%(default)s)"
    )
    parser.add_argument("--of", nargs="+", metavar="PATH", help="not the changed lines, but these files or folders")
    parser.add_argument("--sample", type=int, metavar="N", help="no more than N of them, drawn with the seed")
    parser.add_argument("--seed", type=int, default=SEED, help="of the sample (%(default)s)")
    parser.add_argument("--list", action="store_true", help="print them and run nothing")
    return parser.parse_args()


def changed_lines(commit: str) -> dict[str, set[int]]:
    """The numbers of the lines that were added or changed since a commit, by file; raises NothingToRunError."""
    command = ["git", "diff", "--unified=0", "--no-prefix", "--diff-filter=d", "--merge-base", commit]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise NothingToRunError(done.stderr.strip())
    found: dict[str, set[int]] = {}
    for line in done.stdout.splitlines():
        if line.startswith("+++ "):
            lines = found.setdefault(line[4:], set())
        elif hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            first = int(hunk[1])
            lines.update(range(first, first + int(hunk[2] or 1)))
    return found


def asked_for(options: argparse.Namespace) -> list[Mutant]:
    """The mutants to run, by file and line."""
    found: list[Mutant] = []
    if options.of:
        for place in map(Path, options.of):
            files = [ROOT / place] if place.suffix else sorted((ROOT / place).rglob("*.py"))
            if not all(file.is_file() for file in files):
                raise NothingToRunError(f"there is no file {place}")
            names = [file.relative_to(ROOT).as_posix() for file in files]
            found += (mutant for name in names if concerning(name) for mutant in of_file(name))
    else:
        for name, lines in changed_lines(options.since).items():
            if concerning(name):
                found += (mutant for mutant in of_file(name) if mutant.line in lines)
    if options.sample is not None and options.sample < len(found):
        found = random.Random(options.seed).sample(found, options.sample)
    return sorted(found, key=lambda mutant: (mutant.path, mutant.start, mutant.end, mutant.after))


def of_file(name: str) -> list[Mutant]:
    """Every mutant of a file."""
    return mutants(name, (ROOT / name).read_text())


def described(mutant: Mutant) -> str:
    """File and line, and what was changed there, as an entry of the list of equivalent ones has it."""
    line = (ROOT / mutant.path).read_text().splitlines()[mutant.line - 1].strip()
    fields = {"path": mutant.path, "line": line, "before": mutant.before, "after": mutant.after}
    entry = "\n".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items())
    return f"{mutant.path}:{mutant.line}\n{entry}\n"


def outcomes(found: list[Mutant], copy: Copy) -> Iterator[tuple[Mutant, Outcome]]:
    """What becomes of each; says first which tests fail without a fault and are left out."""
    known = equivalent.read()
    told: set[str] = set()
    for mutant in found:
        if equivalent.listed(mutant, (ROOT / mutant.path).read_text(), known):
            yield mutant, Outcome.EQUIVALENT
            continue
        for test in sorted(set(copy.base(mutant.path).failed) - told):
            told.add(test)
            print(f"fails without a fault, so it is left out: {test}", flush=True)
        yield mutant, copy.outcome(mutant)


def run(found: list[Mutant]) -> Counter[Outcome]:
    """Run them one after the other, say which survive, and count; raises NothingToRunError."""
    counts: Counter[Outcome] = Counter()
    with tempfile.TemporaryDirectory(prefix="steelyard-mutants-") as folder:
        for mutant, outcome in outcomes(found, Copy(Path(folder))):
            counts[outcome] += 1
            if sys.stderr.isatty():
                print(f"{counts.total()} of {len(found)}", end="\r", file=sys.stderr, flush=True)
            if outcome is Outcome.SURVIVED:
                print(f"\nsurvived: {described(mutant)}", flush=True)
    return counts


def main() -> int:
    """Run them; 0 if none survives, 1 if one does, 2 if there is nothing to run them with."""
    options = arguments()
    try:
        found = asked_for(options)
        if options.list:
            print(*map(described, found), sep="\n")
            return 0
        counts = run(found)
    except NothingToRunError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(found)} mutants:", ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome))
    return 1 if counts[Outcome.SURVIVED] else 0


if __name__ == "__main__":
    sys.exit(main())
