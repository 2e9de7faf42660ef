"""An environment without programs, for tests of the steps: everything works at once, except what a test breaks."""

import copy
import pathlib
from collections.abc import Callable

import objects
import yaml
from environment import Api, Container, Decision, Environment, Machine, Placement, PodRequest, Program, Refused


class FakeApi(Api):
    """`work` is what the programs do, called whenever somebody looks."""

    def __init__(self, work: Callable[[], None]):
        self.items: dict[str, dict] = {}
        self._work = work

    def get(self, path: str) -> dict | None:
        self._work()
        if path in self.items:
            return copy.deepcopy(self.items[path])
        below = [item for name, item in self.items.items() if name.rpartition("/")[0] == path]
        return {"items": copy.deepcopy(below)} if below else None

    def apply(self, path: str, item: dict) -> dict:
        self.items[f"{path}/{item['metadata']['name']}"] = copy.deepcopy(item)
        return item

    def patch(self, path: str, change: dict) -> dict:
        raise NotImplementedError(path)

    def delete(self, path: str) -> None:
        self.items.pop(path, None)


class FakeEnvironment(Environment):
    """`broken` names the one thing that does not work; see the uses of it."""

    name = "fake"
    node_name = "node1"
    killable = frozenset(Program)

    def __init__(self, cpus: int = 2, broken: str = ""):
        self.folder = pathlib.Path("/nonexistent")
        self.seed, self.shoot = FakeApi(self._pass_on), FakeApi(self._pass_on)
        self._broken = broken
        self._cpus = frozenset(range(cpus))
        self._nodes = {cpu: cpu // 4 for cpu in self._cpus}
        self._policy, self._reserved, self._reason = "none", frozenset(), ""
        self._pods: dict[str, PodRequest] = {}
        self._exclusive: dict[str, frozenset[int]] = {}
        self._stuck: dict[str, Placement] = {}
        self.killed: list[Program] = []

    def start_seed(self) -> str: return "seed"
    def start_shoot(self) -> str: return "shoot"
    def start_runtime(self) -> str: return "runtime"
    def start_daemon(self) -> str: return "daemon"
    def start_node(self) -> str: return "node"
    def start_resource_manager(self) -> str: return "manager"
    def start_extension(self) -> str: return "extension"
    def start_agent(self) -> str: return "agent"
    def await_agent_gone(self) -> str: return "gone"
    def kill(self, program: Program) -> None: self.killed.append(program)
    def restart(self, program: Program) -> None: pass
    def log_tail(self, program: Program, lines: int = 20) -> list[str]: return [f"log of {program.value}"]
    def hints(self) -> list[str]: return []
    def close(self) -> None: pass
    def leftovers(self) -> list[str]: return []

    def remove_pod(self, container: Container) -> None:
        if self._broken != "kept":
            self._pods.pop(container.id)
            self._exclusive.pop(container.id, None)

    def died(self) -> str | None:
        return "cri-resmgr was killed by SIGSEGV" if self._broken == "crash" and self._policy != "none" else None

    def machine(self) -> Machine:
        return Machine(self._cpus, frozenset(self._nodes.values()), self._nodes)

    def cri_version(self, through_proxy: bool) -> dict[str, str]:
        return {"runtime": "proxy" if through_proxy and self._broken == "version" else "containerd"}

    def config_status(self) -> tuple[bool, str]:
        self._pass_on()
        return (True, "") if self._broken == "blind probe" else (not self._reason, self._reason)

    def active_policy(self) -> str:
        self._pass_on()
        return self._policy

    def decisions(self) -> dict[str, Decision]:
        self._pass_on()
        return {one: Decision(one, place.cpus, place.mems, "", "", "")
                for one in self._pods for place in [self._decide(one)]}

    def kernel(self, container: Container) -> Placement | None:
        self._pass_on()
        if container.id not in self._pods or (self._broken == "dead after" and not self.seed.get(objects.EXTENSION)
                                              and self._policy != "none"):
            return None
        decided = self._decide(container.id)
        if self._broken == "unset cpuset" and container.id == "web":
            return Placement(self._cpus, frozenset(self._nodes.values()))
        if self._broken == "not moved" and self._policy != "none":
            return self._stuck.setdefault(container.id, decided)
        return decided

    def run_pod(self, request: PodRequest) -> Container:
        if request.name == "db":
            free = sorted(self._cpus - self._reserved, reverse=True)
            wanted = request.cpu_milli // 1000
            if wanted * 1000 + 650 >= 1000 * len(free) and self._broken != "loose":
                raise Refused("nonsense" if self._broken == "mute" else "no exclusive CPUs")
            self._exclusive["db"] = frozenset() if self._broken == "not exclusive" else frozenset(free[:wanted])
        self._pods[request.name] = request
        return Container(request, f"pod-{request.name}", request.name)

    def _decide(self, name: str) -> Placement:
        if self._policy == "none":
            return Placement(self._cpus, frozenset(self._nodes.values()))
        if self._pods[name].namespace == "kube-system":
            cpus = self._reserved
        elif name == "db" and self._exclusive.get("db"):
            cpus = self._exclusive["db"] = frozenset(sorted(self._cpus - self._reserved)[-len(self._exclusive["db"]):])
        else:
            taken = self._exclusive.get("db", frozenset())
            cpus = self._cpus - self._reserved - frozenset(sorted(self._cpus - self._reserved)[len(self._cpus) - 1 - len(taken):])
        return Placement(cpus, frozenset(self._nodes[cpu] for cpu in cpus))

    def _pass_on(self) -> None:
        """Extension, resource manager, agent and daemon in one breath."""
        extension = self.seed.items.get(objects.EXTENSION)
        resource = f"{objects.MANAGED_RESOURCES}/{objects.MANAGED_RESOURCE}"
        secret = f"managedresource-{objects.MANAGED_RESOURCE}-0a1b2c3d"
        if extension is None:
            if self._broken != "leak":
                self.seed.items.pop(resource, None)
                self.seed.items.pop(f"{objects.SECRETS}/{secret}", None)
                self.shoot.items.clear()
            return
        extension["metadata"]["annotations"].pop("gardener.cloud/operation", None)
        state = "Error" if self._broken == "reconcile" else "Succeeded"
        extension["metadata"]["generation"] = 1
        extension["status"] = {"observedGeneration": 1, "lastOperation": {"state": state, "description": "done"}}
        base = self.seed.items[f"{objects.BASE_CONFIGS}/gardener-extension-cri-resmgr-configs"]["data"]
        given = extension["spec"]["providerConfig"]["configs"]
        merged = {**given, **base} if self._broken == "merge" else {**base, **given}
        self.seed.items[resource] = {
            "metadata": {"name": objects.MANAGED_RESOURCE, "generation": 1}, "spec": {"secretRefs": [{"name": secret}]},
            "status": {"observedGeneration": 1, "conditions": [{
                "type": "ResourcesApplied", "status": "False" if self._broken == "apply" else "True", "message": ""}]},
        }
        self.seed.items[f"{objects.SECRETS}/{secret}"] = {"metadata": {"name": secret}, "immutable": True}
        for name, text in merged.items():
            data = {key: yaml.safe_dump(part) for key, part in yaml.safe_load(text).items()}
            self.shoot.items[f"{objects.SHOOT_CONFIGS}/{objects.CONFIG_PREFIX}{name}"] = {
                "metadata": {"name": objects.CONFIG_PREFIX + name}, "data": data}
        self.shoot.items[objects.AGENT_DAEMON_SET] = {
            "metadata": {"name": "cri-resmgr-agent"},
            "spec": {"template": {"spec": {"containers": [{"image": "agent:1"}]}}}}
        policy = yaml.safe_load(merged["default"])["policy"]
        reserved = frozenset({int(policy["ReservedResources"]["CPU"].removeprefix("cpuset:"))}) \
            if "ReservedResources" in policy else frozenset()
        if self._broken == "dropped watch" and self._reserved:
            return
        if reserved <= self._cpus or self._broken == "swallows":
            self._policy, self._reason = policy["Active"], ""
            self._reserved = reserved & self._cpus
        else:
            self._reason = f"configuration error: CPU {min(reserved)} does not exist"
