"""The suite: a class to inherit from."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

import pytest

from dsops.model import Kind, Provider
from dsops.providers import provider as provider_called
from dsops.testing.cases import each_case
from dsops.testing.laws import Laws
from dsops.testing.lifecycle import Lifecycle
from dsops.testing.proxy import Proxy, proxied
from dsops.testing.reading import Reading
from dsops.testing.safety import Safety
from dsops.testing.secrets import Secrets
from dsops.testing.subject import KindCase, Subject
from dsops.testing.trial import Trial
from dsops.testing.trouble import Trouble


class ProviderSuite(Lifecycle, Safety, Trouble, Reading, Secrets, Laws):
    """Everything a provider must do. Inherit from it in a class whose name begins with ``Test``.

    Attributes:
        name: The provider.
        cases: Its kinds.
    """

    name: ClassVar[str]
    cases: ClassVar[tuple[KindCase, ...]]

    @classmethod
    @abstractmethod
    def running(cls, folder: Path) -> AbstractContextManager[Subject]:
        """Run a server of the provider: to be written, with ``contextlib.contextmanager``.

        Args:
            folder: An empty folder for what the server needs.
        """
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
        """Yield the provider with a server that runs."""
        with cls.running(tmp_path_factory.mktemp("server")) as subject:
            yield subject

    @pytest.fixture(scope="class")
    @classmethod
    def proxy(cls, subject: Subject) -> Iterator[Proxy]:
        """Stand in front of the server."""
        with proxied(subject.url) as proxy:
            yield proxy

    @pytest.fixture
    def trial(self, subject: Subject, proxy: Proxy, tmp_path: Path) -> Iterator[Trial]:
        """Yield an empty stack before an empty account; afterwards nothing may hold a secret."""
        subject.reset(subject.url)
        proxy.heal()
        proxy.seen.clear()
        trial = Trial(tmp_path / "stack", subject, proxy)
        yield trial
        trial.keeps_its_secrets()

    @pytest.fixture
    def provider(self) -> Provider:
        """Return the provider under test."""
        return provider_called(self.name)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test once for every kind that it is about."""
        each_case(metafunc, self.cases, self._kind)

    def test_every_kind_has_a_case(self) -> None:
        """No kind is left out."""
        assert {each.kind for each in self.cases} == {*provider_called(self.name).kinds}

    def _kind(self, kind: str) -> Kind:
        return provider_called(self.name).kinds[kind]
