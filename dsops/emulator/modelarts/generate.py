"""Made-up datasets with a version each: the same number gives the same ones."""

from collections.abc import Mapping

from dsops.emulator.modelarts.datasets import add_dataset
from dsops.emulator.modelarts.projects import PROJECT_ID
from dsops.emulator.modelarts.service import Service, Status, VersionStatus
from dsops.emulator.modelarts.versions import add_version


def generate(service: Service, counts: Mapping[str, int]) -> None:
    """Make up so many datasets, of images in turn to classify and to find objects in."""
    for number in range(counts.get("modelarts-datasets", 0)):
        name = f"images-{number:05}"
        dataset = add_dataset(
            service,
            PROJECT_ID,
            {
                "dataset_name": name,
                "dataset_type": number % 2,
                "data_sources": [{"data_type": 0, "data_path": f"/generated/input/{name}/"}],
                "work_path": f"/generated/output/{name}/",
                "work_path_type": 0,
                "description": f"Made up, number {number}",
                "labels": [{"name": "cat", "property": {"@modelarts:color": "#3399FF"}}, {"name": "dog"}],
            },
        )
        version = add_version(service, dataset, {})
        service.tables.save_version(version._replace(status=VersionStatus.RUNNING))
        dataset = service.tables.dataset_by_number(dataset.number)
        service.tables.save_dataset(dataset._replace(status=Status.NORMAL, current=version.number, published=None))
