"""What the backup commands say of a backup and of its pages, to people and as JSON."""

from __future__ import annotations

from typing import Any

from dentalization.ops.backup import amcheck
from dentalization.ops.backup.amcheck import Pages
from dentalization.ops.backup.manifest import Manifest


def told(manifest: Manifest) -> str:
    rows = sum(manifest.rows.values())
    size = f"{manifest.bytes / 1e6:.1f} MB"
    sealed = ", encrypted" if manifest.encrypted else ""
    parent = f", stands on {manifest.parent}" if manifest.parent else ""
    return f"{manifest.format}, {size}, {rows} rows, {len(manifest.objects)} pictures{sealed}{parent}"


def pages_of(pages: Pages) -> dict[str, Any]:
    return {
        "amcheck": pages.result,
        "amcheck_detail": pages.detail,
        "amcheck_relations": pages.relations,
        "amcheck_seconds": pages.seconds,
    }


def checked(pages: Pages) -> str:
    if pages.result == amcheck.PASSED:
        return f"pg_amcheck passed in {pages.seconds:.1f} s"
    return f"pg_amcheck: {pages.result}: {pages.detail.removesuffix('.')}"


def document_of(manifest: Manifest) -> dict[str, Any]:
    found = manifest.to_json()
    return {**found, "objects": len(manifest.objects), "files": dict(manifest.files)}
