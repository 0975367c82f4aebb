"""The command line: `python -m minitorch.classroom --help`.

Floor 5. Each command is one function; what it prints is for the teacher, what it returns is the
exit status. Progress bars come from tqdm (extra `classroom`).
"""

import argparse
import sys
from pathlib import Path

from . import notebook as nb
from .assignment import assignments
from .folders import empty_handed, grade_all, submissions, which
from .report import report as write_report
from .sandbox import PACKAGE, Sandbox
from .selftest import prove

SOURCE = PACKAGE.parent / "notebooks" / "assignments"

EPILOG = """\
a course in four commands:
  python -m minitorch.classroom release --to handout
      hand out handout/*.ipynb; collect what comes back into a folder, say week3/
  python -m minitorch.classroom grade week3
      safe to stop and to run again: what has its grade is not graded twice
  python -m minitorch.classroom report
      reports/NAME/: grades.csv, class.html, students/*.html, and written.csv, in
      which you enter the points of the written answers (then run report again)
  python -m minitorch.classroom selftest
      shows that the grader works here, before you rely on it

docs/teaching.md is the guide."""


def parser():
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="python -m minitorch.classroom",
        description="Release assignments, grade a class in a sandbox, and report.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    one = _command(commands, release, "write the students' notebooks, without what is secret")
    _names(one)
    _folder(one, "--to", "release", "where to")

    one = _command(commands, grade, "grade the submissions in a folder")
    one.add_argument("folder", type=Path, help="nbgrader's layout, a folder or a file per student")
    one.add_argument("--assignment", metavar="NAME",
                     help="default: the one that most of the notebooks belong to")  # fmt: skip
    _folder(one, "--results", "grades", "where the grades are kept")
    _workers(one)
    one.add_argument("--again", action="store_true", help="grade also what has its grade")
    one.add_argument("--no-sandbox", action="store_true",
                     help="where bubblewrap is missing: limits on time, memory and output alone; "
                     "a submission can then read and write what you can")  # fmt: skip

    one = _command(commands, report, "write grades.csv, a page per student, and a class page")
    _names(one)
    _folder(one, "--results", "grades", "where the grades are kept")
    _folder(one, "--to", "reports", "where to")

    one = _command(commands, selftest, "grade submissions whose grade is known, and mutants")
    _names(one)
    _workers(one)
    return top


def _command(commands, run, summary):
    one = commands.add_parser(run.__name__, help=summary, description=summary)
    one.set_defaults(run=run)
    one.add_argument("--source", type=Path, default=SOURCE, metavar="FOLDER",
                     help="the teacher's notebooks (default: those of the course)")  # fmt: skip
    return one


def _names(command):
    command.add_argument("names", nargs="*", metavar="NAME",
                         help="assignments, such as A1_autograd (default: all)")  # fmt: skip


def _folder(command, option, default, text):
    command.add_argument(option, type=Path, default=Path(default), metavar="FOLDER",
                         help=f"{text} (default: {default})")  # fmt: skip


def _workers(command):
    command.add_argument("--workers", type=int, default=2, metavar="N",
                         help="how many submissions at once (default: 2)")  # fmt: skip


# ---- the commands ------------------------------------------------------------------------------


def release(options):
    """Writes the students' notebooks."""
    options.to.mkdir(parents=True, exist_ok=True)
    for name, assignment in _named(options).items():
        nb.write(nb.released(assignment.notebook), options.to / f"{name}.ipynb")
        print(f"{options.to / name}.ipynb: no solution and no hidden test in it")
    return 0


def grade(options):
    """Grades a folder."""
    known = assignments(options.source)
    if options.assignment not in (None, *known):
        raise ValueError(f"no assignment {options.assignment!r}; there are {', '.join(known)}")
    sandbox = _sandbox(options.no_sandbox)
    name = options.assignment or which(list(known.values()), options.folder).name
    assignment, results = known[name], options.results / name
    found = submissions(options.folder, assignment)
    if not found:
        raise ValueError(f"no notebooks in {options.folder}")
    done, failed = grade_all(
        assignment, found, results, sandbox, options.workers, options.again, _bar(name)
    )
    print(f"{name}: {len(done)} graded, {len(found) - len(done) - len(failed)} had their grade")
    for student, reason in failed.items():
        print(f"  {student} has no grade yet: {reason}")
    for student in empty_handed(options.folder, found):
        print(f"  {student} handed in no notebook")
    return 1 if failed else 0


def report(options):
    """Writes the reports of what is graded."""
    named = _named(options).items()
    graded = [(name, it) for name, it in named if (options.results / name).is_dir()]
    if not graded:
        raise ValueError(f"no grades in {options.results}; grade first")
    for name, assignment in graded:
        write_report(assignment, options.results / name, options.to / name)
        print(f"{options.to / name}: grades.csv, written.csv, class.html, students/")
    return 0


def selftest(options):
    """Proves the grader and the tests of the assignments."""
    sandbox, holds = _sandbox(False), True
    for name, assignment in _named(options).items():
        proof = prove(assignment, sandbox, options.workers, _bar(name))
        print(proof, *proof.faults, sep="\n  ")
        holds = holds and proof.holds
    return 0 if holds else 1


# ---- what they share ---------------------------------------------------------------------------


def _named(options):
    known = assignments(options.source)
    unknown = [name for name in options.names if name not in known]
    if unknown:
        raise ValueError(f"no assignment {unknown[0]!r}; there are {', '.join(known)}")
    return {name: known[name] for name in options.names or known}


def _sandbox(bare):
    try:
        return Sandbox(bare)
    except RuntimeError as error:
        raise ValueError(f"no sandbox: {error}; --no-sandbox grades with limits alone") from None


def _bar(label):
    from tqdm import tqdm

    return lambda items: tqdm(items, desc=label, unit="", dynamic_ncols=True)


def main(arguments=None):
    """Runs one command; what is wrong with it is said in a line."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; grades that are there stay, and are not made again", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
