#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/fs.h"
#include "base/status.h"
#include "hardware/from_hwloc.h"
#include "hardware/hwloc_topology.h"
#include "hardware/machine.h"

namespace crm::hardware {
namespace {

std::string_view Trim(std::string_view text) {
  const char* const spaces = " \t\n";
  const size_t first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

/// The words of a text between white space.
std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  for (text = Trim(text); !text.empty(); text = Trim(text)) {
    const size_t end = std::min(text.find_first_of(" \t\n"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

template <typename Int>
absl::StatusOr<Int> ParseInt(const std::string& path, std::string_view text) {
  Int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return InvalidArgument("{}: \"{}\" is not an integer", path, text);
  }
  return value;
}

absl::StatusOr<CpuSet> ReadSet(const FileSystem& fs, const std::string& path) {
  CRM_ASSIGN_OR_RETURN(const std::string text, fs.Read(path));
  absl::StatusOr<CpuSet> set = CpuSet::Parse(Trim(text));
  if (!set.ok()) return Annotate(set.status(), path);
  return set;
}

/// The set in a file that older or smaller kernels do not have.
absl::StatusOr<CpuSet> ReadSetOr(const FileSystem& fs, const std::string& path, const CpuSet& missing) {
  absl::StatusOr<CpuSet> set = ReadSet(fs, path);
  if (absl::IsNotFound(set.status())) return missing;
  return set;
}

absl::Status ReadDistances(const FileSystem& fs, const std::string& path, const CpuSet& nodes, Node* node) {
  CRM_ASSIGN_OR_RETURN(const std::string text, fs.Read(path));
  // The columns stand for the online nodes in ascending order, which is not their number where ids have gaps.
  const std::vector<int> ids = nodes.Ids();
  size_t column = 0;
  for (std::string_view word : Words(text)) {
    CRM_ASSIGN_OR_RETURN(const int distance, ParseInt<int>(path, word));
    if (column < ids.size()) node->distance[ids[column]] = distance;
    ++column;
  }
  return absl::OkStatus();
}

/// What hwloc does not tell about nodes: their own CPUs (it lends CPUs to nodes that have none), distances as
/// the firmware gave them, and whether the kernel may allocate from them.
absl::Status ReadNodes(const FileSystem& fs, const std::string& directory, Machine* machine) {
  CpuSet all;
  for (const Node& node : machine->nodes) all.Add(node.id);
  CRM_ASSIGN_OR_RETURN(const CpuSet normal, ReadSetOr(fs, directory + "/has_normal_memory", all));
  CRM_ASSIGN_OR_RETURN(const CpuSet memory, ReadSetOr(fs, directory + "/has_memory", all));
  for (auto& [id, cpu] : machine->cpus) cpu.node = -1;
  for (Node& node : machine->nodes) {
    const std::string path = directory + "/node" + std::to_string(node.id);
    CRM_ASSIGN_OR_RETURN(const CpuSet cpus, ReadSet(fs, path + "/cpulist"));
    for (int id : cpus.Ids()) {
      if (const auto cpu = machine->cpus.find(id); cpu != machine->cpus.end()) cpu->second.node = node.id;
    }
    CRM_RETURN_IF_ERROR(ReadDistances(fs, path + "/distance", all, &node));
    node.normal_memory = normal.Contains(node.id);
    if (!memory.Contains(node.id)) node.memory_bytes = 0;
  }
  for (const auto& [id, cpu] : machine->cpus) {
    if (cpu.node < 0) return NotFound("{}: no node's cpulist has CPU {}", directory, id);
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ReadMemTotal(const FileSystem& fs, const std::string& path) {
  absl::StatusOr<std::string> text = fs.Read(path);
  if (absl::IsNotFound(text.status()))
    return 0;  // a captured sysfs without /proc: the sum of the nodes serves
  if (!text.ok()) return text.status();
  const std::vector<std::string_view> words = Words(*text);
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] != "MemTotal:") continue;
    CRM_ASSIGN_OR_RETURN(const int64_t kilobytes, ParseInt<int64_t>(path, words[i + 1]));
    return kilobytes * 1024;
  }
  return InvalidArgument("{}: no MemTotal line", path);
}

}  // namespace

absl::StatusOr<Machine> Discover(const DiscoverOptions& options) {
  std::string root = options.host_root;
  while (!root.empty() && root.back() == '/') root.pop_back();
  if (!root.empty() && root.front() != '/') {
    return InvalidArgument("host root \"{}\": expected an absolute path", options.host_root);
  }
  const FileSystem& fs = RealFileSystem();
  const std::string system = root + "/sys/devices/system";
  if (!fs.Exists(system + "/cpu"))
    return NotFound("{}/cpu: no such directory, cannot discover the machine", system);

  CRM_ASSIGN_OR_RETURN(const HwlocTopology topology, LoadSystemTopology(root));
  absl::StatusOr<Machine> machine = FromHwloc(topology.get(), /*renumber_dies=*/false);
  if (!machine.ok()) return Annotate(machine.status(), system);

  CRM_ASSIGN_OR_RETURN(const CpuSet present, ReadSetOr(fs, system + "/cpu/present", machine->online));
  machine->offline = present - machine->online;
  CRM_ASSIGN_OR_RETURN(machine->isolated, ReadSetOr(fs, system + "/cpu/isolated", CpuSet()));
  if (fs.Exists(system + "/node")) {
    CRM_RETURN_IF_ERROR(ReadNodes(fs, system + "/node", &*machine));
  } else {
    for (auto& [id, cpu] : machine->cpus) cpu.node = machine->nodes.front().id;
    for (Node& node : machine->nodes) node.distance[node.id] = 10;
  }
  CRM_ASSIGN_OR_RETURN(machine->memory_bytes, ReadMemTotal(fs, root + "/proc/meminfo"));
  if (machine->nodes.size() == 1 && machine->nodes[0].memory_bytes == 0) {
    machine->nodes[0].memory_bytes = machine->memory_bytes;
  }
  absl::Status finished = FinishMachine(&*machine);
  if (!finished.ok()) return Annotate(std::move(finished), system);
  return machine;
}

}  // namespace crm::hardware
