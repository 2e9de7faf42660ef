#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace crm::http {

/// A TCP connection to 127.0.0.1 that says exactly what the test wants. For tests only.
class RawClient {
 public:
  explicit RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void ShutDownSending() { shutdown(fd_, SHUT_WR); }

  /// The next answer, head and body by its Content-Length; what came before the end when the server closes.
  std::string Answer(bool head_only = false) {
    size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return std::exchange(input_, {});
    }
    size_t size = end + 4;
    const size_t length = input_.find("Content-Length: ");
    if (!head_only && length < end) size += std::stoul(input_.substr(length + 16));
    while (input_.size() < size) {
      if (!Receive()) return std::exchange(input_, {});
    }
    std::string answer = input_.substr(0, size);
    input_.erase(0, size);
    return answer;
  }
  /// What comes until the server closes.
  std::string Rest() {
    while (Receive()) {
    }
    return std::exchange(input_, {});
  }

  std::string Get(const std::string& target) {
    Send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return Answer();
  }

 private:
  bool Receive() {
    char buffer[4096];
    ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    input_.append(buffer, static_cast<size_t>(count));
    return true;
  }

  const int fd_;
  bool connected_ = false;
  std::string input_;
};

}  // namespace crm::http
