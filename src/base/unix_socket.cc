#include "base/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/status.h"

namespace crm {

absl::Status ProbeSocketPath(const FileSystem& fs, const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (!path.starts_with('/') || path.size() >= sizeof address.sun_path) {
    return InvalidArgument("socket \"{}\": expected an absolute path of less than {} characters", path,
                           sizeof address.sun_path);
  }
  if (!fs.Exists(path)) return absl::OkStatus();
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode)) {
    return Error(absl::StatusCode::kAlreadyExists, "\"{}\" exists and is no socket", path);
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return ErrnoError(errno, "socket");
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  close(fd);
  if (result != 0 && (error == ECONNREFUSED || error == ENOENT)) return absl::OkStatus();
  return Error(absl::StatusCode::kAlreadyExists, "socket \"{}\" already exists", path);
}

absl::Status ClaimSocketPath(FileSystem& fs, const std::string& path, int directory_mode) {
  CRM_RETURN_IF_ERROR(ProbeSocketPath(fs, path));
  CRM_RETURN_IF_ERROR(fs.MakeDirectories(path.substr(0, path.rfind('/')), directory_mode));
  return fs.Exists(path) ? fs.Remove(path) : absl::OkStatus();
}

}  // namespace crm
