#include "kube/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/status.h"

namespace crm::kube {
namespace {

using Addresses = std::vector<std::string>;

bool IsNumeric(const std::string& host) {
  unsigned char buffer[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), buffer) == 1 || inet_pton(AF_INET6, host.c_str(), buffer) == 1;
}

absl::StatusOr<Addresses> AskLibrary(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (int error = getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0) {
    return Unavailable("host \"{}\": {}", host, gai_strerror(error));
  }
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, freeaddrinfo);
  Addresses addresses;
  for (addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text);
    }
  }
  if (addresses.empty()) return Unavailable("host \"{}\": no address", host);
  return addresses;
}

// Shared with the asking thread, which may outlive the call.
struct Question {
  std::mutex mutex;
  std::condition_variable changed;
  bool answered = false;
  bool cancelled = false;
  absl::StatusOr<Addresses> answer;
};

}  // namespace

absl::StatusOr<Addresses> ResolveHost(const std::string& host, const CallLimits& limits) {
  if (IsNumeric(host)) return Addresses{host};
  auto question = std::make_shared<Question>();
  try {
    std::thread([question, host] {
      absl::StatusOr<Addresses> answer = AskLibrary(host);
      std::lock_guard lock(question->mutex);
      question->answer = std::move(answer);
      question->answered = true;
      question->changed.notify_all();
    }).detach();
  } catch (const std::system_error& error) {
    return ResourceExhausted("host \"{}\": a thread to resolve it: {}", host, error.what());
  }
  std::shared_ptr<void> registration;
  if (limits.cancellation != nullptr) {
    registration = limits.cancellation->OnCancel([question] {
      std::lock_guard lock(question->mutex);
      question->cancelled = true;
      question->changed.notify_all();
    });
  }
  std::unique_lock lock(question->mutex);
  question->changed.wait_until(lock, limits.deadline,
                               [&] { return question->answered || question->cancelled; });
  if (question->answered) return std::move(question->answer);
  if (question->cancelled) return absl::CancelledError("cancelled");
  return Error(absl::StatusCode::kDeadlineExceeded, "host \"{}\": no answer from the resolver in time", host);
}

}  // namespace crm::kube
