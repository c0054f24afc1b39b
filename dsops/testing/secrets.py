"""Secrets never get out: not into what is said, not into a file. Every test looks; here each command runs."""

import json

from dsops.testing.lifecycle import created
from dsops.testing.proxy import Wrong
from dsops.testing.subject import KindCase
from dsops.testing.trial import Trial

_ECHO = Wrong(401, lambda _: b'{"message": "no"}')


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
        trial.command("state", "pull")
        trial.proxy.fail(_ECHO, lambda _: True, times=None)
        trial.command("plan", code=1)
        trial.proxy.heal()
        trial.command("destroy", "--auto-approve")

    def test_a_secret_that_is_missing_is_named(self, trial: Trial) -> None:
        """By its variable, and nothing is sent."""
        trial.declare_case(self._first())
        for name in trial.subject.secrets:
            sent = len(trial.proxy.seen)
            trial.command("plan", code=1, env={name: ""})
            assert len(trial.proxy.seen) == sent

    def test_a_literal_secret_is_refused(self, trial: Trial) -> None:
        """And not repeated."""
        case = self._first()
        created(trial, case)
        text = json.dumps(trial.stack_document())
        for name, secret in trial.subject.secrets.items():
            trial.declare_case(case)
            literal = text.replace(f"${{env:{name}}}", secret)
            assert literal != text, f"the connection has no ${{env:{name}}}"
            (trial.folder / "dsops.yaml").write_text(literal, encoding="utf-8")
            trial.command("validate", code=1)
        trial.declare_case(case)

    def _first(self) -> KindCase:
        cases: tuple[KindCase, ...] = self.cases  # type: ignore[attr-defined]
        return cases[0]
