#include "policies/none/none.h"

#include "gtest/gtest.h"

namespace crm::policies::none {
namespace {

TEST(NonePolicy, AcceptsAllAndPinsNothing) {
  placement::PolicyRegistry registry;
  Register(registry);
  auto policy = registry.Create({}, config::Plan(), nullptr);  // "none" is the default of a plan
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ((*policy)->name(), "none");

  model::Pod pod;
  model::Container container;
  container.cache_id = "u:c";
  const auto changes = (*policy)->Allocate({pod, container});
  ASSERT_TRUE(changes.ok());
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ((*changes)[0].assignment, placement::Assignment());
  EXPECT_EQ((*changes)[0].reason.kind, "unpinned");
  EXPECT_TRUE((*policy)->Lookup("u:c").has_value());
  EXPECT_TRUE((*policy)->Release("u:c").empty());
  EXPECT_FALSE((*policy)->Lookup("u:c").has_value());

  const auto restored = (*policy)->Restore((*policy)->Save(), {{pod, container}});
  ASSERT_TRUE(restored.ok());
  EXPECT_EQ(restored->size(), 1u);
  EXPECT_TRUE((*policy)->Lookup("u:c").has_value());
}

}  // namespace
}  // namespace crm::policies::none
