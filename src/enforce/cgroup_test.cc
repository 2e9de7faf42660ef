#include "enforce/cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace crm::enforce {
namespace {

TEST(CgroupTest, LooksAbsoluteThenBelowTheMountThenBelowCpuset) {
  const FakeFileSystem fs(FakeFileSystem::Files{{"/a/cpuset.cpus", "1-2\n"},
                                                {"/sys/fs/cgroup/b/cpuset.cpus", "3\n"},
                                                {"/sys/fs/cgroup/cpuset/c/cpuset.cpus", "4\n"}});
  EXPECT_EQ(*ReadCgroupCpus(fs, "/sys/fs/cgroup", "/a"), (CpuSet{1, 2}));
  EXPECT_EQ(*ReadCgroupCpus(fs, "/sys/fs/cgroup", "b"), CpuSet{3});
  EXPECT_EQ(*ReadCgroupCpus(fs, "/sys/fs/cgroup", "/c"), CpuSet{4});
}

TEST(CgroupTest, AnEmptyV2FileFallsBackToTheEffectiveSet) {
  const FakeFileSystem fs(
      FakeFileSystem::Files{{"/a/cpuset.cpus", "\n"}, {"/a/cpuset.cpus.effective", "0-7\n"}});
  EXPECT_EQ(*ReadCgroupCpus(fs, "/sys/fs/cgroup", "/a"), CpuSet::Range(0, 7));
}

TEST(CgroupTest, AMissingOneNamesWhatWasTried) {
  const FakeFileSystem fs;
  const auto cpus = ReadCgroupCpus(fs, "/sys/fs/cgroup", "x");
  EXPECT_TRUE(absl::IsNotFound(cpus.status()));
  EXPECT_THAT(std::string(Message(cpus.status())), ::testing::HasSubstr("/sys/fs/cgroup/cpuset/x"));
}

}  // namespace
}  // namespace crm::enforce
