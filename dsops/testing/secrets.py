"""Secrets never get out: not into what is said, not into a file. Every test looks; here each command runs."""

import dataclasses
import json

import pytest

from dsops.model import DsopsError
from dsops.testing.proxy import Wrong
from dsops.testing.subject import KindCase
from dsops.testing.trial import Trial

_REFUSED = Wrong(401, b'{"message": "no"}')


class Secrets:
    """The real command, loud, doing well and failing."""

    def test_no_command_lets_a_secret_out(self, trial: Trial) -> None:
        """A walk through the commands with everything logged; the trial searches all of it and every file."""
        case = self._first()
        trial.declare_case(case)
        trial.command("plan", "--save", "it.plan", "--full")
        trial.keeps_its_secrets()
        trial.command("apply", "it.plan")
        trial.command("drift", "--format", "json")
        trial.proxy.fail(_REFUSED, lambda _: True, times=None)
        trial.command("plan", code=1)
        trial.proxy.heal()

    def test_a_secret_that_is_missing_is_named(self, trial: Trial) -> None:
        """By its variable, and nothing is sent."""
        trial.declare_case(self._first())
        for name in trial.subject.secrets:
            given = {**trial.subject.secrets, name: ""}
            lacking = dataclasses.replace(trial, subject=dataclasses.replace(trial.subject, secrets=given))
            with pytest.raises(DsopsError, match=name):
                lacking.plan()
        assert trial.proxy.seen == []

    def test_a_literal_secret_is_refused(self, trial: Trial) -> None:
        """And not repeated."""
        case = self._first()
        text = json.dumps(trial.stack_document())
        for name, secret in trial.subject.secrets.items():
            trial.declare_case(case)
            literal = text.replace(f"${{env:{name}}}", secret)
            assert literal != text, f"the connection has no ${{env:{name}}}"
            (trial.folder / "dsops.yaml").write_text(literal, encoding="utf-8")
            with pytest.raises(DsopsError):
                trial.workspace()
        trial.declare_case(case)

    def _first(self) -> KindCase:
        cases: tuple[KindCase, ...] = self.cases  # type: ignore[attr-defined]
        return cases[0]
