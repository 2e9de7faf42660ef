// Resource controllers: spec 40 sections 1.2, 4.1, 5.1, 6.1, 8.
#include <limits>

#include "absl/strings/ascii.h"
#include "config/schema.h"

namespace crm::config {
namespace {

constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

// Which controllers of this version act upon their section.
constexpr bool kControl = false;
constexpr bool kPageMigration = false;
constexpr bool kCpu = false;
constexpr bool kBlockIo = false;
constexpr bool kRdt = false;

ControllerMode ModeFromWord(const std::string& word) {
  if (word == "disabled" || word == "disable") return ControllerMode::kDisabled;
  if (word == "required" || word == "mandatory") return ControllerMode::kRequired;
  if (word == "optional") return ControllerMode::kOptional;
  return ControllerMode::kRelaxed;
}

RdtMode RdtModeFromWord(const std::string& word) {
  if (word == "Discovery") return RdtMode::kDiscovery;
  return word == "Disabled" ? RdtMode::kDisabled : RdtMode::kFull;
}

RdtPartition& PartitionOf(Draft& draft, const Names& names) { return draft.plan.rdt.partitions[names[0]]; }

RdtClass& ClassOf(Draft& draft, const Names& names) {
  return PartitionOf(draft, names).classes[names[1].empty() ? kRdtRootClass : names[1]];
}

void AddControllers(std::vector<SchemaRow>& rows) {
  rows.push_back({"resource-manager.control.Controllers.*",
                  OneOf("disabled|disable|required|mandatory|optional|relaxed", true), "relaxed",
                  "how strictly a controller is needed",
                  [](Draft& draft, const Names& names, const Value& value) {
                    draft.plan.control.modes[names[0]] = ModeFromWord(std::get<std::string>(value));
                  },
                  kControl});
  const auto migration = [&](const std::string& name, ValueType type, const std::string& text,
                             const std::string& help, int64_t PageMigrationOptions::*member) {
    rows.push_back({"resource-manager.control.page-migration." + name, std::move(type), text, help,
                    [member](Draft& draft, const Names&, const Value& value) {
                      draft.plan.control.page_migration.*member = std::get<int64_t>(value);
                    },
                    kPageMigration});
  };
  migration("PageScanInterval", Duration(), "0s", "how often idle pages are looked for, 0 for never",
            &PageMigrationOptions::scan_interval_ns);
  migration("PageMoveInterval", Duration(), "0s", "how often found pages are moved, 0 for never",
            &PageMigrationOptions::move_interval_ns);
  migration("MaxPageMoveCount", Integer(0, kHighest), "0", "most pages that are moved at once",
            &PageMigrationOptions::max_page_move_count);
}

void AddCpu(std::vector<SchemaRow>& rows) {
  const auto frequency = [&](const std::string& name, int64_t CpuClass::*member) {
    rows.push_back({"cpu.classes.*." + name, Integer(0, kHighest), "0", "frequency in kHz",
                    [member](Draft& draft, const Names& names, const Value& value) {
                      draft.plan.cpu_classes[names[0]].*member = std::get<int64_t>(value);
                    },
                    kCpu});
  };
  frequency("minFreq", &CpuClass::min_freq_khz);
  frequency("maxFreq", &CpuClass::max_freq_khz);
  frequency("uncoreMinFreq", &CpuClass::uncore_min_freq_khz);
  frequency("uncoreMaxFreq", &CpuClass::uncore_max_freq_khz);
  rows.push_back({"cpu.classes.*.energyPerformancePreference", Integer(0, kHighest), "null",
                  "energy performance preference",
                  [](Draft& draft, const Names& names, const Value& value) {
                    draft.plan.cpu_classes[names[0]].energy_performance_preference = std::get<int64_t>(value);
                  },
                  kCpu});
}

void AddBlockIo(std::vector<SchemaRow>& rows) {
  const std::string item = "blockio.Classes.*[].";
  rows.push_back({item + "Devices", TextList(), "null", "block devices, as paths with wildcards",
                  [](Draft& draft, const Names& names, const Value& value) {
                    draft.plan.blockio_classes[names[0]].back().devices =
                        std::get<std::vector<std::string>>(value);
                  },
                  kBlockIo});
  const auto number = [&](const std::string& name, int64_t low, int64_t high, const std::string& help,
                          std::optional<int64_t> BlockIoParameters::*member) {
    rows.push_back({item + name, BlockIoNumber(low, high), "\"\"", help,
                    [member](Draft& draft, const Names& names, const Value& value) {
                      if (const auto* given = std::get_if<int64_t>(&value)) {
                        draft.plan.blockio_classes[names[0]].back().*member = *given;
                      }
                    },
                    kBlockIo});
  };
  number("Weight", 10, 1000, "I/O weight, of the class without Devices and of each device with them",
         &BlockIoParameters::weight);
  number("ThrottleReadBps", 0, kHighest, "most bytes read a second", &BlockIoParameters::throttle_read_bps);
  number("ThrottleWriteBps", 0, kHighest, "most bytes written a second",
         &BlockIoParameters::throttle_write_bps);
  number("ThrottleReadIOPS", 0, kHighest, "most reads a second", &BlockIoParameters::throttle_read_iops);
  number("ThrottleWriteIOPS", 0, kHighest, "most writes a second", &BlockIoParameters::throttle_write_iops);
}

void AddRdtAllocations(std::vector<SchemaRow>& rows, const std::string& level,
                       const std::function<RdtAllocations&(Draft&, const Names&)>& owner) {
  const auto cache = [&](const std::string& name, const std::string& help,
                         std::optional<RdtCacheAllocation> RdtAllocations::*member) {
    rows.push_back({level + name, CacheAllocation(), "null", help,
                    [owner, member](Draft& draft, const Names& names, const Value& value) {
                      owner(draft, names).*member = std::get<RdtCacheAllocation>(value);
                    },
                    kRdt});
  };
  cache("l2Allocation", "share of the level 2 caches", &RdtAllocations::l2);
  cache("l3Allocation", "share of the level 3 caches", &RdtAllocations::l3);
  rows.push_back({level + "mbAllocation", BandwidthAllocation(), "null", "share of the memory bandwidth",
                  [owner](Draft& draft, const Names& names, const Value& value) {
                    owner(draft, names).mb = std::get<RdtBandwidthAllocation>(value);
                  },
                  kRdt});
}

void AddRdt(std::vector<SchemaRow>& rows) {
  rows.push_back({"rdt.options.mode", OneOf("Full|Discovery|Disabled"), "Full",
                  "whether groups are configured, found or not used",
                  [](Draft& draft, const Names&, const Value& value) {
                    draft.plan.rdt.mode = RdtModeFromWord(std::get<std::string>(value));
                  },
                  kRdt});
  const auto flag = [&](const std::string& name, const std::string& help, bool RdtOptions::*member) {
    rows.push_back({"rdt.options." + name, Bool(), "false", help,
                    [member](Draft& draft, const Names&, const Value& value) {
                      draft.plan.rdt.*member = std::get<bool>(value);
                    },
                    kRdt});
  };
  flag("monitoringDisabled", "make no monitoring groups", &RdtOptions::monitoring_disabled);
  flag("l2.optional", "run without l2 control, too", &RdtOptions::l2_optional);
  flag("l3.optional", "run without l3 control, too", &RdtOptions::l3_optional);
  flag("mb.optional", "run without mb control, too", &RdtOptions::mb_optional);

  AddRdtAllocations(rows, "rdt.partitions.*.", [](Draft& draft, const Names& names) -> RdtAllocations& {
    return PartitionOf(draft, names).allocations;
  });
  AddRdtAllocations(
      rows, "rdt.partitions.*.classes.*.",
      [](Draft& draft, const Names& names) -> RdtAllocations& { return ClassOf(draft, names).allocations; });
  const auto deny = [&](const std::string& name, const std::string& help, bool RdtClass::*member) {
    rows.push_back({"rdt.partitions.*.classes.*.kubernetes." + name, Bool(), "false", help,
                    [member](Draft& draft, const Names& names, const Value& value) {
                      ClassOf(draft, names).*member = std::get<bool>(value);
                    },
                    kRdt});
  };
  deny("denyPodAnnotation", "the class cannot be chosen by a pod's annotation",
       &RdtClass::deny_pod_annotation);
  deny("denyContainerAnnotation", "the class cannot be chosen for a single container",
       &RdtClass::deny_container_annotation);
}

}  // namespace

void AddControlRows(std::vector<SchemaRow>& rows) {
  AddControllers(rows);
  AddCpu(rows);
  AddBlockIo(rows);
  AddRdt(rows);
}

void AddControlElements(std::vector<SchemaElement>& elements) {
  elements.push_back(
      {"cpu.classes.*", [](Draft& draft, const Names& names) { draft.plan.cpu_classes[names[0]]; }});
  elements.push_back(
      {"blockio.Classes.*", [](Draft& draft, const Names& names) { draft.plan.blockio_classes[names[0]]; }});
  elements.push_back({"blockio.Classes.*[]", [](Draft& draft, const Names& names) {
                        draft.plan.blockio_classes[names[0]].emplace_back();
                      }});
  elements.push_back(
      {"rdt.partitions.*", [](Draft& draft, const Names& names) { PartitionOf(draft, names); }});
  elements.push_back(
      {"rdt.partitions.*.classes.*", [](Draft& draft, const Names& names) { ClassOf(draft, names); }});
}

}  // namespace crm::config
