#include "install/host_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/status.h"
#include "gmock/gmock.h"

namespace crm::install {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class HostFilesTest : public testing::Test {
 protected:
  HostFilesTest() {
    char name[] = "/tmp/host-files-XXXXXX";
    outside_ = mkdtemp(name);
    root_ = outside_ + "/root";
    fs::create_directories(root_ + "/etc");
    files_ = *OpenHostFiles(root_ + "/");
  }
  ~HostFilesTest() override { fs::remove_all(outside_); }

  static std::string Content(const std::string& path) {
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::string outside_;
  std::string root_;
  std::unique_ptr<HostFiles> files_;
};

TEST_F(HostFilesTest, WritesAndReadsBelowTheRoot) {
  ASSERT_TRUE(files_->Write("/etc/a", "one", 0644).ok());
  ASSERT_TRUE(files_->Write("/etc/a", "two", 0600).ok());
  EXPECT_EQ(Content(root_ + "/etc/a"), "two");
  EXPECT_EQ(*files_->Read("/etc/a"), "two");
  EXPECT_EQ(files_->Look("/etc/a")->mode, 0600);
  EXPECT_THAT(*files_->List("/etc"), ElementsAre("a"));
}

TEST_F(HostFilesTest, AbsentFilesAreNoErrorWhereNothingIsAskedOfThem) {
  EXPECT_EQ(files_->Look("/no/where")->kind, FileKind::kAbsent);
  EXPECT_TRUE(files_->Remove("/no/where").ok());
  EXPECT_TRUE(files_->Remove("/etc/none").ok());
  EXPECT_TRUE(files_->RemoveDirectory("/etc/none").ok());
  EXPECT_TRUE(absl::IsNotFound(files_->Read("/etc/none").status()));
  EXPECT_THAT(std::string(Message(files_->Read("/etc/none").status())), HasSubstr(root_ + "/etc/none"));
  EXPECT_TRUE(absl::IsNotFound(files_->Write("/no/where", "x", 0644)));
}

// A link of the node means the node's own /target, not the container's.
TEST_F(HostFilesTest, LinksAreResolvedInsideTheRoot) {
  fs::create_directories(root_ + "/real");
  fs::create_symlink("/real", root_ + "/absolute");
  fs::create_symlink("../../../../real", root_ + "/etc/up");
  ASSERT_TRUE(files_->Write("/absolute/a", "x", 0644).ok());
  ASSERT_TRUE(files_->Write("/etc/up/b", "y", 0644).ok());
  EXPECT_EQ(Content(root_ + "/real/a"), "x");
  EXPECT_EQ(Content(root_ + "/real/b"), "y");
}

TEST_F(HostFilesTest, NothingLeadsOutOfTheRoot) {
  std::ofstream(outside_ + "/secret") << "s";
  fs::create_symlink(outside_ + "/secret", root_ + "/etc/link");
  EXPECT_FALSE(files_->Read("/etc/link").ok());
  EXPECT_FALSE(files_->Read("/../secret").ok());
  EXPECT_FALSE(files_->Write("/../planted", "x", 0644).ok() && fs::exists(outside_ + "/planted"));
  EXPECT_TRUE(absl::IsInvalidArgument(files_->Write("/etc/..", "x", 0644)));
  EXPECT_TRUE(absl::IsInvalidArgument(files_->Remove("relative")));
}

TEST_F(HostFilesTest, OnlyRegularFilesAreReplaced) {
  fs::create_symlink("elsewhere", root_ + "/etc/link");
  fs::create_directories(root_ + "/etc/folder");
  EXPECT_TRUE(absl::IsFailedPrecondition(files_->Write("/etc/link", "x", 0644)));
  EXPECT_TRUE(absl::IsFailedPrecondition(files_->Write("/etc/folder", "x", 0644)));
  EXPECT_EQ(files_->Look("/etc/link")->kind, FileKind::kSymlink);
  EXPECT_EQ(*files_->ReadLink("/etc/link"), "elsewhere");
  EXPECT_TRUE(files_->Remove("/etc/link").ok());
  EXPECT_EQ(files_->Look("/etc/link")->kind, FileKind::kAbsent);
}

TEST_F(HostFilesTest, WhatAKilledWriteLeftIsOverwrittenOrTidied) {
  std::ofstream(root_ + TemporaryOf("/etc/a")) << "half";
  ASSERT_TRUE(files_->Write("/etc/a", "whole", 0644).ok());
  EXPECT_THAT(*files_->List("/etc"), ElementsAre("a"));
  std::ofstream(root_ + TemporaryOf("/etc/a")) << "half";
  ASSERT_TRUE(files_->Tidy("/etc/a").ok());
  EXPECT_THAT(*files_->List("/etc"), ElementsAre("a"));
}

TEST_F(HostFilesTest, DirectoriesAreMadeOnceAndRemovedWhenEmpty) {
  ASSERT_TRUE(files_->MakeDirectory("/opt", 0700).ok());
  ASSERT_TRUE(files_->MakeDirectory("/opt", 0755).ok());
  EXPECT_EQ(files_->Look("/opt")->mode, 0700);
  ASSERT_TRUE(files_->Write("/opt/a", "x", 0644).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(files_->RemoveDirectory("/opt")));
  EXPECT_FALSE(files_->MakeDirectory("/opt/a", 0755).ok());
  ASSERT_TRUE(files_->Remove("/opt/a").ok());
  ASSERT_TRUE(files_->RemoveDirectory("/opt").ok());
  EXPECT_EQ(files_->Look("/opt")->kind, FileKind::kAbsent);
}

TEST_F(HostFilesTest, SaysWhereTheRootIsMissing) {
  EXPECT_THAT(std::string(Message(OpenHostFiles(outside_ + "/none").status())), HasSubstr("host root"));
  EXPECT_FALSE(*files_->ReadOnly("/etc"));
}

}  // namespace
}  // namespace crm::install
