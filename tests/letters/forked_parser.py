"""Start the parser process of a list by fork, without the time that Python needs to start and to load libraries.

The forked process is as real as another: it parses under its limits, may be killed, and ends with an exit code.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import cached_property

from letters.importing.files.parser import child_process, csv_reader, workbooks, xls_reader

LIBRARIES = (csv_reader, workbooks, xls_reader)  # loaded once, for all forked processes


class ForkServer:
    """Stands for the module `subprocess` in `reader`."""

    PIPE = subprocess.PIPE

    def __init__(self, command: tuple[str, ...]) -> None:
        """Start the server process. `command`: the command that is forked; any other is run."""
        self._command = list(command)
        self._socket, its_socket = socket.socketpair()
        self._server = subprocess.Popen(
            [sys.executable, "-m", __name__, str(its_socket.fileno())], pass_fds=[its_socket.fileno()]
        )
        its_socket.close()

    def Popen(self, command: list[str], **options):
        if command[:-2] != self._command:
            return subprocess.Popen(command, **options)
        return ForkedParser(self._socket, command[-2:], options["stderr"].fileno())

    def stop(self) -> None:
        self._socket.close()
        self._server.wait()


class ForkedParser:
    """A parser process, with the methods of `subprocess.Popen` that `reader` calls."""

    def __init__(self, server: socket.socket, arguments: list[str], stderr: int) -> None:
        its_stdin, stdin = os.pipe()
        stdout, its_stdout = os.pipe()
        self._reports, its_reports = socket.socketpair()
        given = [its_stdin, its_stdout, stderr, its_reports.fileno()]
        socket.send_fds(server, [json.dumps(arguments).encode()], given)
        os.close(its_stdin)
        os.close(its_stdout)
        its_reports.close()
        self.stdin, self.stdout = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb")
        _, [self._pid_fd], _, _ = socket.recv_fds(self._reports, 1, 1)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pid_fd, signal.SIGKILL)

    @cached_property
    def _exit_code(self) -> int:
        return int(self._reports.recv(16))

    def wait(self) -> int:
        return self._exit_code

    def communicate(self) -> None:
        self.stdout.close()
        with suppress(BrokenPipeError):
            self.stdin.close()
        self.wait()
        self._reports.close()
        os.close(self._pid_fd)


def serve(requests: socket.socket) -> None:
    """Fork a parser process for each request, and beside it a process that waits for its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    while True:
        request, given, _, _ = socket.recv_fds(requests, 65536, 4)
        if not request:
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            *streams, reports = given
            pid = os.fork()
            if pid == 0:
                parse(json.loads(request), streams)
            report_end(pid, streams, socket.socket(fileno=reports))
            os._exit(0)
        for one in given:
            os.close(one)


def parse(arguments: list[str], streams: list[int]) -> None:
    """Do what the command does with the three streams, and end."""
    code = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.closerange(3, 64)
        child_process.main(*arguments)
        sys.stdout.flush()
        code = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def report_end(pid: int, streams: list[int], reports: socket.socket) -> None:
    """Send the process as a file descriptor, and at its end the exit code."""
    for stream in streams:
        os.close(stream)
    socket.send_fds(reports, [b"p"], [os.pidfd_open(pid)])
    _, status = os.waitpid(pid, 0)
    reports.send(str(os.waitstatus_to_exitcode(status)).encode())


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
