#include "daemon/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>

#include "fmt/format.h"

namespace crm::daemon {
namespace {

int64_t Number(const std::optional<std::string>& text) {
  int64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

}  // namespace

ServiceManager::ServiceManager(const config::GetVariable& variable) {
  socket_ = variable("NOTIFY_SOCKET").value_or("");
  const int64_t microseconds = Number(variable("WATCHDOG_USEC"));
  const std::optional<std::string> process = variable("WATCHDOG_PID");
  if (!socket_.empty() && microseconds > 0 && (!process || Number(process) == getpid())) {
    watchdog_interval_ = absl::Microseconds(microseconds) / 2;
  }
}

void ServiceManager::Ready(std::string_view status) const { Send(fmt::format("READY=1\nSTATUS={}", status)); }

void ServiceManager::Reloading() const {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  Send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                   absl::ToInt64Microseconds(absl::DurationFromTimespec(now))));
}

void ServiceManager::Stopping() const { Send("STOPPING=1"); }

void ServiceManager::Alive() const { Send("WATCHDOG=1"); }

void ServiceManager::Send(const std::string& message) const {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const bool is_abstract = socket_.starts_with('@');
  if ((!socket_.starts_with('/') && !is_abstract) || socket_.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (is_abstract) address.sun_path[0] = '\0';
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  // An abstract name ends where its length says, a path with its zero byte.
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size() + (is_abstract ? 0 : 1));
  sendto(fd, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
         length);
  close(fd);
}

}  // namespace crm::daemon
