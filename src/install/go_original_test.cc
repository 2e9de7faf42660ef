#include "install/go_original.h"

#include "gmock/gmock.h"
#include "install/kubelet_units_for_test.h"

namespace crm::install {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kFlagLine[] = "    --container-runtime-endpoint=/var/run/cri-resmgr/cri-resmgr.sock\\\n";

TEST(GoOriginal, Vector1FlagAfterTheLastLine) {
  EXPECT_EQ(GoOriginalInstall("ExecStart=/x \\\n    --v=2 $KUBELET_EXTRA_ARGS\n"),
            std::string("ExecStart=/x \\\n    --v=2 $KUBELET_EXTRA_ARGS \\\n") + kFlagLine);
}

TEST(GoOriginal, Vector2FlagInBetween) {
  EXPECT_EQ(GoOriginalInstall("    $KUBELET_EXTRA_ARGS \\\n    --v=2\n"),
            std::string("    $KUBELET_EXTRA_ARGS \\\n") + kFlagLine + "    --v=2\n");
}

TEST(GoOriginal, Vector3AnEndpointThatIsThereStays) {
  const std::string unit = "ExecStart=/x \\\n --container-runtime-endpoint=/run/o.sock $KUBELET_EXTRA_ARGS\n";
  EXPECT_EQ(GoOriginalInstall("After=containerd.service\n" + unit), unit);
}

TEST(GoOriginal, Vector4DeletesTheNodeLabel) {
  EXPECT_THAT(GoOriginalInstall(kGardenerUnit), Not(HasSubstr("cri-name=containerd")));
}

TEST(GoOriginal, Vector5RemovingTwiceOrdersTwice) {
  const std::string twice = GoOriginalUninstall(GoOriginalUninstall(GoOriginalInstall(kGardenerUnit)));
  EXPECT_THAT(twice, HasSubstr("[Unit]\nAfter=containerd.service\nAfter=containerd.service\n"));
  EXPECT_THAT(twice, HasSubstr("endpoint=unix:///run/containerd/containerd.sock\\\n"));
}

TEST(GoOriginal, ItsHistoryExplainsTheUnit) {
  const std::string original = kGardenerUnit;
  const std::string installed = GoOriginalInstall(original);
  const std::string removed = GoOriginalUninstall(installed);
  for (const std::string& unit :
       {installed, removed, GoOriginalUninstall(removed), GoOriginalInstall(removed),
        GoOriginalUninstall(GoOriginalInstall(removed))}) {
    EXPECT_TRUE(EditedByGoOriginal(unit));
    EXPECT_TRUE(ExplainedByGoOriginal(original, unit)) << unit;
  }
  EXPECT_FALSE(EditedByGoOriginal(original));
  EXPECT_FALSE(ExplainedByGoOriginal(original, installed + "# by hand\n"));
  EXPECT_FALSE(ExplainedByGoOriginal(original, original + "x"));
}

TEST(GoOriginal, TheGuessIsAUnitThatWorks) {
  const std::string original =
      "[Unit]\nAfter=containerd.service\n[Service]\nExecStart=/x \\\n    --v=2 $KUBELET_EXTRA_ARGS\n";
  const std::string installed = GoOriginalInstall(original);
  const std::string guess =
      "[Unit]\nAfter=containerd.service\n[Service]\nExecStart=/x \\\n    --v=2 $KUBELET_EXTRA_ARGS \\\n"
      "    --container-runtime-endpoint=unix:///run/containerd/containerd.sock\n";
  EXPECT_EQ(GuessBeforeGoOriginal(installed), guess);
  EXPECT_EQ(GuessBeforeGoOriginal(GoOriginalUninstall(GoOriginalUninstall(installed))), guess);
  EXPECT_EQ(GuessBeforeGoOriginal(guess), guess);
}

TEST(GoOriginal, TheAppliedConfigTellsTheUnit) {
  const std::string yaml =
      "apiVersion: extensions.gardener.cloud/v1alpha1\nkind: OperatingSystemConfig\nspec:\n  units:\n"
      "  - name: containerd.service\n  - name: kubelet.service\n    content: |\n      [Unit]\n      A=b\n";
  EXPECT_EQ(KubeletUnitOfAppliedConfig(yaml), "[Unit]\nA=b\n");
  for (const char* none :
       {"", "spec: {}", "spec: {units: [1, {name: [x]}, {name: kubelet.service}]}", "{", "- a"}) {
    EXPECT_EQ(KubeletUnitOfAppliedConfig(none), std::nullopt) << none;
  }
}

}  // namespace
}  // namespace crm::install
