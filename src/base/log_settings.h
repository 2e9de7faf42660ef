#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/log.h"

namespace crm {

/// How lines of LogFormat::kKlog look and where they go, in the terms of klog. All functions here are
/// thread-safe and concern the whole process. Spec 10 section 10.
struct LogSettings {
  bool headers = false;  ///< "I0102 15:04:05.000000    1234 file.cc:10] " before each line
  bool prefix = true;    ///< "I: [ source ] " before the text
  bool add_dir_header = false;
  bool to_stderr = true;  ///< only there; the others below matter when this is false
  bool also_to_stderr = false;
  LogLevel stderr_threshold = LogLevel::kError;  ///< goes to stderr all the same
  std::string file;                              ///< "" for none: lines stay on stderr
  uint64_t file_max_bytes = 0;  ///< then the file becomes FILE.1 and a new one begins; 0 for no limit
  bool file_header = true;      ///< a first line in a new file that says when and by whom it was made
};

/// Puts settings in force; with a file that cannot be opened the old ones stay.
absl::Status SetLogSettings(const LogSettings& settings);
LogSettings GetLogSettings();

/// Whose debug lines are shown: "on:SOURCE" and "off:SOURCE" in order, the later ones override; SOURCE "*" is
/// every source that is not named. Sources not covered are off. Replaces earlier rules and SetDebugSources.
void SetDebugRules(const std::vector<std::string>& rules);

/// Shows debug lines of all sources whatever the rules say, or stops to; returns whether it does now.
bool ToggleForcedDebug();

/// Source names are centred to the longest one known. Naming them at start keeps lines aligned before their
/// loggers exist.
void KnowLogSources(std::initializer_list<std::string_view> sources);

}  // namespace crm
