"""Steps on the API servers: starting the cluster's side, enabling, configuring and disabling the extension."""

import re

import objects
import poll
import yaml
from environment import EXTENSION_NAMESPACE, KUBE_SYSTEM, SHOOT_NAMESPACE, Api, Program, StepFailed
from story import Story

# What the operator gives every shoot: `default` is overridden by the shoot's own, `group.gold` is not.
_BASE = {
    "default": "policy:\n  Active: none\n",
    "group.gold": "policy:\n  Active: topology-aware\n  ReservedResources:\n    CPU: 750m\n",
}


def start_seed(story: Story) -> str:
    return story.environment.start_seed()


def start_shoot(story: Story) -> str:
    return story.environment.start_shoot()


def start_resource_manager(story: Story) -> str:
    return story.environment.start_resource_manager()


def start_extension(story: Story) -> str:
    seed = story.environment.seed
    seed.apply(objects.NAMESPACES, objects.namespace(EXTENSION_NAMESPACE, {"gardener.cloud/role": "extension"}))
    seed.apply(objects.NAMESPACES, objects.namespace(SHOOT_NAMESPACE, {"gardener.cloud/role": "shoot"}))
    seed.apply(objects.BASE_CONFIGS, objects.base_configs(_BASE))
    return story.environment.start_extension()


def enable(story: Story) -> str:
    story.reserved = min(story.machine.cpus)
    write_configuration(story.environment.seed, story.reserved)
    return f"Extension {SHOOT_NAMESPACE}/{objects.EXTENSION_TYPE}: {await_succeeded(story.environment.seed)}"


def write_configuration(seed: Api, reserved_cpu: int) -> None:
    """What gardenlet does when the Shoot's providerConfig says so."""
    text = yaml.safe_dump(objects.daemon_configuration(reserved_cpu))
    provider_config = {"configs": {"default": text}}
    seed.apply(objects.CLUSTERS, objects.cluster(provider_config))
    seed.apply(objects.EXTENSIONS, objects.extension(provider_config))


def await_succeeded(seed: Api) -> str:
    """As gardenlet judges an Extension; returns the description of its last operation."""

    def state(item: dict | None) -> str:
        if item is None:
            return "no Extension"
        status, meta = item.get("status", {}), item["metadata"]
        last = status.get("lastOperation", {})
        if "gardener.cloud/operation" in meta.get("annotations", {}):
            return f"the operation annotation is still there, lastOperation {last}"
        if status.get("lastError"):
            return f"lastError {status['lastError']}"
        if status.get("observedGeneration") != meta.get("generation"):
            return f"generation {meta.get('generation')}, observed {status.get('observedGeneration')}"
        return last.get("state", "no lastOperation")

    item = poll.until(
        "the Extension's lastOperation to be Succeeded", lambda: seed.get(objects.EXTENSION),
        lambda item: state(item) == "Succeeded", program=Program.EXTENSION, show=state,
    )
    return item["status"]["lastOperation"]["description"]


def managed_resource_applied(story: Story) -> str:
    seed = story.environment.seed

    def state(item: dict | None) -> str:
        if item is None:
            return "no ManagedResource"
        status = item.get("status", {})
        if status.get("observedGeneration") != item["metadata"].get("generation"):
            return "not yet seen by the resource manager"
        conditions = {one["type"]: one for one in status.get("conditions", [])}
        applied = conditions.get("ResourcesApplied", {})
        return f"ResourcesApplied {applied.get('status')}: {applied.get('message', '')}"

    item = poll.until(
        f"ManagedResource {objects.MANAGED_RESOURCE} to be applied",
        lambda: seed.get(f"{objects.MANAGED_RESOURCES}/{objects.MANAGED_RESOURCE}"),
        lambda item: state(item).startswith("ResourcesApplied True"),
        timeout=60, program=Program.RESOURCE_MANAGER, show=state,
    )
    name = item["spec"]["secretRefs"][0]["name"]
    if not re.fullmatch(rf"managedresource-{objects.MANAGED_RESOURCE}-[0-9a-f]{{8}}", name):
        raise StepFailed("a Secret named by its content", name, Program.EXTENSION)
    secret = seed.get(f"{objects.SECRETS}/{name}")
    if not secret or not secret.get("immutable"):
        raise StepFailed(f"Secret {name}, immutable", str(secret and secret["metadata"]), Program.EXTENSION)
    return f"Secret {name}"


def config_map_delivered(story: Story) -> str:
    """The shoot's own `default` wins over the operator's, the operator's `group.gold` is there too."""
    await_config_map(story.environment.shoot, "default", objects.daemon_configuration(story.reserved))
    await_config_map(story.environment.shoot, "group.gold", yaml.safe_load(_BASE["group.gold"]))
    return f"{objects.CONFIG_PREFIX}default reserves CPU {story.reserved}; group.gold is the operator's"


def await_config_map(shoot: Api, name: str, expected: dict) -> None:
    def parsed(item: dict | None) -> dict | None:
        return item and {key: yaml.safe_load(text) for key, text in (item.get("data") or {}).items()}

    poll.until(
        f"ConfigMap {objects.CONFIG_PREFIX}{name} in the shoot to say {expected}",
        lambda: parsed(shoot.get(f"{objects.SHOOT_CONFIGS}/{objects.CONFIG_PREFIX}{name}")),
        lambda seen: seen == expected, timeout=60, program=Program.RESOURCE_MANAGER,
    )


def start_agent(story: Story) -> str:
    item = poll.until(
        "DaemonSet cri-resmgr-agent in the shoot", lambda: story.environment.shoot.get(objects.AGENT_DAEMON_SET),
        program=Program.RESOURCE_MANAGER,
    )
    image = item["spec"]["template"]["spec"]["containers"][0]["image"]
    return f"{story.environment.start_agent()}; DaemonSet's image {image}"


def agent_pushes(story: Story) -> str:
    poll.until(
        "the agent's probe to say that the configuration is in force", story.environment.config_status,
        lambda status: status[0], timeout=60, program=Program.AGENT,
    )
    return "cri-resmgr-agent-probe -query config-status: in force"


def disable(story: Story) -> str:
    """The Extension's entry is taken from the Shoot: everything it brought is gone, on both sides."""
    seed, shoot = story.environment.seed, story.environment.shoot
    resource = seed.get(f"{objects.MANAGED_RESOURCES}/{objects.MANAGED_RESOURCE}")
    last = resource["spec"]["secretRefs"][0]["name"]
    seed.delete(objects.EXTENSION)
    poll.until(
        "the Extension to be gone", lambda: seed.get(objects.EXTENSION), lambda item: item is None, timeout=180,
        program=Program.EXTENSION, show=lambda item: str(item.get("status", {}).get("lastOperation")),
    )
    story.environment.await_agent_gone()
    poll.until("all objects of the extension to be gone", lambda: _remains(seed, shoot, last),
               lambda left: not left, timeout=60)
    return "no ManagedResource, ConfigMap, DaemonSet or right is left, no Secret that would not be collected"


def _items(api: Api, folder: str) -> list[dict]:
    return (api.get(folder) or {}).get("items", [])


def _remains(seed: Api, shoot: Api, last: str) -> list[str]:
    """What should be gone and is not; `last` is the Secret that the ManagedResource named at the end."""
    rights = "/apis/rbac.authorization.k8s.io/v1"
    single = [
        (seed, f"{objects.MANAGED_RESOURCES}/{objects.MANAGED_RESOURCE}"),
        (shoot, objects.AGENT_DAEMON_SET),
        (shoot, f"/api/v1/namespaces/{KUBE_SYSTEM}/serviceaccounts/cri-resmgr-agent"),
        (shoot, f"{rights}/clusterroles/cri-resmgr-agent"),
        (shoot, f"{rights}/clusterrolebindings/cri-resmgr-agent"),
    ]
    left = [path for api, path in single if api.get(path) is not None]
    for item in _items(shoot, objects.SHOOT_CONFIGS):
        if item["metadata"]["name"].startswith(objects.CONFIG_PREFIX):
            left.append(f"{objects.SHOOT_CONFIGS}/{item['metadata']['name']}")
    for item in _items(seed, objects.SECRETS):
        # Secrets of earlier contents wait for Gardener's garbage collector, which takes those with this label.
        collected = item["metadata"].get("labels", {}).get("resources.gardener.cloud/garbage-collectable-reference")
        if objects.MANAGED_RESOURCE in item["metadata"]["name"] and (collected != "true" or item["metadata"]["name"] == last):
            left.append(f"{objects.SECRETS}/{item['metadata']['name']}")
    return left
