"""Runs in a process of its own: calls the vendor's SDK as told on stdin, a line of JSON a call, and answers on stdout.

Asked: ``{"method": "get_dataset", "arguments": {"dataset_id": "..."}}``. Answered: ``{"result": ...}``, or
``{"error": "TypeOfException: text"}``. The address of the service is the first argument, a project the second.
"""

import json
import sys

from pygeai.evaluation.dataset.clients import EvaluationDatasetClient  # type: ignore[import-not-found]


def main(url: str, project: str | None = None) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever the SDK prints is no answer
    client = EvaluationDatasetClient(api_key="emulator", base_url=url, eval_url=url, project_id=project)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"result": getattr(client, asked["method"])(**asked["arguments"])}
        except Exception as error:  # noqa: BLE001 — how the SDK fails is what is tested
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main(*sys.argv[1:])
