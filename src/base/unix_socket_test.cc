#include "base/unix_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/fs.h"
#include "base/status.h"

namespace crm {
namespace {

class UnixSocketTest : public ::testing::Test {
 protected:
  UnixSocketTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "unix-socket-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ + "/s.sock";
  }
  ~UnixSocketTest() override { std::filesystem::remove_all(directory_); }

  int Bind() {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size());
    EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  static absl::Status Claim(const std::string& path) { return ClaimSocketPath(RealFileSystem(), path, 0711); }

  std::string directory_;
  std::string path_;
};

TEST_F(UnixSocketTest, MissingIsFine) { EXPECT_TRUE(Claim(path_).ok()); }

TEST_F(UnixSocketTest, StaleIsRemoved) {
  close(Bind());
  ASSERT_TRUE(std::filesystem::exists(path_));
  EXPECT_TRUE(Claim(path_).ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UnixSocketTest, ServedIsKept) {
  const int fd = Bind();
  ASSERT_EQ(listen(fd, 1), 0);
  EXPECT_EQ(Claim(path_).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(std::filesystem::exists(path_));
  close(fd);
}

// Symptom: --relay-socket with the name of an ordinary file deleted the file.
TEST_F(UnixSocketTest, ForeignFileIsKept) {
  std::ofstream(path_) << "precious";
  EXPECT_THAT(Message(Claim(path_)), ::testing::HasSubstr("is no socket"));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(UnixSocketTest, BadPathsAreRefused) {
  EXPECT_EQ(Claim("relative.sock").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Claim("").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Claim("/" + std::string(200, 'x')).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace crm
