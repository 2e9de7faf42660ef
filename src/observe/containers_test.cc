#include "observe/containers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nlohmann/json.hpp"

namespace crm::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

state::State Example() {
  state::State state;
  state.pods["p"].name = "web";
  state.pods["p"].ns = "shop";
  state::ContainerRecord& pinned = state.containers["u:a"];
  pinned.container.pod_id = "p";
  pinned.container.name = "a";
  pinned.container.state = model::ContainerState::kRunning;
  pinned.assignment = {CpuSet{2, 3}, CpuSet{0, 1}, 1024};
  pinned.reason = {"root", "shared", "fits"};
  state::ContainerRecord& free = state.containers["u:b"];
  free.container.pod_id = "p";
  free.container.name = "b";
  state::ContainerRecord& ended = state.containers["u:ended"];
  ended.container.name = "ended";
  ended.container.state = model::ContainerState::kExited;
  return state;
}

TEST(ContainersTest, JsonShowsDecidedAndUndecidedValues) {
  const auto list = nlohmann::json::parse(ContainersJson(Example()));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["cpus"], "2-3");
  EXPECT_EQ(list[0]["mems"], "0,1");
  EXPECT_EQ(list[0]["shares"], 1024);
  EXPECT_EQ(list[0]["state"], "running");
  EXPECT_EQ(list[0]["pod"], "web");
  EXPECT_TRUE(list[1]["cpus"].is_null());
}

TEST(ContainersTest, TableLeavesOutWhatEnded) {
  const std::string table = ContainersTable(Example());
  EXPECT_THAT(table, HasSubstr("2-3"));
  EXPECT_THAT(table, HasSubstr("fits"));
  EXPECT_THAT(table, Not(HasSubstr("ended")));
}

}  // namespace
}  // namespace crm::observe
