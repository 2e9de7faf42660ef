#include "config/control_rules.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "config/undot.h"
#include "config/yaml.h"
#include "fmt/format.h"

namespace crm::config {
namespace {

// Spec 40 section 1.1.
constexpr std::string_view kControllers[] = {"blockio", "cpu", "cri", "memory", "page-migration", "rdt"};
constexpr size_t kLongestClassName = 4095;

class Checks {
 public:
  explicit Checks(std::vector<Finding>& findings) : findings_(findings) {}

  void Controllers(const ControlOptions& control) {
    for (const auto& [name, mode] : control.modes) {
      if (std::find(std::begin(kControllers), std::end(kControllers), name) != std::end(kControllers))
        continue;
      std::string known;
      for (const std::string_view controller : kControllers) {
        known += fmt::format("{}{}", known.empty() ? "" : ", ", controller);
      }
      Warning(PathOf("resource-manager.control.Controllers", name),
              fmt::format("unknown controller {}, expected one of {}: has no effect", Quoted(name), known));
    }
  }

  void BlockIo(const std::map<std::string, std::vector<BlockIoParameters>>& classes) {
    for (const auto& [name, items] : classes) {
      for (size_t at = 0; at < items.size(); ++at) {
        const BlockIoParameters& item = items[at];
        const bool throttles = item.throttle_read_bps || item.throttle_write_bps || item.throttle_read_iops ||
                               item.throttle_write_iops;
        if (item.devices || !throttles) continue;
        Error(fmt::format("{}[{}]", PathOf("blockio.Classes", name), at),
              "Devices not listed, expected the devices that are throttled");
      }
    }
  }

  void Rdt(const RdtOptions& rdt) {
    std::map<std::string, std::string> owners;  // class -> partition
    for (const auto& [partition, options] : rdt.partitions) {
      const std::string path = PathOf("rdt.partitions", partition);
      Ignored(options.allocations, path);
      for (const auto& [name, rdt_class] : options.classes) {
        const std::string class_path = PathOf(path + ".classes", name);
        if (const auto [owner, added] = owners.emplace(name, partition); !added) {
          Error(class_path, fmt::format("class is in partition {}, too, expected it in one partition",
                                        Quoted(owner->second)));
        }
        const bool is_root = name == kRdtRootClass;
        if (!is_root && (name == "." || name == ".." || name.size() > kLongestClassName ||
                         name.find_first_of(std::string_view("/\n\0", 3)) != std::string::npos)) {
          Error(class_path, "invalid name of a class, expected one that can name a directory");
        }
        Ignored(rdt_class.allocations, class_path);
        Covered(rdt_class.allocations, options.allocations, partition, class_path);
        NotEmpty(rdt_class.allocations.l2, class_path + ".l2Allocation");
        NotEmpty(rdt_class.allocations.l3, class_path + ".l3Allocation");
      }
    }
  }

 private:
  void Error(std::string path, std::string message) {
    findings_.push_back({Severity::kError, std::move(path), std::move(message)});
  }
  void Warning(std::string path, std::string message) {
    findings_.push_back({Severity::kWarning, std::move(path), std::move(message)});
  }

  // A class may only share out what its partition was given.
  void Covered(const RdtAllocations& given, const RdtAllocations& above, const std::string& partition,
               const std::string& path) {
    const auto check = [&](bool in_class, bool in_partition, std::string_view level, std::string_view key) {
      if (!in_class || in_partition) return;
      Error(fmt::format("{}.{}", path, key),
            fmt::format("{} allocation missing from partition {}, expected one there, too", level,
                        Quoted(partition)));
    };
    check(given.l2.has_value(), above.l2.has_value(), "L2", "l2Allocation");
    check(given.l3.has_value(), above.l3.has_value(), "L3", "l3Allocation");
    check(given.mb.has_value(), above.mb.has_value(), "MB", "mbAllocation");
  }

  void NotEmpty(const std::optional<RdtCacheAllocation>& allocation, const std::string& path) {
    if (!allocation) return;
    const auto is_empty = [](const RdtCacheShare& share) {
      return !share.is_mask && share.high_percent == 0;
    };
    const auto check = [&](const RdtCache& cache) {
      return is_empty(cache.unified) || (cache.code && (is_empty(*cache.code) || is_empty(*cache.data)));
    };
    bool found = allocation->all && check(*allocation->all);
    for (const auto& [id, cache] : allocation->by_id) found = found || check(cache);
    if (found) Error(path, "0% of a cache, expected at least 1%");
  }

  void Ignored(const RdtAllocations& allocations, const std::string& path) {
    if (!allocations.mb) return;
    const auto warn = [&](const RdtBandwidth& bandwidth) {
      for (const std::string& text : bandwidth.ignored) {
        Warning(path + ".mbAllocation", fmt::format("{} has no effect, expected % or MBps", Quoted(text)));
      }
    };
    if (allocations.mb->all) warn(*allocations.mb->all);
    for (const auto& [id, bandwidth] : allocations.mb->by_id) warn(bandwidth);
  }

  std::vector<Finding>& findings_;
};

}  // namespace

void CheckControllers(const Plan& plan, std::vector<Finding>& findings) {
  Checks checks(findings);
  checks.Controllers(plan.control);
  checks.BlockIo(plan.blockio_classes);
  checks.Rdt(plan.rdt);
}

}  // namespace crm::config
