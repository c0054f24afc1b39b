"""A suite that every provider must pass, dsops's own and those of third parties (``specs/adding-a-provider.md``).

::

    from dsops.testing import KindCase, ProviderSuite, Subject

    class TestNotes(ProviderSuite):
        name = "notes"
        cases = (KindCase(kind="Note", spec={"text": "a"}, update={"text": "b"}, ...),)

        @classmethod
        @contextmanager
        def running(cls, folder):
            with served(app) as url:
                yield Subject(provider="notes", url=url, secrets={"NOTES_TOKEN": "canary-3f1c"}, ...)

Belongs here: what holds for every provider, and the means to prove it: a stack folder at work, a proxy that makes
trouble. Does not belong here: what one provider does, and any server of one. Needs pytest; ``served`` needs uvicorn,
which comes with ``dsops[emulator]``.
"""

import pytest

# So that a failing assertion tells what it compared, in these modules as in any test.
_ASSERTING = ("calls", "laws", "lifecycle", "reading", "safety", "secrets", "suite", "trial", "trouble")
pytest.register_assert_rewrite(*(f"dsops.testing.{name}" for name in _ASSERTING))

from dsops.testing.proxy import Fault, Proxy, Seen  # noqa: E402 - after the registration
from dsops.testing.serve import served  # noqa: E402
from dsops.testing.subject import KindCase, Subject  # noqa: E402
from dsops.testing.suite import ProviderSuite  # noqa: E402
from dsops.testing.trial import Trial  # noqa: E402

__all__ = ["Fault", "KindCase", "ProviderSuite", "Proxy", "Seen", "Subject", "Trial", "served"]
