#include "base/status.h"
#include "gmock/gmock.h"
#include "install/kubelet_units_for_test.h"
#include "install/paths.h"
#include "install/strategy.h"

namespace crm::install {
namespace {

using testing::HasSubstr;

constexpr char kOurs[] = "--container-runtime-endpoint=unix:///var/run/cri-resmgr/cri-resmgr.sock";

const KubeletUnit& Unit() {
  static const auto* unit = new KubeletUnit(UnitForTest(kGardenerUnit));
  return *unit;
}
absl::StatusOr<std::string> Wire(const std::optional<std::string>& now, bool override_foreign = false) {
  Endpoint endpoint;
  endpoint.override_foreign = override_foreign;
  return ExtraArgs().wire(Unit(), now, endpoint);
}
std::optional<std::string> Unwire(const std::optional<std::string>& now,
                                  const std::optional<std::string>& original) {
  return ExtraArgs().unwire(Unit(), now, original, Endpoint());
}

TEST(ExtraArgs, Vector7AbsentFile) {
  EXPECT_EQ(*Wire(std::nullopt), std::string("# cri-resmgr\nKUBELET_EXTRA_ARGS=") + kOurs + "\n");
}

TEST(ExtraArgs, Vector8MergesAndReverts) {
  const std::string wired = *Wire("KUBELET_EXTRA_ARGS=--v=4\n");
  EXPECT_EQ(wired, std::string("KUBELET_EXTRA_ARGS=\"--v=4 ") + kOurs + "\"\n");
  EXPECT_EQ(Unwire(wired, "KUBELET_EXTRA_ARGS=--v=4\n"), "KUBELET_EXTRA_ARGS=--v=4\n");
}

TEST(ExtraArgs, Vector9OurTokenIsThereAlready) {
  for (const std::string& text :
       {std::string("KUBELET_EXTRA_ARGS='--v=4 ") + kOurs + "'",
        std::string("KUBELET_EXTRA_ARGS=") + kOurs + " --v=4\n",
        std::string("KUBELET_EXTRA_ARGS=--container-runtime-endpoint=/run/cri-resmgr/cri-resmgr.sock\n")}) {
    EXPECT_EQ(*Wire(text), text);
  }
}

TEST(ExtraArgs, Vector10ForeignEndpoint) {
  const std::string foreign =
      "KUBELET_EXTRA_ARGS=\"--container-runtime-endpoint=unix:///run/other.sock --v=1\"\n";
  const absl::Status refused = Wire(foreign).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(std::string(Message(refused)), HasSubstr("unix:///run/other.sock"));
  const std::string wired = *Wire(foreign, /*override_foreign=*/true);
  EXPECT_THAT(wired, HasSubstr(std::string("--v=1 ") + kOurs));
  EXPECT_EQ(*Wire(wired, true), wired);
  EXPECT_THAT(*Unwire(wired, std::nullopt),
              HasSubstr("\"--container-runtime-endpoint=unix:///run/other.sock --v=1\""));
}

TEST(ExtraArgs, TheRuntimesOwnEndpointIsNotForeign) {
  EXPECT_TRUE(Wire("KUBELET_EXTRA_ARGS=--container-runtime-endpoint=/run/containerd/containerd.sock\n").ok());
}

TEST(ExtraArgs, Vector11OtherLinesStayVerbatim) {
  const std::string text = "# by hand\nOTHER = 'x y'\n\nKUBELET_EXTRA_ARGS=--v=4\n; end\nLAST=1";
  const std::string wired = *Wire(text);
  EXPECT_EQ(wired, std::string("# by hand\nOTHER = 'x y'\n\nKUBELET_EXTRA_ARGS=\"--v=4 ") + kOurs +
                       "\"\n; end\nLAST=1");
  EXPECT_EQ(Unwire(wired, text), text);
  // Without the assignment a line is added, and taken away again.
  const std::string added = *Wire("OTHER=1");
  EXPECT_EQ(added, std::string("OTHER=1\nKUBELET_EXTRA_ARGS=") + kOurs + "\n");
  EXPECT_EQ(Unwire(added, "OTHER=1"), "OTHER=1");
}

TEST(ExtraArgs, Vector12OurFileIsRemoved) {
  EXPECT_EQ(Unwire(*Wire(std::nullopt), std::nullopt), std::nullopt);
  EXPECT_EQ(Unwire(std::nullopt, std::nullopt), std::nullopt);
}

TEST(ExtraArgs, WhatOthersAddedToOurFileStays) {
  EXPECT_EQ(Unwire(*Wire(std::nullopt) + "OTHER=1\n", std::nullopt), "OTHER=1\n");
  EXPECT_EQ(Unwire(std::string("# cri-resmgr\nKUBELET_EXTRA_ARGS=\"--v=3 ") + kOurs + "\"\n", std::nullopt),
            "KUBELET_EXTRA_ARGS=--v=3\n");
}

TEST(ExtraArgs, AFileWithoutUsIsLeftAlone) {
  EXPECT_EQ(Unwire("KUBELET_EXTRA_ARGS='--v=9'\n", "KUBELET_EXTRA_ARGS=--v=4\n"),
            "KUBELET_EXTRA_ARGS='--v=9'\n");
  EXPECT_EQ(Unwire("", ""), "");
}

}  // namespace
}  // namespace crm::install
