"""From arguments to an exit code.

0 done. 1 an error before any write, and usage errors. 2 only from `plan --detailed-exitcode` and `drift`. 3 not all of
the plan was done. 130, 143 and 129 after SIGINT, SIGTERM and SIGHUP.
"""

import gc
import re
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from dsops import __version__
from dsops.cli.lazy import LazyGroup
from dsops.cli.options import shared
from dsops.cli.output import lost, prepare, say

_HERE = "dsops.cli.commands"
_QUERY = re.compile(r"(\w+://[^\s?\"']+)\?[^\s\"']+")
"""What stands behind the question mark of an address may be its signature."""

COMMANDS = {
    "init": (f"{_HERE}.init", "a stack to start from"),
    "validate": (f"{_HERE}.validate", "check the manifests, offline and without secrets"),
    "plan": (f"{_HERE}.plan", "show what apply would do, call by call"),
    "apply": (f"{_HERE}.apply", "plan (or take a saved plan), ask, do it"),
    "destroy": (f"{_HERE}.destroy", "delete what the state holds, children first"),
    "show": (f"{_HERE}.show", "show a saved plan"),
    "drift": (f"{_HERE}.drift", "compare what is live with what was recorded"),
    "import": (f"{_HERE}.imports", "adopt what exists, and write its manifests"),
    "dataset": (f"{_HERE}.dataset", "list, look at and export datasets"),
    "stream": (f"{_HERE}.stream", "list, consume and move streams"),
    "state": (f"{_HERE}.state", "look into the state, and mend it"),
    "graph": (f"{_HERE}.graph", "show what depends on what"),
    "schema": (f"{_HERE}.schema", "print the JSON Schemas of the manifests"),
    "providers": (f"{_HERE}.providers", "list the kinds, and what can be done with them"),
    "emulator": (f"{_HERE}.emulator", "serve the providers' APIs here, to try and to test"),
    "demo": (f"{_HERE}.demo", "see all of it work, on the emulator"),
}


_DIFFERS = 2
"""What `plan --detailed-exitcode` and `drift` return: a result, and worth nothing where nobody could read it."""


class Terminated(SystemExit):
    """SIGTERM came, or SIGHUP: the terminal is gone.

    Not an `Exception`, so that nothing mistakes it for a failure; and of all others an event loop lets only a
    `SystemExit` and a `KeyboardInterrupt` out of the callback in which it happens to be raised.
    """

    def __init__(self, number: int) -> None:
        """Keep the number of the signal."""
        super().__init__(128 + number)
        self.number = number


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExample:\n  dsops init support-mail\n  dsops plan -C support-mail\n  dsops apply -C support-mail",
)
@click.version_option(__version__, message="dsops %(version)s")
@shared
def dsops(**_: object) -> None:
    """Datasets as code: plan, apply and watch datasets and streams of SaaS accounts from YAML manifests.

    A stack is a folder with a dsops.yaml. The options below go before or after the name of a command.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; expected failures are told, a bug shows its traceback."""
    # One process, one command: what it reads is kept to the end, and the collector would walk it again and again.
    gc.disable()
    prepare()
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup wants it
        signal.signal(signal.SIGHUP, _terminate)
    try:
        code = dsops.main(list(arguments), prog_name="dsops", standalone_mode=False)
    except click.ClickException as error:
        return _usage(error)
    except (KeyboardInterrupt, click.Abort):
        say("interrupted")
        return 128 + signal.SIGINT
    except Terminated as ended:
        say("terminated")
        return 128 + ended.number
    except Exception as error:  # noqa: BLE001 - whatever else it is, it is a bug, and shown as one
        return _bug(error)
    finally:
        gc.freeze()
    if why := lost():
        say(f"error: the result could not be written: {why}")
        return code if code and code != _DIFFERS else 1
    return code or 0


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise Terminated(number)


def _usage(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        say(error.format_message())
        return 1
    say(f"error: {error.format_message()}")
    if context is not None:
        say(f"  hint: {context.command_path} --help")
    return 1


def _bug(error: Exception) -> int:
    import traceback

    say(_masked("".join(traceback.format_exception(error)).rstrip()))
    say("\nThis is a bug in dsops: please report it with the lines above.")
    return 1


def _masked(text: str) -> str:
    """Take out what no text of ours may hold: a bug's may, for nobody foresaw it."""
    from dsops.http.secret import Redactor

    rooms = (sys.modules.get(name) for name in ("dsops.http.secret", "dsops.state.address"))
    secrets = [secret for room in rooms if room is not None for secret in room.RESOLVED]
    return _QUERY.sub(r"\1?***", Redactor(secrets).text(text))
