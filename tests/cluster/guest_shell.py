#!/usr/bin/python3
"""A shell in the guest for a person: guest_shell.py SOCKET. Ctrl-] ends it."""

import os
import select
import socket
import sys
import termios
import tty

_ESCAPE = b"\x1d"


def main() -> int:
    if len(sys.argv) != 2 or not sys.stdin.isatty():
        print("usage: guest_shell.py SOCKET (on a terminal)", file=sys.stderr)
        return 2
    with socket.socket(socket.AF_UNIX) as guest:
        guest.connect(sys.argv[1])
        before = termios.tcgetattr(0)
        tty.setraw(0)
        try:
            guest.sendall(b"\n")
            while True:
                ready, _, _ = select.select([0, guest], [], [])
                if guest in ready:
                    if not (text := guest.recv(4096)):
                        return 0
                    os.write(1, text)
                if 0 in ready:
                    text = os.read(0, 4096)
                    if _ESCAPE in text:
                        return 0
                    guest.sendall(text)
        finally:
            termios.tcsetattr(0, termios.TCSADRAIN, before)
            print()


if __name__ == "__main__":
    sys.exit(main())
