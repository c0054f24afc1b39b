"""What `dsops init` writes: for each provider the files of a stack to start from. ``{name}`` is the stack's name."""

_UIPATH_STACK = """\
# The stack: which accounts there are, and what all of it has in common.
apiVersion: dsops/v1
kind: Stack
metadata:
  name: {name}
spec:
  variables:
    endpoint: {{default: "http://127.0.0.1:8321"}} # where `dsops emulator` listens; a real one: https://cloud.example.com/acme/prod/reinfer_
  connections:
    mail:
      provider: uipath
      endpoint: ${{var.endpoint}}
      token: ${{env:DSOPS_UIPATH_TOKEN}} # read when a request is signed; never kept
"""

_UIPATH_DATASET = """\
# A first resource. What is left out here is left alone there. `dsops schema uipath/Dataset` says what there is.
apiVersion: uipath/v1
kind: Dataset
metadata:
  name: first-dataset
spec:
  project: project1
  title: First dataset
  description: Declared with dsops.
"""

_GEAI_STACK = """\
# The stack: which accounts there are, and what all of it has in common.
apiVersion: dsops/v1
kind: Stack
metadata:
  name: {name}
spec:
  variables:
    endpoint: {{default: "http://127.0.0.1:8321"}} # where `dsops emulator` listens; a real one: https://api.example.com
  connections:
    evals:
      provider: geai
      endpoint: ${{var.endpoint}}
      token: ${{env:DSOPS_GEAI_TOKEN}} # read when a request is signed; never kept
"""

_GEAI_DATASET = """\
# A first resource. `dsops schema geai/Dataset` says what there is.
apiVersion: geai/v1
kind: Dataset
metadata:
  name: first-evaluation
spec:
  description: Declared with dsops.
  type: E
  rows:
    mode: sync # exactly these rows; upsert deletes none, insert changes none either
    key: input # what tells one row from another
    from: rows/first.jsonl
"""

_GEAI_ROWS = """\
{{"input": "What is the capital of France?", "expectedAnswer": "Paris"}}
{{"input": "And of Peru?", "expectedAnswer": "Lima", "expectedSources": [{{"name": "atlas", "value": "Peru: Lima"}}]}}
"""

STARTERS = {
    "uipath": {"dsops.yaml": _UIPATH_STACK, "datasets.yaml": _UIPATH_DATASET},
    "geai": {"dsops.yaml": _GEAI_STACK, "datasets.yaml": _GEAI_DATASET, "rows/first.jsonl": _GEAI_ROWS},
}
"""Provider to the files of its starter, by path; each text is a format."""
