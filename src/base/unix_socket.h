#pragma once

#include <string>

#include "absl/status/status.h"
#include "base/fs.h"

namespace crm {

/// Makes `path` free for a server to bind: creates missing directories with `directory_mode`, removes a
/// socket file on which nobody answers. kAlreadyExists `socket "PATH" already exists` when somebody serves
/// it. Spec 10 section 3.2.
absl::Status ClaimSocketPath(FileSystem& fs, const std::string& path, int directory_mode);

/// OK when nobody answers on the socket; kAlreadyExists as above when somebody does, or when it cannot be
/// told.
absl::Status ProbeSocketPath(const FileSystem& fs, const std::string& path);

}  // namespace crm
