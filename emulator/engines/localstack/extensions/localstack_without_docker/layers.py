"""Merges a function's layers into the one folder that Lambda mounts at /opt."""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path


def merge(layers: Sequence[Path], cache: Path) -> Path | None:
    """Return one folder with the files of all layers, in which later layers replace earlier ones; None without layers.

    `cache` keeps merged folders; a single layer is used in place.
    """
    if len(layers) < 2:
        return layers[0] if layers else None
    merged = cache / hashlib.sha256("\0".join(map(str, layers)).encode()).hexdigest()[:32]
    if not merged.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".merging-") as temporary:
            staging = Path(temporary) / "opt"
            for layer in layers:
                shutil.copytree(layer, staging, symlinks=True, dirs_exist_ok=True)
            _publish(staging, merged)
    return merged


def _publish(staging: Path, merged: Path) -> None:
    """Move the finished folder into place atomically, unless another environment was faster."""
    try:
        staging.rename(merged)
    except OSError:
        if not merged.exists():
            raise
