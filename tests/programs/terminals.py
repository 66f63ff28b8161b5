"""Commands at a terminal."""

import fcntl
import os
import pty
import struct
import termios


def on_a_terminal(command, environment, *, lines=30, columns=100, folder=None):
    """Begins a command whose terminal is of that size from its first moment; its pid, and our end of the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.chdir(folder or ".")
        os.execvpe(command[0], [str(word) for word in command], environment)
    return pid, terminal
