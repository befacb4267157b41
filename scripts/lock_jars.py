"""Rewrites jars.lock (summit_graph/store/server): Neo4j and GDS with all dependencies, sizes and hashes.

    python scripts/lock_jars.py

Needs about three minutes and 200 MB in the user's Maven cache (~/.m2). To change versions, first edit them in
summit_graph/store/server/jars.py. The lock contains all netty natives, so it is valid on every platform.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jgo

from summit_graph.store.server.jars import GDS_VERSION, LOCK_FILE, NEO4J_VERSION, THREADS, Jar, write_lock
from summit_graph.system.atomic_files import sha256_of

COORDINATES = (
    f"org.neo4j.app:neo4j-server:{NEO4J_VERSION}",
    f"org.neo4j:neo4j:{NEO4J_VERSION}",  # the storage engine is not a dependency of the server
    f"org.neo4j.gds:opengds-extension:{GDS_VERSION}",
    f"org.neo4j.gds:proc:{GDS_VERSION}",
)


def main() -> None:
    artifacts = [artifact for artifact in jgo.resolve("+".join(COORDINATES)) if artifact.packaging == "jar"]
    with ThreadPoolExecutor(THREADS) as pool:
        jars = list(pool.map(lock_artifact, artifacts))
    write_lock(jars)
    print(f"{LOCK_FILE}: {len(jars)} jars, {sum(jar.size for jar in jars) / 1e6:.0f} MB")


def lock_artifact(artifact: jgo.maven.Artifact) -> Jar:
    """Download an artifact to the Maven cache and describe it."""
    file = Path(artifact.resolve())
    path = file.relative_to(artifact.context.repo_cache).as_posix()
    return Jar(path, sha256_of(file), file.stat().st_size)


if __name__ == "__main__":
    main()
