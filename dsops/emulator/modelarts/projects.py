"""The one call of the account service that clients need: from a region's name to a project's id."""

from dsops.emulator.exchange import Answer, encode
from dsops.emulator.modelarts.service import Ask, Service
from dsops.emulator.modelarts.shapes import Query

PROJECT_ID = "emulator-project"


def list_projects(_: Service, ask: Ask) -> Answer:
    """The project of a region: the same one, whatever the region is called."""
    name = Query(ask.query).text("name") or "emulator"
    project = {
        "id": PROJECT_ID,
        "name": name,
        "description": "",
        "domain_id": "emulator-domain",
        "parent_id": "emulator-domain",
        "is_domain": False,
        "enabled": True,
    }
    return Answer(200, encode({"projects": [project], "links": {"next": None, "previous": None}}))
