#include "agent/socket_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/status.h"

namespace crm::agent {
namespace {

class SocketFileTest : public ::testing::Test {
 protected:
  SocketFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "socket-file-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/s.sock";
  }
  ~SocketFileTest() override { std::filesystem::remove_all(directory_); }

  int Bind() {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size());
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  std::string directory_;
  std::string path_;
};

TEST_F(SocketFileTest, MissingIsFine) { EXPECT_TRUE(PrepareSocketPath(path_).ok()); }

TEST_F(SocketFileTest, StaleIsRemoved) {
  close(Bind());
  ASSERT_TRUE(std::filesystem::exists(path_));
  EXPECT_TRUE(PrepareSocketPath(path_).ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SocketFileTest, ServedIsKept) {
  const int fd = Bind();
  ASSERT_EQ(listen(fd, 1), 0);
  EXPECT_EQ(PrepareSocketPath(path_).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(std::filesystem::exists(path_));
  close(fd);
}

TEST_F(SocketFileTest, ForeignFileIsKept) {
  std::ofstream(path_) << "precious";
  EXPECT_THAT(Message(PrepareSocketPath(path_)), ::testing::HasSubstr("is no socket"));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(SocketFileTest, BadPathsAreRefused) {
  EXPECT_EQ(PrepareSocketPath("relative.sock").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(PrepareSocketPath("").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(PrepareSocketPath("/" + std::string(200, 'x')).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace crm::agent
