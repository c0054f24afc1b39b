import pytest

from tests.unit.emulator.client import Client


@pytest.fixture
def client() -> Client:
    return Client()
