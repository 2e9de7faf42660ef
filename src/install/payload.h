#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "base/fs.h"

namespace crm::install {

/// The files that a release brings to a node: a folder with `opt/...` as it is to stand on the node,
/// `SHA256SUMS` (as sha256sum writes it) that lists them, and `VERSION`. Spec 61 section 2.
struct Payload {
  std::string folder;
  std::string version;
  std::map<std::string, std::string> sha256;  ///< path on the node -> hash

  /// The content of one of its files. kDataLoss when it is not what SHA256SUMS says.
  absl::StatusOr<std::string> Read(const FileSystem& files, const std::string& path) const;
};

/// Reads the lists of the payload, not yet its files. Errors name what is missing or malformed: a payload
/// without the daemon and the installer is none, and nothing may be listed that lies outside `opt/`.
absl::StatusOr<Payload> OpenPayload(const FileSystem& files, const std::string& folder);

/// OK when `program` is an ELF executable for `machine` (as uname(2) calls it: "x86_64", "aarch64").
absl::Status CheckArchitecture(std::string_view program, std::string_view machine);

}  // namespace crm::install
