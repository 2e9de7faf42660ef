#include "agent/selection.h"

#include <gtest/gtest.h>

namespace crm::agent {
namespace {

const ConfigData kA = {{"policy", "Active: none\n"}};
const ConfigData kB = {{"policy", "Active: topology-aware\n"}};
constexpr char kNodeMap[] = "cri-resmgr-config.node.n1";
constexpr char kGroupMap[] = "cri-resmgr-config.group.gpu";
constexpr char kDefaultMap[] = "cri-resmgr-config.default";

class SelectionTest : public ::testing::Test {
 protected:
  // "source" of what is pushed, "-" for nothing.
  std::string On(const std::string& map_name, std::optional<ConfigData> data) {
    const std::optional<Choice> choice = selection_.OnMap(map_name, std::move(data));
    if (choice) pushed_ = choice->data;
    return choice ? choice->source : "-";
  }

  Selection selection_{"cri-resmgr-config", "n1"};
  ConfigData pushed_;
};

TEST_F(SelectionTest, NamesOfSpec50) {
  EXPECT_EQ(selection_.NodeMapName(), kNodeMap);
  EXPECT_EQ(selection_.SecondaryMapName(), "");
  EXPECT_TRUE(selection_.SetGroup(""));
  EXPECT_EQ(selection_.SecondaryMapName(), kDefaultMap);
  EXPECT_TRUE(selection_.SetGroup("gpu"));
  EXPECT_EQ(selection_.SecondaryMapName(), kGroupMap);
  EXPECT_FALSE(selection_.SetGroup("gpu"));
}

TEST_F(SelectionTest, NoLabelDefaultExists) {
  selection_.SetGroup("");
  EXPECT_EQ(On(kDefaultMap, kA), "-");  // the node's map was not heard of yet
  EXPECT_EQ(On(kNodeMap, std::nullopt), "default");
  EXPECT_EQ(pushed_, kA);
}

TEST_F(SelectionTest, NoMapPushesNothing) {
  selection_.SetGroup("");
  EXPECT_EQ(On(kNodeMap, std::nullopt), "-");
  EXPECT_EQ(On(kDefaultMap, std::nullopt), "-");
}

TEST_F(SelectionTest, GroupWithoutMapNeverUsesDefault) {
  selection_.SetGroup("gpu");
  EXPECT_EQ(On(kNodeMap, std::nullopt), "-");
  EXPECT_EQ(On(kDefaultMap, kA), "-");
  EXPECT_EQ(On(kGroupMap, std::nullopt), "-");
}

TEST_F(SelectionTest, GroupBeforeDefault) {
  selection_.SetGroup("gpu");
  EXPECT_EQ(On(kNodeMap, std::nullopt), "-");
  EXPECT_EQ(On(kGroupMap, kB), "group gpu");
  EXPECT_EQ(On(kDefaultMap, kA), "-");
}

TEST_F(SelectionTest, NodeBeforeGroup) {
  selection_.SetGroup("gpu");
  EXPECT_EQ(On(kNodeMap, kA), "-");
  EXPECT_EQ(On(kGroupMap, kB), "node");
  EXPECT_EQ(pushed_, kA);
  EXPECT_EQ(On(kGroupMap, ConfigData{{"logger", "Debug: cache\n"}}), "-");
  EXPECT_EQ(On(kNodeMap, std::nullopt), "group gpu");
  EXPECT_EQ(pushed_, (ConfigData{{"logger", "Debug: cache\n"}}));
  EXPECT_TRUE(selection_.SetGroup(""));
  EXPECT_EQ(selection_.SecondaryMapName(), kDefaultMap);
}

TEST_F(SelectionTest, WhatIsInForceIsNotPushedAgain) {
  selection_.SetGroup("");
  On(kNodeMap, std::nullopt);
  EXPECT_EQ(On(kDefaultMap, kA), "default");
  EXPECT_EQ(On(kDefaultMap, kA), "-");
  EXPECT_EQ(On(kDefaultMap, kB), "default");
}

TEST_F(SelectionTest, DeletingTheMapInUsePushesEmptyOnce) {
  selection_.SetGroup("");
  On(kNodeMap, std::nullopt);
  EXPECT_EQ(On(kDefaultMap, kA), "default");
  EXPECT_EQ(On(kNodeMap, std::nullopt), "-");
  EXPECT_EQ(On(kDefaultMap, std::nullopt), "empty default");
  EXPECT_EQ(pushed_, ConfigData());
  EXPECT_EQ(On(kDefaultMap, std::nullopt), "-");
  EXPECT_EQ(On(kDefaultMap, kA), "default");
}

TEST_F(SelectionTest, OldGroupCountsUntilTheNewOneIsHeardOf) {
  selection_.SetGroup("gpu");
  On(kNodeMap, std::nullopt);
  EXPECT_EQ(On(kGroupMap, kB), "group gpu");
  selection_.SetGroup("");
  EXPECT_EQ(On(kNodeMap, kA), "node");
  EXPECT_EQ(On(kNodeMap, std::nullopt), "group gpu");
  EXPECT_EQ(On(kGroupMap, kA), "-");  // a late event of the old watch
  EXPECT_EQ(On(kDefaultMap, kA), "default");
}

TEST_F(SelectionTest, MovingToAGroupWithoutMapKeepsWhatIsInForce) {
  selection_.SetGroup("gpu");
  On(kNodeMap, std::nullopt);
  EXPECT_EQ(On(kGroupMap, kB), "group gpu");
  selection_.SetGroup("storage");
  EXPECT_EQ(On("cri-resmgr-config.group.storage", std::nullopt), "-");
  EXPECT_EQ(On("cri-resmgr-config.group.storage", kB), "group storage");
}

TEST_F(SelectionTest, AnEmptyMapIsAConfiguration) {
  selection_.SetGroup("");
  On(kNodeMap, std::nullopt);
  EXPECT_EQ(On(kDefaultMap, ConfigData()), "default");
  EXPECT_EQ(pushed_, ConfigData());
}

}  // namespace
}  // namespace crm::agent
