"""Model tags of a dataset: list, set, delete. Setting is a private route, as in the vendor's own client."""

from functools import partial

from dsops.emulator.checks import parse_body
from dsops.emulator.exchange import Answer, Refusal
from dsops.emulator.uipath import shapes
from dsops.emulator.uipath.service import DONE, MODEL_TAG, Ask, Service, many, ok


def list_tags(service: Service, ask: Ask) -> Answer:
    """The tags by name, each with the model version it points to."""
    return Answer(200, service.store.listing(MODEL_TAG, service.dataset(ask.params)["id"], partial(many, "model_tags")))


def put_tag(service: Service, ask: Ask) -> Answer:
    """Point a tag, new or not, to a model version."""
    version = parse_body(ask.body, shapes.TAG_PUT)["version"]
    return write_tag(service, service.dataset(ask.params)["id"], ask.params["tag"], version)


def write_tag(service: Service, dataset_id: str, name: str, version: int) -> Answer:
    """Keep a tag."""
    tag = {"name": name, "updated_at": service.now(), "version": version}
    return ok("model_tag", service.store.put(MODEL_TAG, dataset_id, name, tag))


def delete_tag(service: Service, ask: Ask) -> Answer:
    """Take a tag away."""
    dataset = service.dataset(ask.params)
    if service.store.get(MODEL_TAG, dataset["id"], ask.params["tag"]) is None:
        raise Refusal(404, f"Model tag {ask.params['tag']} not found in dataset {dataset['owner']}/{dataset['name']}.")
    service.store.delete(MODEL_TAG, dataset["id"], ask.params["tag"])
    return DONE
