#!/usr/bin/python3
"""One suite, two servers: what the embedded API server does is what kube-apiserver does.

    main.py embedded|real --programs DIR [--keep] [NAME...]

NAME chooses cases by module, class or test: `conflicts`, `conflicts.Updates`, `conflicts.Updates.test_stale`.
"""

import argparse
import importlib
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "cluster"), str(_HERE.parent / "story")]

import cache  # noqa: E402
import case  # noqa: E402
import isolation  # noqa: E402
import servers  # noqa: E402


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="One suite, two servers.")
    parser.add_argument("server", choices=sorted(servers.SERVERS))
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="folder of the built programs")
    parser.add_argument("--keep", action="store_true", help="keep the folder of logs")
    parser.add_argument("names", nargs="*", metavar="NAME")
    return parser.parse_args()


def suite(names: list[str]) -> unittest.TestSuite:
    modules = {path.stem: importlib.import_module(f"cases.{path.stem}")
               for path in sorted((_HERE / "cases").glob("*.py"))}
    loader = unittest.TestLoader()
    if not names:
        return unittest.TestSuite(loader.loadTestsFromModule(module) for module in modules.values())
    return loader.loadTestsFromNames([f"cases.{name}" for name in names])


def main() -> int:
    asked = options()
    binaries = asked.programs.resolve()
    if not isolation.inside():
        servers.ensure(asked.server)
    isolation.enter(network=True)
    os.environ["PATH"] = f"{cache.root() / 'bin'}:{os.environ['PATH']}"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="crm-conformance-"))
    server = servers.SERVERS[asked.server](folder, binaries)
    try:
        server.start()
        case.use(server, folder)
        done = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite(asked.names))
        good = done.wasSuccessful() and done.testsRun > 0 and not done.skipped
    except Exception as error:  # what the server needs is missing or does not start
        print(f"conformance: {error}")
        good = False
    finally:
        unclean = server.close()
    for how in unclean:
        print(how)
    good = good and not unclean
    if good and not asked.keep:
        shutil.rmtree(folder)
    else:
        print(f"logs are kept in {folder}/logs")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
