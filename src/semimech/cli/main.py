"""The command line's entry point: lazy commands, and every failure as one sentence with its exit code."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from semimech.support.errors import UserError

if TYPE_CHECKING:
    from cyclopts import App

# name -> what it does; each is the function (or, of a group, the application) of that name (- as _) in cli/<name>.py,
# imported when it is called.
COMMANDS = {
    "check": "Say what is in a screen, and what is wrong or doubtful in it.",
    "run": "Fit and judge models on a screen; writes a run folder and a report.",
    "assumptions": "Test what models silently assume: holds, violated, or cannot be tested.",
    "predict": "Predict conditions, seen or unseen, from a run folder.",
    "network": "Write the network of a run as a table, GraphML and Cytoscape JSON.",
    "network-score": "Judge a network, or a table of edges, on the interventions of a screen.",
    "causal": "Write a fitted network as a structural causal model, and ask it for interventions.",
    "focus": "Measure whether data of other contexts help to predict one context of a screen, or harm.",
    "audit": "Whether bioactivities of many sources may be pooled for one chemical series.",
    "design": "Plan a screen: where its variance comes from, what a layout can show, what to measure next.",
    "report": "Write the report of a run again.",
    "benchmark": "Measure how well networks of known truth are found (recovery).",
    "simulate": "Simulate a screen with a known truth, from a TOML file.",
    "scores": "List the scores with their equations.",
    "doctor": "Say which versions, device, memory and data folders are really in use.",
}
DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


def build_app() -> App:
    """The cyclopts application with every command registered by name, none imported."""
    from cyclopts import App, Parameter

    import semimech

    app = App(
        name="semimech",
        help="From a perturbation screen to a mechanistic model you can trust.",
        help_epilogue="With --debug, any command shows the traceback behind an error.",
        version=lambda: str(semimech.__version__),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
        # No --empty-x beside every list, and no "[default: ()]".
        default_parameter=Parameter(negative_iterable=(), show_default=lambda value: None if value == () else value),
        exit_on_error=False,
        print_error=False,
    )
    for name, sentence in COMMANDS.items():
        function = name.replace("-", "_")
        app.command(f"semimech.cli.{function}:{function}", name=name, help=sentence)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 done, 1 failed, 2 wrong input or usage, 130 interrupted.

    `--debug` anywhere, or SEMIMECH_DEBUG=1, shows the traceback behind the sentence.
    """
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in tokens or os.environ.get("SEMIMECH_DEBUG", "") not in ("", "0")
    tokens = [token for token in tokens if token != "--debug"]
    from cyclopts import CycloptsError, UnknownCommandError

    try:
        build_app()(tokens)
        return DONE
    except UserError as error:
        return _fail(str(error), MISUSED, debug)
    except UnknownCommandError:
        # Not the library's own sentence: it imports every command to look for a likely one.
        return _fail(_unknown([token for token in tokens if not token.startswith("-")]), MISUSED, debug)
    except CycloptsError as error:
        return _fail(f"{error} See semimech --help.", MISUSED, debug)
    except KeyboardInterrupt as error:
        note = str(error) or "a run folder keeps what is finished: go on with semimech run --resume FOLDER."
        return _fail(f"Interrupted; {note}", INTERRUPTED, debug)
    except MemoryError:
        return _fail("The machine has not enough memory for this step; semimech doctor tells how much.", FAILED, debug)
    except BrokenPipeError:
        # The reader (head, less) has gone: nothing more can be said, not even by the interpreter's own last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        return _fail(f"{error.strerror or error}: {error.filename or 'no file named'}.", FAILED, debug)
    except Exception as error:  # noqa: BLE001 - the outermost handler: a user never sees a traceback unasked
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return _fail(
            f"Unexpected error ({what}): this is a fault of semimech, please report it with the output of --debug.",
            FAILED,
            debug,
        )


def _unknown(words: Sequence[str]) -> str:
    group, commands = "", COMMANDS
    if words[0] in COMMANDS:  # only a group of commands leaves the word after it unknown
        group, commands = f"{words[0]} ", importlib.import_module(f"semimech.cli.{words[0]}").COMMANDS
    command = words[1 if group else 0]
    near = difflib.get_close_matches(command, commands, n=1)
    remedy = f"did you mean {group}{near[0]}?" if near else f"the commands are {', '.join(commands)}."
    return f'There is no command "{group}{command}"; {remedy}'


def _fail(sentence: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(f"semimech: {' '.join(sentence.split())}", file=sys.stderr)
    return code
