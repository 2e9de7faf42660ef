#include "doors/cri/proxy_socket.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/status.h"

namespace crm::doors::cri {
namespace {

constexpr mode_t kUnknownSocketMode = 0660;
constexpr mode_t kPermissionBits = 0777;

}  // namespace

absl::Status CopySocketAccess(const std::string& model, const std::string& path) {
  struct stat access = {};
  if (::stat(model.c_str(), &access) != 0) {
    if (::chmod(path.c_str(), kUnknownSocketMode) != 0) return ErrnoError(errno, "chmod of socket " + path);
    return absl::OkStatus();
  }
  if (::chown(path.c_str(), access.st_uid, access.st_gid) != 0)
    return ErrnoError(errno, "chown of socket " + path);
  if (::chmod(path.c_str(), access.st_mode & kPermissionBits) != 0) {
    return ErrnoError(errno, "chmod of socket " + path);
  }
  return absl::OkStatus();
}

}  // namespace crm::doors::cri
