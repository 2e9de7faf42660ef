"""What the cases share: the server under which they run and the programs that they run."""

import pathlib
import unittest

from server import Server

server: Server
binaries: pathlib.Path
scratch: pathlib.Path


def use(the_server: Server, the_binaries: pathlib.Path, the_scratch: pathlib.Path) -> None:
    global server, binaries, scratch
    server, binaries, scratch = the_server, the_binaries, the_scratch


class Case(unittest.TestCase):
    maxDiff = None

    @property
    def server(self) -> Server:
        return server

    def program(self, name: str) -> str:
        return str(binaries / name)

    def folder(self) -> pathlib.Path:
        """An empty one, of this test."""
        path = scratch / self.id()
        path.mkdir(parents=True)
        return path
