"""Account, folders and binaries of the bundled engines.

When run as root, the servers run as an existing unprivileged account. Only folders that we made are given to the
account; no other folder's permissions change. If the account cannot reach the project (a clone under /root), data and
a copy of the binaries go to a private folder outside.
"""

import grp
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from functools import cache
from pathlib import Path
from pwd import struct_passwd

PROJECT = Path(__file__).resolve().parent.parent.parent
FALLBACK_PARENT_FOLDER = Path("/var/tmp")  # noqa: S108  _make_private() checks our folder inside
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody", "daemon")
MAX_SOCKET_PATH_BYTES = 107  # bytes; length of sun_path in sockaddr_un without the final zero
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"


class EngineProblem(Exception):
    """A problem with the bundled engines. The message says in Danish what is wrong and what to do."""


@cache
def server_account() -> struct_passwd | None:
    """Return the account to run servers as, or None if this process is not root and servers run as the same user.

    Raise EngineProblem if this process is root and no unprivileged account exists.
    """
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED_ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        if account.pw_uid != 0:
            return account
    raise EngineProblem(
        "Databasen kan ikke køre som root, og her er ingen konto til den. "
        "Opret en (useradd --system postgres), eller kør som en almindelig bruger."
    )


def data_folder() -> Path:
    """Return `SEPO_DATA`, else `.data` in the project, else a private folder that the account can reach."""
    if chosen := os.environ.get("SEPO_DATA"):
        return Path(chosen).resolve()
    inside = PROJECT / ".data"
    return inside if _can_reach(PROJECT) else FALLBACK_PARENT_FOLDER / f"sepo-incident-{_fingerprint(PROJECT)}"


def make_data_folder() -> Path:
    """Return the data folder, created if missing. Raise EngineProblem if the folder is not ours or not reachable."""
    folder = data_folder()
    _make_private(folder, mode=0o711 if server_account() else 0o700)
    if not _can_reach(folder):
        raise EngineProblem(
            f"Kontoen {_account_name()} kan ikke komme ind i datamappen {folder}. "
            "Vælg en anden mappe med SEPO_DATA, eller fjern SEPO_DATA."
        )
    return folder


def make_engine_folder(name: str) -> Path:
    """Return a folder such as `.data/valkey` that the servers' account owns, created if missing."""
    folder = make_data_folder() / name
    _make_private(folder, mode=0o700, owner=server_account())
    return folder


def run_folder() -> Path:
    """Return the folder of the sockets.

    The path of a socket has at most 107 bytes, so a project with a long path gets a folder under /tmp.
    """
    near = data_folder() / "run"
    if _fits_socket_path(near):
        return near
    far = Path(tempfile.gettempdir()) / f"sepo-{os.geteuid()}-{_fingerprint(data_folder())}"
    if _fits_socket_path(far):
        return far
    raise EngineProblem(
        f"Stien til databasens socket bliver for lang ({near}). "
        "Sæt SEPO_DATA eller TMPDIR til en mappe med en kortere sti."
    )


def make_run_folder() -> Path:
    make_data_folder()
    folder = run_folder()
    _make_private(folder, mode=0o700, owner=server_account())
    return folder


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
        try:
            os.link(draft, path)  # unlike rename, link does not replace a file that another process made first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def _account_name() -> str:
    return (server_account() or pwd.getpwuid(os.geteuid())).pw_name


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _fits_socket_path(folder: Path) -> bool:
    return len(os.fsencode(folder / LONGEST_SOCKET_NAME)) <= MAX_SOCKET_PATH_BYTES


def _can_reach(folder: Path) -> bool:
    """Return whether the servers' account may enter `folder` and every parent folder."""
    who = server_account()
    if who is None:
        return True
    groups = {who.pw_gid, *(g.gr_gid for g in grp.getgrall() if who.pw_name in g.gr_mem)}
    return all(_may_pass(step.stat(), who.pw_uid, groups) for step in (folder, *folder.parents) if step.exists())


def _may_pass(found: os.stat_result, uid: int, groups: set[int]) -> bool:
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid in groups:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _make_private(folder: Path, mode: int, owner: struct_passwd | None = None) -> None:
    """Create a folder for this user or for `owner`.

    An existing folder is used unchanged. Raise EngineProblem if another user owns the existing folder.
    """
    uid = owner.pw_uid if owner else os.geteuid()
    try:
        folder.mkdir(mode=mode)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid:
            raise EngineProblem(
                f"Mappen {folder} tilhører ikke {owner.pw_name if owner else _account_name()} og bruges derfor ikke. "
                "Flyt eller slet den, eller vælg en anden datamappe med SEPO_DATA."
            ) from None
        return
    except FileNotFoundError:
        raise EngineProblem(f"Mappen {folder.parent} findes ikke. Opret den, eller ret SEPO_DATA.") from None
    except PermissionError:
        raise EngineProblem(
            f"Der kan ikke skrives i {folder.parent}. Ret rettighederne, eller vælg en anden datamappe med SEPO_DATA."
        ) from None
    folder.chmod(mode)
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def _copy_binaries(installed: Path) -> Path:
    """Return a copy of the package's binaries, made once per version of the package."""
    binaries = make_data_folder() / "binaries"
    _make_private(binaries, mode=0o755)
    copy = binaries / f"{installed.name}-{_fingerprint(installed)}-{int(installed.stat().st_mtime)}"
    if not copy.exists():
        draft = copy.with_name(f".{copy.name}.{os.getpid()}")
        shutil.copytree(installed, draft / installed.name, symlinks=True, ignore=shutil.ignore_patterns("*.py", "*.a"))
        libraries = installed.with_name(f"{installed.name}.libs")  # the binaries find shared libraries by relative path
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        draft.rename(copy)
    return copy / installed.name
