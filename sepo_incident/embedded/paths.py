"""Account, folders and binaries of the bundled engines.

When run as root, the servers run as an existing unprivileged account. Only folders that we made are given to the
account; no other folder's permissions change. If the account cannot reach the project (a clone under /root), data and
a copy of the binaries go to a private folder outside.
"""

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from pwd import struct_passwd

PROJECT = Path(__file__).resolve().parent.parent.parent
FALLBACK_PARENT_FOLDER = Path("/var/tmp")  # noqa: S108  _make_private() checks our folder inside
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody", "daemon")


class EngineProblem(Exception):
    """A problem with the bundled engines. The message says in Danish what is wrong and what to do."""


@cache
def server_account() -> struct_passwd | None:
    """Return the account to run servers as, or None if this process is not root and servers run as the same user.

    Raise EngineProblem if this process is root and no unprivileged account exists.
    """
    if os.geteuid() != 0:
        return None
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    for name in UNPRIVILEGED_ACCOUNTS:
        if name in accounts:
            return accounts[name]
    raise EngineProblem(
        "Databasen kan ikke køre som root, og her er ingen konto til den. "
        "Opret en (useradd --system postgres), eller kør som en almindelig bruger."
    )


def data_folder() -> Path:
    """Return `SEPO_DATA`, else `.data` in the project, else a private folder that the account can reach."""
    if chosen := os.environ.get("SEPO_DATA"):
        return Path(chosen).resolve()
    return PROJECT / ".data" if _can_reach(PROJECT) else FALLBACK_PARENT_FOLDER / f"sepo-incident-{_digest(PROJECT)}"


def make_data_folder() -> Path:
    """Return the data folder, created if missing. Raise EngineProblem if the folder is not ours or not reachable."""
    folder = data_folder()
    _make_private(folder, mode=0o711 if server_account() else 0o700)
    if not _can_reach(folder):
        raise EngineProblem(
            f"Databasens konto kan ikke komme ind i datamappen {folder}. "
            "Vælg en anden mappe med SEPO_DATA, eller fjern SEPO_DATA."
        )
    return folder


def make_engine_folder(name: str) -> Path:
    """Return a folder such as `.data/valkey` that the servers' account owns, created if missing."""
    folder = make_data_folder() / name
    _make_private(folder, mode=0o700, owner=server_account())
    return folder


def run_folder() -> Path:
    """Return the folder of the sockets: under /tmp, because the path of a socket has at most 107 bytes."""
    return Path(tempfile.gettempdir()) / f"sepo-{os.geteuid()}-{_digest(data_folder())}"


def make_run_folder() -> None:
    _make_private(run_folder(), mode=0o700, owner=server_account())


def find_binary(package: str, path: str) -> Path:
    """Return a binary of an installed package, or a copy if the servers' account cannot reach the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EngineProblem(
            f"Pakken {package} mangler. Kør make demo, eller sæt DATABASE_URL og CELERY_BROKER_URL til egne servere."
        )
    installed = Path(spec.submodule_search_locations[0])
    if not (installed / path).exists():
        raise EngineProblem(f"Der er intet program til denne maskine i pakken {package} ({path}).")
    return (installed if _can_reach(installed) else _copy_binaries(installed)) / path


def local_secret(name: str) -> str:
    """Return a random secret of this machine, created at first use with mode 0600. Never used in production."""
    folder = make_data_folder() / "secrets"
    _make_private(folder, mode=0o700)
    path = folder / name
    if not path.exists():
        draft = folder / f".{name}.{secrets.token_hex(8)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        with suppress(FileExistsError):  # unlike rename, link does not replace a file of another process
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


@cache
def _can_reach(folder: Path) -> bool:
    """Return whether the servers' account may enter `folder`."""
    account = server_account()
    if account is None:
        return True
    test = ["test", "-x", str(folder)]
    return subprocess.run(test, cwd="/", user=account.pw_uid, group=account.pw_gid, extra_groups=[]).returncode == 0


def _make_private(folder: Path, mode: int, owner: struct_passwd | None = None) -> None:
    """Create a folder for this user or for `owner`. An existing folder is used unchanged.

    Raise EngineProblem if the folder cannot be made or belongs to another user.
    """
    uid = owner.pw_uid if owner else os.geteuid()
    try:
        if not folder.exists():
            folder.mkdir(mode=mode)
            folder.chmod(mode)
            os.chown(folder, uid, owner.pw_gid if owner else -1)
    except FileExistsError:
        pass  # another process made the folder at the same moment
    except OSError as problem:
        raise EngineProblem(
            f"Datamappen kan ikke bruges ({problem}). Ret rettighederne, eller vælg en anden mappe med SEPO_DATA."
        ) from None
    if folder.is_symlink() or folder.stat().st_uid != uid:
        raise EngineProblem(
            f"Mappen {folder} tilhører en anden bruger. Flyt eller slet den, eller vælg en anden med SEPO_DATA."
        )


def _copy_binaries(installed: Path) -> Path:
    """Return a copy of the package's binaries, made once per version of the package."""
    binaries = make_data_folder() / "binaries"
    _make_private(binaries, mode=0o755)
    copy = binaries / f"{installed.name}-{_digest(installed)}-{int(installed.stat().st_mtime)}"
    if not copy.exists():
        draft = copy.with_name(f".{copy.name}.{os.getpid()}")
        shutil.copytree(installed, draft / installed.name, symlinks=True, ignore=shutil.ignore_patterns("*.py", "*.a"))
        libraries = installed.with_name(f"{installed.name}.libs")  # the binaries find shared libraries by relative path
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        draft.rename(copy)
    return copy / installed.name
