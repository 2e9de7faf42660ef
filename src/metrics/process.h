#pragma once

#include <memory>

#include "base/fs.h"
#include "metrics/registry.h"

namespace crm::metrics {

/// The usual process_* metrics of this process (CPU seconds, memory, open files, start), read from /proc of
/// `files` at each scrape, as long as the handle lives. `registry` and `files` outlive the handle.
[[nodiscard]] std::shared_ptr<void> ExportProcess(Registry& registry, FileSystem& files = RealFileSystem());

}  // namespace crm::metrics
