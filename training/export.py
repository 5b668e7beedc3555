"""Writes what was learned as the parser's .npz files: each matrix as int8 with a scale a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray


def packed(name: str, weights: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Return the arrays that stand for a weight: int8 and scales for a matrix, float16 else."""
    if weights.ndim < 2 or weights.size < 2000 or min(weights.shape[:2]) < 8:
        return {name: weights.astype(np.float16)}
    rows = np.abs(weights).reshape(len(weights), -1).max(axis=1)
    scale = (np.maximum(rows, 1e-3) / 127).astype(np.float16).astype(np.float32)
    shape = (-1,) + (1,) * (weights.ndim - 1)
    return {
        name: np.round(weights / scale.reshape(shape)).astype(np.int8),
        f"{name}/scale": scale.reshape(shape).astype(np.float16),
    }


def export(learned: Path, out: Path) -> int:
    """Write the model that ships; returns its size in bytes."""
    arrays: dict[str, NDArray[Any]] = {}
    for network, state in torch.load(learned).items():
        for name, weights in state.items():
            arrays |= packed(f"{network}/{name}", weights.numpy())
    np.savez_compressed(out, **arrays)
    return out.stat().st_size
