#!/usr/bin/python3
"""The chart, the registration, the shoot command and the documents, judged by the real helm, kubectl and kube-apiserver.

    main.py --programs DIR [--keep] [NAME...]
    main.py --update-golden

NAME chooses cases by module, class or test: `rendering`, `rendering.Replicas`, `rendering.Replicas.test_one`.
"""

import argparse
import importlib
import pathlib
import shutil
import sys
import tempfile
import unittest

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), *(str(_HERE.parent / folder) for folder in ("conformance", "cluster", "story"))]

import isolation  # noqa: E402
import programs  # noqa: E402


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--programs", type=pathlib.Path, help="folder of the built programs")
    parser.add_argument("--keep", action="store_true", help="keep the folder of logs")
    parser.add_argument("--update-golden", action="store_true", help="write the golden renderings anew and end")
    parser.add_argument("names", nargs="*", metavar="NAME")
    asked = parser.parse_args()
    if not asked.programs and not asked.update_golden:
        parser.error("--programs is required")
    return asked


def suite(names: list[str]) -> unittest.TestSuite:
    loader = unittest.TestLoader()
    if names:
        return loader.loadTestsFromNames([f"cases.{name}" for name in names])
    modules = [importlib.import_module(f"cases.{path.stem}") for path in sorted((_HERE / "cases").glob("*.py"))]
    return unittest.TestSuite(loader.loadTestsFromModule(module) for module in modules)


def main() -> int:
    asked = options()
    if not isolation.inside():
        programs.ensure()  # needs the network
    if asked.update_golden:
        importlib.import_module("cases.golden").update()
        return 0
    binaries = asked.programs.resolve()
    isolation.enter(network=True)
    import case
    import server

    folder = pathlib.Path(tempfile.mkdtemp(prefix="crm-charts-"))
    one = server.Server(folder)
    try:
        one.start()
        case.use(one, binaries, folder / "scratch")
        done = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite(asked.names))
        good = done.wasSuccessful() and done.testsRun > 0 and not done.skipped
    except Exception as error:  # what the suite needs is missing or does not start
        print(f"charts: {error}")
        good = False
    finally:
        one.close()
    if good and not asked.keep:
        shutil.rmtree(folder)
    else:
        print(f"logs are kept in {folder}/logs")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
