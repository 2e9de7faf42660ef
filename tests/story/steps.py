"""The story: every step in order. A step is an assertion on the real state, not a script's echo."""

import steps_cluster as cluster
import steps_node as node
from environment import Program
from story import Step

STEPS = [
    Step("seed", "the seed's API server serves Gardener's kinds", cluster.start_seed, Program.SEED),
    Step("shoot", "the shoot's API server serves", cluster.start_shoot, Program.SHOOT),
    Step("runtime", "a container runtime of this run's own", node.start_runtime, Program.RUNTIME),
    Step("daemon", "cri-resmgr in front of it", node.start_daemon, Program.DAEMON),
    Step("proxy", "CRI Version through the proxy is the runtime's own", node.proxied),
    Step("node", "the node is in the shoot", node.start_node),
    Step("early", "a pod before any configuration has the whole machine", node.run_early),
    Step("manager", "a resource manager between seed and shoot", cluster.start_resource_manager, Program.RESOURCE_MANAGER),
    Step("extension", "gardener-extension-cri-resmgr in the seed", cluster.start_extension, Program.EXTENSION),
    Step("enable", "the Shoot enables the extension", cluster.enable),
    Step("applied", "the ManagedResource is applied", cluster.managed_resource_applied),
    Step("configmap", "the merged configuration is in the shoot", cluster.config_map_delivered),
    Step("agent", "the agent runs on the node", cluster.start_agent, Program.AGENT),
    Step("push", "the agent pushed the configuration and the daemon took it", cluster.agent_pushes),
    Step("policy", "the daemon's policy is active", node.policy_active),
    Step("pods", "pods of all QoS classes land where they belong", node.run_pods),
    Step("exclusive", "exclusive CPUs are given, or refused for a reason", node.run_exclusive),
    Step("move", "the Shoot's configuration changes and containers move", node.move),
    Step("broken", "an impossible configuration is refused on the node alone", node.broken),
    Step("repair", "the repaired configuration is in force", node.repaired),
    Step("leave", "a pod goes, and what it had is free", node.leave),
    Step("disable", "the extension is disabled and its objects are gone", cluster.disable),
    Step("after", "the containers still run", node.still_running),
]


def position(name: str) -> int:
    """Of a step in the story; ValueError names the steps there are."""
    names = [step.name for step in STEPS]
    if name not in names:
        raise ValueError(f"no step '{name}'; steps: {', '.join(names)}")
    return names.index(name)


def started_by(program: Program) -> int:
    """Position of the step that starts it: it can be killed from the next step on."""
    return next(at for at, step in enumerate(STEPS) if step.starts is program)


def enable_again(story) -> None:
    """For a person who wants to play on after the story: configured as before it ended."""
    cluster.write_configuration(story.environment.seed, story.reserved)
    cluster.await_succeeded(story.environment.seed)
    cluster.managed_resource_applied(story)
    cluster.start_agent(story)
    cluster.agent_pushes(story)
