#include "agent/socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fs.h"
#include "base/status.h"

namespace crm::agent {
namespace {

// The errno of connecting to the socket, 0 when somebody answered.
int TryConnect(const sockaddr_un& address) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = result == 0 ? 0 : errno;
  close(fd);
  return error;
}

}  // namespace

absl::Status PrepareSocketPath(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.front() != '/' || path.size() >= sizeof(address.sun_path)) {
    return InvalidArgument("socket \"{}\": expected an absolute path of at most {} bytes", path,
                           sizeof(address.sun_path) - 1);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size());
  CRM_RETURN_IF_ERROR(RealFileSystem().MakeDirectories(path.substr(0, path.rfind('/')), 0711));
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? absl::OkStatus() : ErrnoError(errno, "socket " + path);
  }
  if (!S_ISSOCK(info.st_mode)) return FailedPrecondition("\"{}\" exists and is no socket", path);
  const int error = TryConnect(address);
  if (error == ENOENT) return absl::OkStatus();
  if (error != ECONNREFUSED) {
    return FailedPrecondition("socket \"{}\" already exists and a process serves it", path);
  }
  return RealFileSystem().Remove(path);
}

}  // namespace crm::agent
