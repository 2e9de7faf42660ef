#include "enforce/updater.h"

#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "enforce/fake_runtime_for_test.h"

namespace crm::enforce {
namespace {

constexpr UpdaterOptions kFast = {absl::Milliseconds(1), absl::Milliseconds(4)};

ResourceUpdate Cpus(CpuSet cpus) { return {std::move(cpus), std::nullopt, std::nullopt}; }

TEST(UpdaterTest, OneUpdateOfAContainerAtATimeAndTheNewestWins) {
  FakeRuntimeForTest runtime;
  Updater updater(runtime, kFast);
  updater.Update("c", Cpus({1}));
  FakeRuntimeForTest::Call first = runtime.Next();
  updater.Update("c", Cpus({2}));
  updater.Update("c", Cpus({3}));
  EXPECT_EQ(runtime.Waiting(), 0u);  // the first is still under way
  first.done(absl::OkStatus());
  FakeRuntimeForTest::Call second = runtime.Next();
  EXPECT_EQ(second.update.cpus, CpuSet{3});
  second.done(absl::OkStatus());
}

TEST(UpdaterTest, ASlowContainerDoesNotDelayAnother) {
  FakeRuntimeForTest runtime;
  Updater updater(runtime, kFast);
  updater.Update("slow", Cpus({1}));
  FakeRuntimeForTest::Call slow = runtime.Next();
  updater.Update("other", Cpus({2}));
  FakeRuntimeForTest::Call other = runtime.Next();
  EXPECT_EQ(other.id, "other");
  other.done(absl::OkStatus());
  slow.done(absl::OkStatus());
}

TEST(UpdaterTest, AFailedUpdateIsRepeatedWithWhatCameMeanwhile) {
  FakeRuntimeForTest runtime;
  Updater updater(runtime, kFast);
  ResourceUpdate update = Cpus({1});
  update.cpu_shares = 512;
  updater.Update("c", update);
  FakeRuntimeForTest::Call first = runtime.Next();
  updater.Update("c", Cpus({2}));
  first.done(absl::UnavailableError("restarting"));
  FakeRuntimeForTest::Call second = runtime.Next();
  EXPECT_EQ(second.update.cpus, CpuSet{2});
  EXPECT_EQ(second.update.cpu_shares, 512);
  second.done(absl::UnavailableError("still"));
  runtime.Next().done(absl::OkStatus());
}

TEST(UpdaterTest, AContainerThatIsGoneIsNotTriedAgain) {
  FakeRuntimeForTest runtime;
  Updater updater(runtime, kFast);
  updater.Update("c", Cpus({1}));
  runtime.Next().done(absl::NotFoundError("no such container"));
  EXPECT_EQ(updater.Pending(), 0u);
}

TEST(UpdaterTest, ForgetDropsTheRetry) {
  FakeRuntimeForTest runtime;
  Updater updater(runtime, {absl::Hours(1), absl::Hours(1)});
  updater.Update("c", Cpus({1}));
  runtime.Next().done(absl::UnavailableError("down"));
  EXPECT_EQ(updater.Pending(), 1u);
  updater.Forget("c");
  EXPECT_EQ(updater.Pending(), 0u);
}

TEST(UpdaterTest, SettledWhenEverythingWasAnsweredAlsoWithAnError) {
  FakeRuntimeForTest runtime;
  Updater updater(runtime, {absl::Hours(1), absl::Hours(1)});
  updater.Update("a", Cpus({1}));
  updater.Update("b", Cpus({2}));
  FakeRuntimeForTest::Call a = runtime.Next();
  FakeRuntimeForTest::Call b = runtime.Next();
  absl::Notification settled;
  updater.WhenSettled(absl::InfiniteDuration(), [&] { settled.Notify(); });
  a.done(absl::OkStatus());
  EXPECT_FALSE(settled.HasBeenNotified());
  b.done(absl::UnavailableError("down"));
  settled.WaitForNotification();
}

TEST(UpdaterTest, SettledAtTheLatestAfterTheTimeout) {
  FakeRuntimeForTest runtime;
  Updater updater(runtime, kFast);
  updater.Update("c", Cpus({1}));
  FakeRuntimeForTest::Call call = runtime.Next();
  absl::Notification settled;
  updater.WhenSettled(absl::Milliseconds(1), [&] { settled.Notify(); });
  settled.WaitForNotification();
  call.done(absl::OkStatus());
}

TEST(UpdaterTest, SettledAtOnceWhenNothingIsToBeDone) {
  FakeRuntimeForTest runtime;
  Updater updater(runtime, kFast);
  bool settled = false;
  updater.WhenSettled(absl::InfiniteDuration(), [&] { settled = true; });
  EXPECT_TRUE(settled);
}

}  // namespace
}  // namespace crm::enforce
