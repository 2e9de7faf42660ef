#include "install/strategy.h"

#include "base/status.h"
#include "gmock/gmock.h"
#include "install/kubelet_units_for_test.h"
#include "install/paths.h"

namespace crm::install {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kDropInPath[] = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf";

std::string Auto(const KubeletUnit& unit) {
  const auto chosen = ChooseStrategy("auto", unit);
  return chosen.ok() ? std::string((*chosen)->name) : std::string(Message(chosen.status()));
}

TEST(ChooseStrategy, AutoTakesTheFirstThatFits) {
  EXPECT_EQ(Auto(UnitForTest(kGardenerUnit)), "extra-args");
  EXPECT_EQ(Auto(UnitForTest("[Service]\nExecStart=/x/kubelet $KUBELET_EXTRA_ARGS\n")), "drop-in-control");
  EXPECT_EQ(Auto(UnitForTest("[Service]\nExecStart=/x/kubelet --v=2\n")), "drop-in");
  EXPECT_EQ(Auto(UnitForTest("[Service]\nExecStart=/bin/sh -c 'kubelet --v=2'\n")), "unit-edit");
}

// Symptom: the drop-in's Environment= had no effect, because /etc/default/kubelet assigned the name too.
TEST(ChooseStrategy, AFileThatAssignsTheNameRulesOutEnvironment) {
  const std::map<std::string, std::string> drop_ins = {{kDropInPath, kKubeadmDropIn}};
  EXPECT_EQ(Auto(UnitForTest(kKubeadmUnit, drop_ins, {{"/etc/default/kubelet", "KUBELET_EXTRA_ARGS=\n"}})),
            "drop-in");
  EXPECT_EQ(Auto(UnitForTest(kKubeadmUnit, drop_ins)), "drop-in-control");
}

TEST(ChooseStrategy, ALaterFileWinsOverExtraArgs) {
  const std::string text =
      "[Service]\nEnvironmentFile=-/var/lib/kubelet/extra_args\nEnvironmentFile=-/etc/late\n"
      "ExecStart=/x/kubelet $KUBELET_EXTRA_ARGS\n";
  EXPECT_EQ(Auto(UnitForTest(text, {}, {{"/etc/late", "KUBELET_EXTRA_ARGS=--v=1\n"}})), "drop-in");
  EXPECT_EQ(Auto(UnitForTest(text, {}, {{"/etc/late", "OTHER=--v=1\n"}})), "extra-args");
}

TEST(ChooseStrategy, SaysWhyNothingFits) {
  const std::string why = Auto(UnitForTest("[Service]\nExecStart=/bin/sh -c kubelet\n", {}, {}, true));
  EXPECT_THAT(why, HasSubstr("has no word $KUBELET_EXTRA_ARGS"));
  EXPECT_THAT(why, HasSubstr("runs \"/bin/sh\""));
  EXPECT_THAT(why, HasSubstr("is a symbolic link"));
}

TEST(ChooseStrategy, ANamedOneIsNotReplacedByAnother) {
  const KubeletUnit unit = UnitForTest("[Service]\nExecStart=/x/kubelet --v=2\n");
  EXPECT_THAT(std::string(Message(ChooseStrategy("extra-args", unit).status())),
              HasSubstr("\"extra-args\" cannot be used"));
  EXPECT_TRUE(absl::IsUnimplemented(ChooseStrategy("nri", unit).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ChooseStrategy("sed", unit).status()));
}

// Spec 61, vector 6.
TEST(ChooseStrategy, Vector6SymlinkedUnit) {
  const KubeletUnit unit = UnitForTest(kGardenerUnit, {}, {}, /*symlink=*/true);
  EXPECT_TRUE(absl::IsFailedPrecondition(ChooseStrategy("unit-edit", unit).status()));
  EXPECT_TRUE(ChooseStrategy("extra-args", unit).ok());
}

TEST(DropInControl, MergesWhatEnvironmentHad) {
  const KubeletUnit unit = UnitForTest(
      "[Service]\nEnvironment=A=1 \"KUBELET_EXTRA_ARGS=--v=4 --x\"\nExecStart=/x/kubelet "
      "$KUBELET_EXTRA_ARGS\n");
  const auto text = DropInControl().wire(unit, std::nullopt, Endpoint());
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text,
              HasSubstr("[Service]\nEnvironment=\"KUBELET_EXTRA_ARGS=--v=4 --x "
                        "--container-runtime-endpoint=unix:///var/run/cri-resmgr/cri-resmgr.sock\"\n"));
  EXPECT_EQ(*DropInControl().wire(unit, *text, Endpoint()), *text);
  EXPECT_EQ(DropInControl().unwire(unit, *text, std::nullopt, Endpoint()), std::nullopt);
}

TEST(DropIn, StatesTheCommandAnewWithOurFlagLast) {
  const KubeletUnit unit = UnitForTest(kGardenerUnit);
  const auto text = DropIn().wire(unit, std::nullopt, Endpoint());
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, HasSubstr("[Service]\nExecStart=\nExecStart=/opt/bin/kubelet --bootstrap"));
  EXPECT_THAT(*text, HasSubstr("--v=2 $KUBELET_EXTRA_ARGS "
                               "--container-runtime-endpoint=unix:///var/run/cri-resmgr/cri-resmgr.sock\n"));
  // With the drop-in in place the unit is still judged without it.
  const KubeletUnit wired = UnitForTest(kGardenerUnit, {{kDropIn, *text}});
  EXPECT_EQ(*DropIn().wire(wired, *text, Endpoint()), *text);
}

TEST(DropIn, RefusesAForeignEndpoint) {
  const KubeletUnit unit =
      UnitForTest("[Service]\nExecStart=/x/kubelet --container-runtime-endpoint unix:///run/other.sock\n");
  EXPECT_THAT(std::string(Message(DropIn().wire(unit, std::nullopt, Endpoint()).status())),
              HasSubstr("/run/other.sock"));
  Endpoint overriding;
  overriding.override_foreign = true;
  EXPECT_TRUE(DropIn().wire(unit, std::nullopt, overriding).ok());
}

TEST(UnitEdit, ChangesTheEndpointAndNotAByteMore) {
  const KubeletUnit unit = UnitForTest(kGardenerUnit);
  const std::string wired = *UnitEdit().wire(unit, kGardenerUnit, Endpoint());
  std::string expected = kGardenerUnit;
  const std::string theirs = "unix:///run/containerd/containerd.sock";
  expected.replace(expected.find(theirs), theirs.size(), "unix:///var/run/cri-resmgr/cri-resmgr.sock");
  EXPECT_EQ(wired, expected);
  EXPECT_EQ(*UnitEdit().wire(unit, wired, Endpoint()), wired);
  // Spec 61, vector 4: the label that the DaemonSets select on stays.
  EXPECT_THAT(wired, HasSubstr("--node-labels=worker.gardener.cloud/cri-name=containerd \\\n"));
  // Spec 61, vector 5, our half: reverting twice gives the original, byte for byte.
  const auto once = UnitEdit().unwire(unit, wired, kGardenerUnit, Endpoint());
  EXPECT_EQ(once, kGardenerUnit);
  EXPECT_EQ(UnitEdit().unwire(unit, once, kGardenerUnit, Endpoint()), kGardenerUnit);
}

// Spec 61, vectors 1 and 2, as we write it: no backslash is left hanging.
TEST(UnitEdit, Vectors1And2InsertALine) {
  const std::string flag = Endpoint().Flag();
  const std::string last =
      "[Service]\nExecStart=/x/kubelet \\\n    --v=2 $KUBELET_EXTRA_ARGS\nRestart=always\n";
  EXPECT_EQ(*UnitEdit().wire(UnitForTest(last), last, Endpoint()),
            "[Service]\nExecStart=/x/kubelet \\\n    --v=2 $KUBELET_EXTRA_ARGS \\\n    " + flag +
                "\nRestart=always\n");
  const std::string inside = "[Service]\nExecStart=/x/kubelet \\\n    $KUBELET_EXTRA_ARGS \\\n    --v=2\n";
  EXPECT_EQ(
      *UnitEdit().wire(UnitForTest(inside), inside, Endpoint()),
      "[Service]\nExecStart=/x/kubelet \\\n    $KUBELET_EXTRA_ARGS \\\n    " + flag + " \\\n    --v=2\n");
}

TEST(UnitEdit, ARewrittenUnitKeepsWhatItWasGivenSince) {
  const std::string original =
      "[Service]\nExecStart=/x/kubelet --container-runtime-endpoint=/run/containerd/containerd.sock\n";
  const KubeletUnit unit = UnitForTest(original);
  const std::string since =
      "[Service]\nExecStart=/x/kubelet --new --container-runtime-endpoint=/run/containerd/containerd.sock\n";
  EXPECT_EQ(UnitEdit().unwire(unit, since, original, Endpoint()), since);
  const std::string wired_since = *UnitEdit().wire(unit, since, Endpoint());
  const auto back = UnitEdit().unwire(unit, wired_since, original, Endpoint());
  ASSERT_TRUE(back.has_value());
  EXPECT_THAT(*back, HasSubstr("--new --container-runtime-endpoint=unix:///run/containerd/containerd.sock"));
  EXPECT_THAT(*back, Not(HasSubstr("cri-resmgr")));
}

}  // namespace
}  // namespace crm::install
