"""Installs what the Spark tests need into `.spark`, beside the virtual environment and without root.

Run by `make test-spark`: PySpark and pandas, and a Java from Debian's packages where the system has none.
"""

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".spark"
PACKAGES = FOLDER / "packages"
JAVA = FOLDER / "java"
JAVA_HOME = JAVA / "usr/lib/jvm/java-17-openjdk-amd64"
_LOCK = Path(__file__).with_name("requirements.lock")
_PIP = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")


def main() -> None:
    """Install what is not there yet; what was locked anew is installed anew."""
    FOLDER.mkdir(exist_ok=True)
    stamp = FOLDER / "requirements.lock"
    if not stamp.exists() or stamp.read_bytes() != _LOCK.read_bytes():
        shutil.rmtree(PACKAGES, ignore_errors=True)
        asked = ("--no-deps", "--require-hashes", "-r", str(_LOCK), "--target", str(PACKAGES))
        subprocess.run([*_PIP, *asked], check=True)
        shutil.copyfile(_LOCK, stamp)
    if shutil.which("java") is None and not JAVA.exists():
        _fetch_java()


def _fetch_java() -> None:
    fetched = FOLDER / "java.part"
    shutil.rmtree(fetched, ignore_errors=True)
    fetched.mkdir()
    name = "openjdk-17-jre-headless"
    subprocess.run(["apt-get", "download", "-q", name], cwd=fetched, check=True)
    for package in fetched.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, fetched], check=True)
    # Its settings are links to /etc: they lie beside it now.
    for link in (fetched / JAVA_HOME.relative_to(JAVA)).rglob("*"):
        if link.is_symlink() and (target := link.readlink()).is_absolute():
            link.unlink()
            link.symlink_to(JAVA / target.relative_to("/"))
    fetched.rename(JAVA)


if __name__ == "__main__":
    main()
