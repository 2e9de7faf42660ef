#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/cpuset.h"
#include "config/plan.h"
#include "hardware/machine.h"
#include "model/container.h"

namespace crm::placement {

/// What a container shall run with. Unset fields stay as the client asked for them. Unset is not the empty
/// set: an empty cpuset never occurs.
struct Assignment {
  std::optional<CpuSet> cpus;
  std::optional<CpuSet> memory_nodes;
  std::optional<int64_t> cpu_shares;

  friend bool operator==(const Assignment& a, const Assignment& b) {
    return a.cpus == b.cpus && a.memory_nodes == b.memory_nodes && a.cpu_shares == b.cpu_shares;
  }
};

/// Why a container got what it got, for people: first slice of the decision record.
struct Reason {
  std::string pool;  ///< "NUMA node #1", "root", ...
  std::string kind;  ///< "shared", "exclusive", "exclusive+shared", "reserved", "unpinned"
  std::string text;  ///< one sentence
};

/// One container's new assignment with its reason.
struct Change {
  std::string cache_id;
  Assignment assignment;
  Reason reason;
};

/// A container as a policy sees it. The references are valid during the call only.
struct Request {
  const model::Pod& pod;
  const model::Container& container;
};

/// A placement algorithm. Pure: no I/O, no clock, no threads; the same calls give the same results. Not
/// thread-safe: the engine's thread owns it. After a failed call the state is exactly as before.
class Policy {
 public:
  virtual ~Policy() = default;

  virtual std::string_view name() const = 0;

  /// Places a container. The result holds its own change first, then those of other containers whose
  /// assignment changed by it. Allocating a known cache id again releases the old grant first. Errors:
  /// kResourceExhausted when there is no room (naming what is missing and the pool that came nearest),
  /// kInvalidArgument for bad annotations.
  virtual absl::StatusOr<std::vector<Change>> Allocate(const Request& request) = 0;

  /// Gives back what a container holds and returns the changes of others. An unknown id is no error.
  virtual std::vector<Change> Release(const std::string& cache_id) = 0;

  /// The current assignment and reason of a granted container; nullopt when unknown.
  virtual std::optional<Change> Lookup(const std::string& cache_id) const = 0;

  /// The grants as a text for the state file (JSON), and back: `Restore` is called once, before any Allocate,
  /// with the containers that still exist. Grants of others are dropped. When a grant cannot be restored
  /// verbatim, everything is placed anew with the old pools as hints. Returns the assignments of all granted
  /// containers.
  virtual std::string Save() const = 0;
  virtual absl::StatusOr<std::vector<Change>> Restore(std::string_view saved,
                                                      const std::vector<Request>& alive) = 0;

  /// How the policy divides the machine, as JSON for introspection.
  virtual std::string Describe() const = 0;
};

/// Resolves `cgroup:` constraints; reads cpuset.cpus of a cgroup directory.
using CgroupReader = std::function<absl::StatusOr<CpuSet>(const std::string& directory)>;

/// Makes a policy for a machine and a plan; InvalidArgument, with the key's path, for a plan that is
/// impossible on this machine (a CPU it does not have, say). The machine is copied.
using PolicyFactory = std::function<absl::StatusOr<std::unique_ptr<Policy>>(
    const hardware::Machine& machine, const config::Plan& plan, const CgroupReader& read_cgroup)>;

/// The policies that a program knows, by name. Filled in its main; a name registered twice is a programming
/// error.
class PolicyRegistry {
 public:
  void Register(std::string name, std::string description, PolicyFactory factory);
  absl::StatusOr<std::unique_ptr<Policy>> Create(const hardware::Machine& machine, const config::Plan& plan,
                                                 const CgroupReader& read_cgroup) const;
  /// Name -> description, sorted.
  std::map<std::string, std::string> Descriptions() const;

 private:
  struct Entry {
    std::string description;
    PolicyFactory factory;
  };
  std::map<std::string, Entry> entries_;
};

}  // namespace crm::placement
