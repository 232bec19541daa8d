"""The data of BASELINES.md: a jittered street grid round Chengdu, and complaints along its streets."""

from __future__ import annotations

import numpy as np
import shapely

from streetchief.geo.crs import to_lonlat
from streetchief.registry.model import Segment, Street

SRID = 4544
BLOCK_M = 267.0
CORNER = (400_000.0, 3_390_000.0)


def grid_town(segments: int, lot: np.random.Generator) -> tuple[list[Street], list[Segment]]:
    """Bent segments of about 267 m, as many as asked for, on streets that run across the town."""
    side = int(np.ceil((segments / 2) ** 0.5))
    nodes = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1), indexing="ij"), axis=-1) * BLOCK_M
    nodes = nodes + lot.normal(0, 30, nodes.shape) + CORNER
    i, j = (part.ravel() for part in np.meshgrid(np.arange(side), np.arange(side), indexing="ij"))
    here, across, along = nodes[i, j], nodes[i + 1, j], nodes[i, j + 1]
    ends = np.stack([np.stack([here, here]), np.stack([across, along])], axis=2)
    bends = ends.mean(axis=2) + lot.normal(0, 8, (*ends.shape[:2], 2))
    xy = np.stack([ends[:, :, 0], bends, ends[:, :, 1]], axis=2).reshape(-1, 3, 2)
    lines = shapely.linestrings(to_lonlat(xy.reshape(-1, 2), SRID).reshape(-1, 3, 2))
    names = [f"h{n}" for n in j.tolist()] + [f"v{n}" for n in i.tolist()]
    codes = [f"{name}-{n}" for name, n in zip(names, i.tolist() + j.tolist(), strict=True)]
    spread = np.arange(len(lines)).reshape(2, -1).T.ravel()[:segments].tolist()
    found = [Segment(codes[n], names[n], lines[n]) for n in spread]
    return [Street(name, f"street {name}") for name in sorted({s.street for s in found})], found


def complaints(lines: np.ndarray, rows: int, lot: np.random.Generator) -> np.ndarray:
    """Points, (rows, 2) metres: along popular lines with 8 m (82 %) or 25 m of noise, 3 % anywhere; in no order."""
    popular = lot.lognormal(0, 1, len(lines))
    picked = lot.choice(len(lines), rows, p=popular / popular.sum())
    ends = shapely.get_coordinates(lines).reshape(-1, 3, 2)[picked]
    share = lot.random(rows) * 2.0
    part = np.minimum(share.astype(np.int64), 1)
    here, there = ends[np.arange(rows), part], ends[np.arange(rows), part + 1]
    xy = here + (share - part)[:, None] * (there - here)
    xy += lot.normal(0, 1, xy.shape) * np.where(lot.random(rows) < 0.82, 8.0, 25.0)[:, None]
    anywhere = lot.random(rows) < 0.03
    low, high = ends.min(axis=(0, 1)), ends.max(axis=(0, 1))
    xy[anywhere] = lot.uniform(low, high, (int(anywhere.sum()), 2))
    return xy
