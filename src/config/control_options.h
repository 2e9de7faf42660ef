#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crm::config {

/// The sections of the resource controllers: resource-manager.control, cpu, blockio. Plain values. Spec 40
/// sections 1.2, 4.1, 6.1, 8.

/// How strictly a controller is needed. A controller that the configuration does not name is relaxed.
enum class ControllerMode {
  kDisabled,  ///< not started
  kRequired,  ///< a failure to start refuses the configuration, a failing hook is an error
  kOptional,  ///< may fail to start; once started it is required
  kRelaxed,   ///< failures are logged only
};

struct PageMigrationOptions {
  int64_t scan_interval_ns = 0;  ///< 0: idle pages are not looked for
  int64_t move_interval_ns = 0;  ///< 0: found pages are not moved
  int64_t max_page_move_count = 0;
};

struct ControlOptions {
  std::map<std::string, ControllerMode> modes;  ///< of the controllers that are named
  PageMigrationOptions page_migration;

  ControllerMode ModeOf(std::string_view controller) const {
    const auto named = modes.find(std::string(controller));
    return named == modes.end() ? ControllerMode::kRelaxed : named->second;
  }
};

/// Frequencies in kHz; 0 leaves what is set.
struct CpuClass {
  int64_t min_freq_khz = 0;
  int64_t max_freq_khz = 0;
  int64_t uncore_min_freq_khz = 0;
  int64_t uncore_max_freq_khz = 0;
  std::optional<int64_t> energy_performance_preference;
};

/// One item of a block I/O class. Without devices it holds the weight of the class. Unset leaves what is set.
struct BlockIoParameters {
  std::optional<std::vector<std::string>> devices;  ///< paths with wildcards
  std::optional<int64_t> weight;                    ///< 10..1000
  std::optional<int64_t> throttle_read_bps;
  std::optional<int64_t> throttle_write_bps;
  std::optional<int64_t> throttle_read_iops;
  std::optional<int64_t> throttle_write_iops;
};

}  // namespace crm::config
