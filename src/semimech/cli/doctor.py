"""`semimech doctor`: what this installation and this machine really are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

from semimech.support import machine

GIBIBYTE = 2**30


def doctor(*, format: Literal["text", "json"] = "text") -> None:  # noqa: A002 - the option's name on the command line
    """Say which versions, device, memory and data folders are really in use.

    Parameters
    ----------
    format
        Words for reading, or JSON to paste into a report.
    """
    found = facts()
    print(json.dumps(found, indent=1) if format == "json" else as_text(found))


def facts() -> dict[str, Any]:
    """Versions, device, cores, memory (bytes) and data folders, as JSON values."""
    device = machine.device()
    return {
        "versions": machine.versions(),
        "device": {
            "platform": device.platform,
            "name": device.name,
            "count": device.count,
            "memory_bytes": device.memory_bytes,
            "advice": device.advice,
        },
        "cores": machine.cores(),
        "memory_bytes": machine.total_memory(),
        "data_folders": data_folders(),
    }


def data_folders() -> list[dict[str, str]]:
    """Where data are looked for: SEMIMECH_DATA, and the cache that downloads are kept in."""
    import pooch

    named = os.environ.get("SEMIMECH_DATA")
    folders = [("SEMIMECH_DATA", Path(named))] if named else []
    folders.append(("download cache", Path(pooch.os_cache("semimech"))))
    return [{"use": use, "path": str(path), "state": _state(path)} for use, path in folders]


def _state(path: Path) -> str:
    if not path.exists():
        return "not there yet"
    if not path.is_dir():
        return "not a folder"
    return "readable" if os.access(path, os.R_OK) else "not readable"


def as_text(found: dict[str, Any]) -> str:
    """The facts as aligned lines, the advice last."""
    device = found["device"]
    lines = ["versions"]
    lines += [f"  {package:<12} {number}" for package, number in found["versions"].items()]
    lines += ["", "machine", f"  {'device':<12} {device['count']} x {device['name']} ({device['platform']})"]
    if device["memory_bytes"]:
        lines.append(f"  {'its memory':<12} {device['memory_bytes'] / GIBIBYTE:.1f} GiB")
    lines.append(f"  {'cores':<12} {found['cores']}")
    if found["memory_bytes"]:
        lines.append(f"  {'memory':<12} {found['memory_bytes'] / GIBIBYTE:.1f} GiB")
    lines += ["", "data folders"]
    lines += [f"  {folder['use']}: {folder['path']} ({folder['state']})" for folder in found["data_folders"]]
    lines += ["", f"advice: {device['advice'] or 'none; JAX uses the best device it can see.'}"]
    return "\n".join(lines)
