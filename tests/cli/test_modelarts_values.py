"""What `validate` refuses of ModelArts connections and manifests."""

from pathlib import Path

import pytest

from tests.cli.zoo import SIGNED, Document, Zoo, dataset, version
from tests.support import AnsweringEmulator, run_dsops


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    return Zoo(tmp_path / "zoo", AnsweringEmulator("http://127.0.0.1:1"), "p-17")


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        ({"region": "r"}, "needs accessKey or token"),
        ({**SIGNED, "token": "${env:MA_TOKEN}", "region": "r"}, "has accessKey and token"),
        ({**SIGNED, "project": "p", "region": "r"}, "has project and region"),
        ({"accessKey": "${env:MA_ACCESS_KEY}", "region": "r"}, "has accessKey, and so needs secretKey"),
        (
            {"token": "${env:MA_TOKEN}", "securityToken": "${env:MA_TOKEN}", "region": "r"},
            "has securityToken, and so needs accessKey",
        ),
        ({**SIGNED, "project": "p", "iamEndpoint": "https://iam.example.com"}, "has iamEndpoint, and so needs region"),
        ({**SIGNED, "project": "../p"}, "can't be"),
        ({**SIGNED, "region": "r", "iamEndpoint": "http://iam.example.com"}, "is plain http to another machine"),
    ],
)
def test_a_connection_says_one_way_of_each(zoo: Zoo, connection: dict[str, str], words: str) -> None:
    zoo.declare(dataset(), **connection)
    assert words in zoo.problems()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (dataset(description="a < b"), "A description has none of"),
        (dataset(name="an.imals"), "can't be the name of a dataset"),
        (dataset(workPath="/zoo"), "Write a folder in a bucket"),
        (dataset(workPath="/zoo//out/"), "Write a folder in a bucket"),
        (dataset(workPath="/zoo/in/deep/"), "is the folder of dataSource.path, or lies in it"),
        (dataset(dataSource={"type": "obs"}), "spec.dataSource.path is missing"),
        (dataset(dataSource={"type": "obs", "path": "zoo/in"}), "Write a folder in a bucket"),
        (dataset(dataSource={"type": "dws"}), "spec.dataSource.userName is missing"),
        (dataset(type="images"), "spec.type can't be"),
        (dataset(labels=[{"name": "a&b"}]), "A label's name has none of"),
        (dataset(labels=[{"name": "a", "color": "red"}]), "six hexadecimal digits"),
        (dataset(labels=[{"name": "a"}, {"name": "a"}]), "two labels are called 'a'"),
        (dataset(labels=[{"name": "a", "renamedFrom": "b"}, {"name": "b"}]), "can't be renamed from 'b'"),
        (dataset(labels=[{"name": "a", "from": "b"}]), "has from, and so needs to"),
        (version("V.1"), "A version's name has 1 to 32"),
        (version("V1", trainEvaluateRatio="1.5"), "Write a number from 0 to 1"),
        (version("V1", dataset="a/b"), "Write the name of a dataset of this stack, or /name"),
        (version("V1", dataset="other"), "the stack has no modelarts/Dataset called other"),
    ],
)
def test_bad_values_are_refused_before_anything_is_sent(zoo: Zoo, document: Document, words: str) -> None:
    parents = [] if document["kind"] == "Dataset" else [dataset()]
    zoo.declare(*parents, document)
    assert words in zoo.problems()


def test_what_init_writes_is_valid(tmp_path: Path) -> None:
    run_dsops("init", "golden", "--provider", "modelarts", cwd=tmp_path).ok()
    assert run_dsops("validate", "-C", "golden", cwd=tmp_path).ok().out == "golden is valid: 1 resource.\n"
