"""Judging where containers landed: decided against the kernel, and set expressions over what the kernel says."""

import dataclasses

from cgroups import show_set
from environment import Container, Decision, Environment, Machine, Placement


@dataclasses.dataclass(frozen=True)
class Row:
    """One container at one moment."""

    container: Container
    decided: Decision | None
    kernel: Placement | None

    @property
    def name(self) -> str:
        return self.container.request.name


def look(environment: Environment, containers: list[Container]) -> list[Row]:
    decided = environment.decisions()
    return [Row(one, decided.get(one.id), environment.kernel(one)) for one in containers]


def faults(rows: list[Row], machine: Machine, expressions: list[str], reserved: frozenset[int]) -> list[str]:
    """What is wrong, one line each; [] when the kernel obeys the decisions and every expression holds."""
    found = []
    for row in rows:
        if row.kernel is None:
            found.append(f"{row.name} has no running process")
        elif row.decided is None:
            found.append(f"{row.name}: the daemon knows no decision for container {row.container.id[:12]}")
        elif not obeys(row.kernel, row.decided, machine):
            found.append(f"{row.name}: decided {show_decision(row.decided)}, the kernel has {show(row.kernel)}")
        elif not row.kernel.cpus or not row.kernel.cpus <= machine.cpus:
            found.append(f"{row.name} is on CPUs {show_set(row.kernel.cpus)}, online are {show_set(machine.cpus)}")
        else:
            near = frozenset(machine.node_of_cpu[cpu] for cpu in row.kernel.cpus)
            if not near <= row.kernel.mems:
                found.append(f"{row.name}: its CPUs are on nodes {show_set(near)}, its memory on {show_set(row.kernel.mems)}")
    if not found:
        found += [f"{text} does not hold: {show_names(text, names)}"
                  for names in [names_of(rows, machine, reserved)] for text in expressions if not holds(text, names)]
    return found


def obeys(kernel: Placement, decided: Decision, machine: Machine) -> bool:
    """What is not restricted has the whole machine."""
    cpus = machine.cpus if decided.cpus is None else decided.cpus
    mems = machine.mems if decided.mems is None else decided.mems
    return kernel == Placement(cpus, mems)


def names_of(rows: list[Row], machine: Machine, reserved: frozenset[int]) -> dict[str, frozenset[int]]:
    """What an expression may name: each container's CPUs under its name, its memory nodes under NAME_mems."""
    names = {"online": machine.cpus, "reserved": reserved, "empty": frozenset()}
    for row in rows:
        if row.kernel:
            names[row.name] = row.kernel.cpus
            names[f"{row.name}_mems"] = row.kernel.mems
    return names


def holds(expression: str, names: dict[str, frozenset[int]]) -> bool:
    """A set expression in Python's notation: `web & reserved == empty`, `len(db) == 2`."""
    return bool(eval(expression, {"__builtins__": {"len": len}}, names))  # the expressions are this suite's own


def show_names(expression: str, names: dict[str, frozenset[int]]) -> str:
    words = [name for name in names if name in expression.replace("(", " ").replace(")", " ").split() and name != "empty"]
    return ", ".join(f"{name} = {show_set(names[name])}" for name in words)


def show(placement: Placement | None) -> str:
    if placement is None:
        return "nothing"
    return f"CPUs {show_set(placement.cpus)} nodes {show_set(placement.mems)}"


def show_decision(decided: Decision | None) -> str:
    if decided is None:
        return "nothing"
    cpus, mems = ("any" if one is None else show_set(one) for one in (decided.cpus, decided.mems))
    return f"CPUs {cpus} nodes {mems}"
