#!/usr/bin/python3
"""Other people's clients against what is built: kubectl, Debian's old one and a current one, against the embedded API
server; crictl through the proxy.

    neighbours.py --programs DIR        folder of the built programs
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent / "story")]

import cache  # noqa: E402
import cgroups  # noqa: E402
import environment as environments  # noqa: E402
import isolation  # noqa: E402
import objects  # noqa: E402
import processes  # noqa: E402
import programs  # noqa: E402
from embedded import image  # noqa: E402
from environment import SHOOT_NAMESPACE, StepFailed  # noqa: E402


class Client:
    """One command-line client; what it prints, or StepFailed with its own words."""

    def __init__(self, *command: str):
        self._command = list(command)

    def __call__(self, *words: str, standard_input: str = "") -> str:
        done = processes.run([*self._command, *words], standard_input=standard_input)
        if done.returncode != 0:
            raise StepFailed(f"{pathlib.Path(self._command[0]).name} {' '.join(words)} to succeed", done.stderr.strip())
        return done.stdout

    def refused(self, *words: str) -> str:
        """What it says when it is refused."""
        done = processes.run([*self._command, *words])
        if done.returncode == 0:
            raise StepFailed(f"{' '.join(words)} to be refused", done.stdout.strip())
        return done.stderr.strip()


def expect(what: str, got, expected) -> None:
    if got != expected:
        raise StepFailed(f"{what} to be {expected!r}", repr(got))


def contains(what: str, got: str, expected: str) -> None:
    if expected not in got:
        raise StepFailed(f"{what} to hold {expected!r}", got)


def kubectl(run: Client, namespace: str, *checks: str) -> None:
    """get, create, patch, annotate, label, delete as a person would, custom kinds and built-in ones."""

    def create(item: dict) -> None:
        run("create", *checks, "--filename=-", standard_input=json.dumps(item))

    create(objects.namespace(namespace))
    extension = objects.extension({"configs": {"default": "policy: {Active: none}"}})
    extension["metadata"]["namespace"] = namespace
    create(extension)
    contains("the table", run("get", "extensions", f"--namespace={namespace}"), objects.EXTENSION_TYPE)
    contains("the names", run("get", "extensions", "--all-namespaces", "--output=name"), objects.EXTENSION_TYPE)
    name = [f"--namespace={namespace}", "extension", objects.EXTENSION_TYPE]
    run("patch", *name, "--type=merge", '--patch={"spec":{"providerConfig":{"configs":{"default":"logger: {}"}}}}')
    run("annotate", *name, "gardener.cloud/operation=reconcile", "--overwrite")
    run("label", *name, "of=kubectl")
    got = json.loads(run("get", *name, "--output=json"))
    expect("the patched configuration", got["spec"]["providerConfig"]["configs"]["default"], "logger: {}")
    expect("the label", got["metadata"]["labels"]["of"], "kubectl")
    contains("what one sees", run("describe", *name), "logger: {}")
    contains("a missing one", run.refused("get", f"--namespace={namespace}", "extension", "absent"), "NotFound")

    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": namespace}}
    create({**config, "data": {"key": "first"}})
    run("patch", f"--namespace={namespace}", "configmap", "one", "--type=merge", '--patch={"data":{"key":"second"}}')
    expect("the patched value", run("get", f"--namespace={namespace}", "configmap", "one",
                                    "--output=jsonpath={.data.key}"), "second")
    contains("the selected ones", run("get", "extensions", f"--namespace={namespace}", "--selector=of=kubectl"),
             objects.EXTENSION_TYPE)
    run("delete", *name, "--timeout=30s")
    run("delete", "namespace", namespace, "--timeout=30s")
    contains("a deleted one", run.refused("get", *name), "NotFound")


def crictl(run: Client, folder: pathlib.Path, cgroup_root: str) -> None:
    """A pod's whole life through the proxy."""
    contains("the version", run("version"), "RuntimeName:  containerd")
    json.loads(run("info"))
    contains("the images", run("images"), "local/busybox")
    pod, container = folder / "pod.json", folder / "container.json"
    pod.write_text(json.dumps({"metadata": {"name": "guest", "namespace": "default", "uid": "u1", "attempt": 1},
                               "log_directory": str(folder),
                               "linux": {"cgroup_parent": f"/{cgroup_root}/kubepods/burstable/podu1",
                                         "security_context": {"namespace_options": {"network": 2}}}}))
    container.write_text(json.dumps({"metadata": {"name": "guest"}, "image": {"image": image.BUSYBOX},
                                     "log_path": "guest.log", "linux": {"resources": {"cpu_shares": 204}}}))
    sandbox = run("runp", str(pod)).strip()
    made = run("create", sandbox, str(container), str(pod)).strip()
    run("start", made)
    contains("the containers", run("ps"), "guest")
    expect("a command's output in it", run("exec", made, "echo", "hello").strip(), "hello")
    state = json.loads(run("inspect", made))
    expect("its state", state["status"]["state"], "CONTAINER_RUNNING")
    cpus = cgroups.of_process(state["info"]["pid"]).cpus
    if not cpus:
        raise StepFailed("CPUs of its own cgroup", "none")
    run("stop", "--timeout=2", made)
    run("rm", made)
    run("stopp", sandbox)
    run("rmp", sandbox)
    expect("the pods that are left", run("pods", "--quiet").strip(), "")


def main() -> int:
    if len(sys.argv) != 3 or sys.argv[1] != "--programs":
        print("usage: neighbours.py --programs DIR", file=sys.stderr)
        return 2
    if not isolation.inside():
        programs.ensure()
    isolation.enter(network=False)
    os.environ["PATH"] = f"{cache.root() / 'bin'}:{os.environ['PATH']}"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="crm-neighbours-"))
    place = environments.implementation("embedded")(folder, pathlib.Path(sys.argv[2]).resolve())
    failed = 0
    try:
        place.start_seed()
        server = [f"--kubeconfig={place.seed.kubeconfig}", f"--cache-dir={folder}/kubectl-cache"]
        place.start_runtime()
        place.start_daemon()
        relay = f"unix://{folder}/run/cri-resmgr.sock"
        old = Client(str(cache.root() / "bin/kubectl"), *server)
        new = Client(str(programs.path("kubectl")), *server)
        node = Client(str(programs.path("crictl")), "--runtime-endpoint", relay, "--image-endpoint", relay)
        suites = {  # the old one checks by OpenAPI v2, which the server does not publish
            "kubectl of Debian": lambda: kubectl(old, f"{SHOOT_NAMESPACE}-a", "--validate=false"),
            f"kubectl {programs.KUBERNETES.version}": lambda: kubectl(new, f"{SHOOT_NAMESPACE}-b"),
            f"crictl {programs.CRI_TOOLS.version}": lambda: crictl(node, folder, isolation.control_group()),
        }
        for name, suite in suites.items():
            try:
                suite()
                print(f"ok      {name}", flush=True)
            except (StepFailed, ValueError, KeyError) as error:
                print(f"FAILED  {name}: {error}", flush=True)
                failed += 1
    finally:
        place.close()
        failed += len(place.leftovers())
    if failed:
        print(f"logs are kept in {folder}/logs")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
