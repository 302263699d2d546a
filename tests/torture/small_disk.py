"""A small disk of a database's own, which can be full: memory that is mounted, where we may mount."""

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_SIZE = "768m"
_CHUNK_BYTES = 1_000_000


@dataclass(frozen=True)
class SmallDisk:
    """What a folder stands on from now on."""

    folder: Path

    @classmethod
    def under(cls, folder: Path) -> "SmallDisk | None":
        """Move a folder with everything in it onto a small disk; None where nothing can be mounted."""
        made, owner = folder.with_name(f"{folder.name}.made"), folder.stat()
        folder.rename(made)
        folder.mkdir()
        options = f"size={_SIZE},mode=700,uid={owner.st_uid},gid={owner.st_gid}"
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(words, check=False).returncode:
            folder.rmdir()
            made.rename(folder)
            return None
        subprocess.run(["cp", "-a", f"{made}/.", str(folder)], check=True)
        shutil.rmtree(made)
        return cls(folder)

    def fill(self, seconds: float) -> None:
        """Leave no room on it for a while."""
        ballast = self.folder / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                until = time.monotonic() + seconds
                while time.monotonic() < until:
                    try:
                        file.write(bytes(_CHUNK_BYTES))
                    except OSError:
                        time.sleep(0.05)  # what somebody else gives free is taken too
        finally:
            ballast.unlink(missing_ok=True)

    def take_away(self) -> None:
        """Give it back, also while somebody still looks at it."""
        subprocess.run(["umount", "-l", str(self.folder)], check=False)
