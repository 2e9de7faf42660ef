"""Steps on the node: the runtime and the daemon before it, pods of all classes, and how they move."""

import objects
import placement
import poll
import steps_cluster
from cgroups import show_set
from environment import Container, PodRequest, Program, Qos, Refused, StepFailed
from story import Story

_PODS = [
    PodRequest("dns", "kube-system", Qos.BURSTABLE, 100, 32),
    PodRequest("web", "default", Qos.BURSTABLE, 200, 32),
    PodRequest("batch", "default", Qos.BEST_EFFORT),
    PodRequest("part", "default", Qos.GUARANTEED, 250, 32),
]
_EARLY = PodRequest("early", "default", Qos.BURSTABLE, 100, 32)
_SHARED = ("early", "web", "batch", "part")


def start_runtime(story: Story) -> str:
    return story.environment.start_runtime()


def start_daemon(story: Story) -> str:
    return story.environment.start_daemon()


def proxied(story: Story) -> str:
    """The runtime's own answer comes through the proxy unchanged."""
    direct = story.environment.cri_version(through_proxy=False)
    through = poll.until(
        f"the runtime's own answer {direct} through the proxy", lambda: story.environment.cri_version(through_proxy=True),
        lambda answer: answer == direct, program=Program.DAEMON,
    )
    return ", ".join(f"{key} {value}" for key, value in through.items())


def start_node(story: Story) -> str:
    detail = story.environment.start_node()
    story.machine = story.environment.machine()
    if len(story.machine.cpus) < 2:
        raise StepFailed("two CPUs or more, to reserve one and share the rest", show_set(story.machine.cpus))
    return f"{detail}; CPUs {show_set(story.machine.cpus)}, memory nodes {show_set(story.machine.mems)}"


def run_early(story: Story) -> str:
    """A pod that runs before there is a configuration: nothing restricts it."""
    container = _run(story, _EARLY)

    def where() -> str:
        seen = story.environment.kernel(container)
        return placement.show(seen)

    unrestricted = f"CPUs {show_set(story.machine.cpus)} nodes {show_set(story.machine.mems)}"
    poll.until(f"{unrestricted}, the whole machine", where, lambda seen: seen == unrestricted, program=Program.DAEMON)
    return f"default/{_EARLY.name} on {unrestricted}"


def policy_active(story: Story) -> str:
    """The daemon switched at run time, and the pod that ran before was moved off the reserved CPU."""
    poll.until(
        "the daemon's active policy to be topology-aware", story.environment.active_policy,
        lambda policy: policy == "topology-aware", program=Program.DAEMON,
    )
    await_placements(story)
    return f"topology-aware, CPU {story.reserved} reserved"


def run_pods(story: Story) -> str:
    for request in _PODS:
        _run(story, request)
    await_placements(story)
    return f"{len(story.containers)} containers where they belong"


def run_exclusive(story: Story) -> str:
    """Exclusive CPUs where the machine has enough of them; where not, a refusal that says why and moves nobody."""
    free = 1000 * (len(story.machine.cpus) - 1) - sum(one.request.cpu_milli for one in story.containers.values()
                                                      if one.request.name in _SHARED)
    wanted = next((count for count in (2, 1) if 1000 * count < free and len(story.machine.cpus) >= 4 * count), 1)
    request = PodRequest("db", "default", Qos.GUARANTEED, 1000 * wanted, 32)
    if 1000 * wanted < free:
        _run(story, request)
        story.exclusive = wanted
        await_placements(story)
        return f"db has {wanted} CPU{'s' if wanted > 1 else ''} of its own"
    try:
        story.environment.run_pod(request)
    except Refused as refused:
        reason = str(refused)
    else:
        raise StepFailed(f"a refusal: only {free}m are not reserved or taken, and the shared CPUs must not run out",
                         "a running container", Program.DAEMON)
    if "exclusive" not in reason.lower() and "slice" not in reason.lower():
        raise StepFailed("a reason that names the exclusive CPUs", reason, Program.DAEMON)
    await_placements(story, unmoved=True)
    return f"refused on {len(story.machine.cpus)} CPUs: {reason}"


def move(story: Story) -> str:
    """The Shoot reserves another CPU: reserved and shared containers move, all the way to the kernel."""
    old = story.reserved
    story.reserved = max(story.machine.cpus)
    steps_cluster.write_configuration(story.environment.seed, story.reserved)
    steps_cluster.await_succeeded(story.environment.seed)
    steps_cluster.await_config_map(story.environment.shoot, "default", objects.daemon_configuration(story.reserved))
    steps_cluster.agent_pushes(story)
    before = dict(story.before)
    rows = await_placements(story)
    moved = [row.name for row in rows if row.kernel != before[row.name]]
    if "dns" not in moved:
        raise StepFailed("dns to move", f"only these moved: {moved}", Program.DAEMON)
    return f"CPU {story.reserved} reserved instead of {old}; moved: {', '.join(moved)}"


def broken(story: Story) -> str:
    """Well formed, but no CPU of this node: delivered everywhere, refused by the daemon alone, and nothing moves."""
    absent = max(story.machine.cpus) + 900
    steps_cluster.write_configuration(story.environment.seed, absent)
    steps_cluster.await_succeeded(story.environment.seed)
    steps_cluster.await_config_map(story.environment.shoot, "default", objects.daemon_configuration(absent))
    _, reason = poll.until(
        f"the agent's probe to say no, naming CPU {absent}", story.environment.config_status,
        lambda status: not status[0] and str(absent) in status[1], timeout=60, program=Program.AGENT,
    )
    if story.environment.active_policy() != "topology-aware":
        raise StepFailed("the old policy to stay active", story.environment.active_policy(), Program.DAEMON)
    await_placements(story, unmoved=True)
    return f"refused by the daemon, seen at the agent: {reason}"


def repaired(story: Story) -> str:
    story.reserved = min(story.machine.cpus)
    steps_cluster.write_configuration(story.environment.seed, story.reserved)
    steps_cluster.await_succeeded(story.environment.seed)
    steps_cluster.agent_pushes(story)
    await_placements(story)
    return f"CPU {story.reserved} reserved again"


def leave(story: Story) -> str:
    """A pod goes: the daemon forgets it, what it had is free, and it can have as much again."""
    name = "db" if "db" in story.containers else "web"
    gone = story.containers.pop(name)
    story.environment.remove_pod(gone)
    poll.until(
        f"no decision for {name} any more", lambda: gone.id in story.environment.decisions(), lambda known: not known,
        program=Program.DAEMON, show=lambda known: "still decided" if known else "gone",
    )
    await_placements(story)
    _run(story, gone.request)
    await_placements(story)
    return f"{name} left and came again"


def still_running(story: Story) -> str:
    """Without the extension the containers run on; where they run, decision and kernel agree."""
    rows = poll.until(
        "every container to run as decided", lambda: placement.look(story.environment, list(story.containers.values())),
        lambda rows: not placement.faults(rows, story.machine, [], frozenset()), program=Program.DAEMON,
        show=lambda rows: "; ".join(placement.faults(rows, story.machine, [], frozenset())),
    )
    story.timeline.placements(rows)
    return f"{len(rows)} containers"


def await_placements(story: Story, unmoved: bool = False) -> list[placement.Row]:
    """Until the kernel has what the daemon decided and the rules of the policy hold for all containers; shows them."""
    reserved = frozenset({story.reserved})
    rules = expressions(story)

    def wrong(rows: list[placement.Row]) -> list[str]:
        found = placement.faults(rows, story.machine, rules, reserved)
        if unmoved:
            found += [f"{row.name} moved from {placement.show(story.before[row.name])} to {placement.show(row.kernel)}"
                      for row in rows if row.kernel != story.before[row.name]]
        return found

    rows = poll.until(
        f"every container where decided, with CPU {story.reserved} reserved",
        lambda: placement.look(story.environment, list(story.containers.values())),
        lambda rows: not wrong(rows), timeout=60, program=Program.DAEMON, show=lambda rows: "; ".join(wrong(rows)),
    )
    story.before = {row.name: row.kernel for row in rows}
    story.timeline.placements(rows)
    return rows


def expressions(story: Story) -> list[str]:
    """What topology-aware promises about the containers that run now."""
    shared = [name for name in _SHARED if name in story.containers]
    rules = [f"{name} & reserved == empty" for name in shared]
    if "dns" in story.containers:
        rules.append("dns == reserved")
    if "db" in story.containers:
        rules += [f"len(db) == {story.exclusive}", "len(db_mems) == 1", "db & reserved == empty"]
        rules += [f"db & {name} == empty" for name in story.containers if name != "db"]
    return rules


def _run(story: Story, request: PodRequest) -> Container:
    container = story.environment.run_pod(request)
    story.containers[request.name] = container
    return container
