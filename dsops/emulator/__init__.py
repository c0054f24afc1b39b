"""The provider APIs on one local port: for trying, demonstrating and testing.

Here belong: the API of each provider (one sub package each), the store beneath them, request log and faults.
Not here: anything of the product. This package imports nothing else of dsops; both sides rest on the text in specs/,
so that a misreading on one side shows on the other.

`create_app` is for use in process, `dsops.emulator.serve.serve` for a port.
"""

from dsops.emulator.app import create_app
from dsops.emulator.exchange import SetupError
from dsops.emulator.limiting import Limit
from dsops.emulator.options import (
    DeleteAnswer,
    ExtensionField,
    GeaiSwitches,
    ModelartsSwitches,
    Offset,
    Options,
    PutExisting,
    RowPut,
    Upload,
    UploadAnswer,
    ViSwitches,
    parse_generate,
)

__all__ = [
    "DeleteAnswer",
    "ExtensionField",
    "GeaiSwitches",
    "Limit",
    "ModelartsSwitches",
    "Offset",
    "Options",
    "PutExisting",
    "RowPut",
    "SetupError",
    "Upload",
    "UploadAnswer",
    "ViSwitches",
    "create_app",
    "parse_generate",
]
