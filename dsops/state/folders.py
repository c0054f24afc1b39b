"""Folders and files beside a stack that are nobody else's business."""

import os
import threading
from contextlib import suppress
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder and those it lies in (0700); one named ``.dsops`` keeps everything in it out of Git."""
    if not folder.exists():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    if folder.name == ".dsops":
        _ignore(folder / ".gitignore")


def _ignore(path: Path) -> None:
    """Write a file that keeps a folder out of Git, unless there is one: whole, for a half one would stay for ever."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.new-{os.getpid()}-{threading.get_ident()}")
    try:
        draft.write_text("# What dsops remembers of this stack is no source.\n*\n", encoding="utf-8")
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder has."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_private(path: Path, body: bytes) -> None:
    """Write a file (0600) that is there whole or not at all, durably, making the folders it lacks. Raises OSError."""
    make_folder(path.parent)
    draft = path.with_name(f"{path.name}.new-{os.getpid()}")
    try:
        handle = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as sink:
            sink.write(body)
            sink.flush()
            os.fsync(handle)
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
