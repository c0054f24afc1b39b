"""The YAML parser: libyaml's where PyYAML has it, else the one in pure Python. Both give the same events."""

from typing import Any

import yaml
from yaml.events import ScalarEvent
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner


class PureParser(Reader, Scanner, Parser):
    """Events without libyaml: slower, and as strict."""

    def __init__(self, text: str) -> None:
        """Take the whole text of a file."""
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def get_event(self) -> Any:
        """Return the next event.

        Raises:
            yaml.YAMLError: The text is not YAML, or an escape stands for half a character, which libyaml refuses too.
        """
        event = super().get_event()  # type: ignore[no-untyped-call]
        if type(event) is ScalarEvent and not _encodable(event.value):
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem="an escape stands for half a character", problem_mark=mark)
        return event


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def new_parser(text: str) -> Any:
    """Return a parser of a text, with ``get_event()``.

    Raises:
        yaml.YAMLError: The text holds characters that YAML doesn't allow (the pure parser looks at once).
    """
    if yaml.__with_libyaml__:
        from yaml.cyaml import CSafeLoader

        return CSafeLoader(text.encode())
    return PureParser(text)
