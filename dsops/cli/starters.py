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

_MODELARTS_STACK = """\
# The stack: which accounts there are, and what all of it has in common.
apiVersion: dsops/v1
kind: Stack
metadata:
  name: {name}
spec:
  variables:
    endpoint: {{default: "http://127.0.0.1:8321"}} # where `dsops emulator` listens; a real one: https://modelarts.cn-north-4.example.com
  connections:
    ma:
      provider: modelarts
      endpoint: ${{var.endpoint}}
      region: cn-north-4 # its project is looked up; or project: with its id
      accessKey: ${{env:DSOPS_MODELARTS_ACCESS_KEY}} # both are read when a request is signed; never kept
      secretKey: ${{env:DSOPS_MODELARTS_SECRET_KEY}}
"""

_MODELARTS_DATASET = """\
# A first resource. What is left out here is left alone there. `dsops schema modelarts/Dataset` says what there is.
apiVersion: modelarts/v1
kind: Dataset
metadata:
  name: first-dataset
spec:
  type: image-classification
  description: Declared with dsops
  dataSource: {{type: obs, path: /my-bucket/images/}}
  workPath: /my-bucket/labels/
  labels: # all of them: what isn't here goes
    - {{name: cat, color: "#FFB000"}}
    - {{name: dog}}
"""

_VI_STACK = """\
# The stack: which accounts there are, and what all of it has in common.
apiVersion: dsops/v1
kind: Stack
metadata:
  name: {name}
spec:
  variables:
    endpoint: {{default: "http://127.0.0.1:8321"}} # where `dsops emulator` listens; left out, it is the vendor's
  connections:
    vi:
      provider: vi
      endpoint: ${{var.endpoint}}
      organization: emulator
      token: ${{env:DSOPS_VI_TOKEN}} # read when a request is signed; never kept
"""

_VI_DATASETS = """\
# A first resource, and what is made of it. `dsops schema vi/Dataset` and `vi/Export` say what there is.
apiVersion: vi/v1
kind: Dataset
metadata:
  name: first-dataset
spec:
  type: phrase-grounding
  description: Declared with dsops.
---
apiVersion: vi/v1
kind: Export
metadata:
  name: first-export
spec:
  dataset: first-dataset
  splitRatio: 0.8
"""

STARTERS = {
    "uipath": {"dsops.yaml": _UIPATH_STACK, "datasets.yaml": _UIPATH_DATASET},
    "geai": {"dsops.yaml": _GEAI_STACK, "datasets.yaml": _GEAI_DATASET, "rows/first.jsonl": _GEAI_ROWS},
    "modelarts": {"dsops.yaml": _MODELARTS_STACK, "datasets.yaml": _MODELARTS_DATASET},
    "vi": {"dsops.yaml": _VI_STACK, "datasets.yaml": _VI_DATASETS},
}
"""Provider to the files of its starter, by path; each text is a format."""
