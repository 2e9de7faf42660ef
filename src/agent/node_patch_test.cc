#include "agent/node_patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace crm::agent {
namespace {

TEST(JsonPatchText, VectorsOfSpec50) {
  EXPECT_EQ(JsonPatchText({{"add", "/metadata/labels/a.b~1c", "\"x\""}}).value(),
            R"([{"op":"add","path":"/metadata/labels/a.b~1c","value":"x"}])");
  EXPECT_EQ(JsonPatchText({{"remove", "p", ""}}).value(), R"([{"op":"remove","path":"p"}])");
  EXPECT_EQ(JsonPatchText({}).value(), "[]");
}

TEST(JsonPatchText, RefusesValuesThatAreNoJson) {
  EXPECT_THAT(Message(JsonPatchText({{"add", "/p", "x\"},{"}}).status()),
              ::testing::HasSubstr("expected JSON"));
}

TEST(CapacityPatchText, VectorsOfSpec50) {
  EXPECT_EQ(CapacityPatchText({{"example.com/x", "3"}}).value(),
            R"({"status":{"capacity":{"example.com/x":"3"}}})");
  EXPECT_EQ(Message(CapacityPatchText({{"cpu", "4"}}).status()),
            "refusing to update capacity of native resource 'cpu'");
  EXPECT_EQ(Message(CapacityPatchText({{"memory", "4"}}).status()),
            "refusing to update capacity of native resource 'memory'");
  EXPECT_EQ(Message(CapacityPatchText({{"hugepages-2Mi", "1"}}).status()),
            "refusing to update capacity of native resource 'hugepages-2Mi'");
  EXPECT_EQ(Message(CapacityPatchText({{"foo", "1"}}).status()), "invalid resource 'foo' in capacity update");
  EXPECT_EQ(Message(CapacityPatchText({{"a.b", "1"}}).status()), "invalid resource 'a.b' in capacity update");
}

}  // namespace
}  // namespace crm::agent
