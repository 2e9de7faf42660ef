#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "config/compile.h"

namespace crm::config {
namespace {

using ::testing::HasSubstr;

std::string Text(const std::string& domain, const std::string& value) {
  return "policy: {Active: topology-aware, AvailableResources: {" + domain + ": " + value +
         "}, ReservedResources: {cpu: 1}}";
}

CpuConstraint Reserved(const std::string& value) {
  const Compiled compiled =
      CompileText("policy: {Active: topology-aware, ReservedResources: {CPU: " + value + "}}");
  EXPECT_TRUE(compiled.ok()) << value << ": " << Message(compiled.status());
  return compiled.plan.reserved;
}

int64_t Milli(const std::string& value) {
  const CpuConstraint constraint = Reserved(value);
  const auto* quantity = std::get_if<CpuQuantity>(&constraint);
  return quantity == nullptr ? -1 : quantity->milli;
}

std::string Cpus(const std::string& value) {
  const CpuConstraint constraint = Reserved(value);
  const auto* cpus = std::get_if<CpuSet>(&constraint);
  return cpus == nullptr ? "no CPU set" : cpus->ToString();
}

std::string Refusal(const std::string& value, const std::string& domain = "cpu") {
  return std::string(Message(CompileText(Text(domain, value)).status()));
}

// Spec 30 section 15.6 "Forms", spec 10 section 16.5, spec 32 section 16.1 rows 1 to 3.
TEST(Constraints, Forms) {
  EXPECT_EQ(Milli("2"), 2000);
  EXPECT_EQ(Milli("1.5"), 1500);
  EXPECT_EQ(Milli("0.75"), 750);
  EXPECT_EQ(Milli("1.0019"), 1001);
  EXPECT_EQ(Milli("11"), 11000);
  EXPECT_EQ(Milli("\"750m\""), 750);
  EXPECT_EQ(Milli("750m"), 750);
  EXPECT_EQ(Milli("3000m"), 3000);
  EXPECT_EQ(Milli("\"3\""), 3000);
  EXPECT_EQ(Cpus("\"cpuset:3\""), "3");
  EXPECT_EQ(Cpus("cpuset:11"), "11");
  EXPECT_EQ(Cpus("\"0-1\""), "0-1");
  EXPECT_EQ(Cpus("\"0,2\""), "0,2");
  EXPECT_EQ(Cpus("cpuset:0-3"), "0-3");
}

TEST(Constraints, DomainInAnyCase) {
  for (const char* domain : {"cpu", "CPU", "Cpu"}) {
    const Compiled compiled = CompileText(Text(domain, "\"0-3\""));
    ASSERT_TRUE(compiled.ok()) << Message(compiled.status());
    EXPECT_EQ(std::get<CpuSet>(compiled.plan.available).ToString(), "0-3");
  }
  EXPECT_THAT(Refusal("1", "memory"),
              HasSubstr("policy.AvailableResources.memory: unknown configuration data"));
  EXPECT_THAT(Refusal("0-3, CPU: 0-3"), HasSubstr("given twice"));
}

TEST(Constraints, CgroupDirectories) {
  EXPECT_EQ(std::get<CgroupCpus>(Reserved("cgroup:kubepods.slice")).directory, "kubepods.slice");
  EXPECT_EQ(std::get<CgroupCpus>(Reserved("cgroup:/a/b")).directory, "/a/b");
  EXPECT_EQ(std::get<CgroupCpus>(Reserved("/sys/fs/cgroup/x:y")).directory, "/sys/fs/cgroup/x:y");
  EXPECT_THAT(Refusal("cgroup:../etc"), HasSubstr("without \"..\""));
}

TEST(Constraints, Refused) {
  EXPECT_THAT(Refusal("\"\""), HasSubstr("missing value"));
  EXPECT_THAT(Refusal("\"cpuset:\""), HasSubstr("missing value"));
  EXPECT_THAT(Refusal("\"cgroup:\""), HasSubstr("missing value"));
  EXPECT_THAT(Refusal("foo:1"), HasSubstr("unknown kind \"foo\""));
  EXPECT_THAT(Refusal("foo:0-3"), HasSubstr("unknown kind \"foo\""));
  EXPECT_THAT(Refusal("node:1"), HasSubstr("unknown kind \"node\""));
  EXPECT_THAT(Refusal("cpuset:3-1"), HasSubstr("invalid CPU set \"3-1\""));
  EXPECT_THAT(Refusal("0-x"), HasSubstr("invalid CPU set \"0-x\""));
  EXPECT_THAT(Refusal("cpuset:70000"), HasSubstr("invalid CPU set"));
  EXPECT_THAT(Refusal("many"), HasSubstr("invalid value \"many\""));
  EXPECT_THAT(Refusal("1 Gi"), HasSubstr("invalid value"));
  EXPECT_THAT(Refusal("-1"), HasSubstr("expected 0 to 65536"));
  EXPECT_THAT(Refusal("1e300"), HasSubstr("expected 0 to 65536"));
  EXPECT_THAT(Refusal("\"1e9\""), HasSubstr("expected at most 65536"));
  EXPECT_THAT(Refusal(".nan"), HasSubstr("invalid value"));
  EXPECT_THAT(Refusal("true"), HasSubstr("invalid value"));
  EXPECT_THAT(Refusal("[0, 1]"), HasSubstr("invalid value a list"));
  EXPECT_THAT(Refusal("{a: b}"), HasSubstr("invalid value a mapping"));
}

TEST(Constraints, AvailableMustBeASetForTopologyAware) {
  EXPECT_THAT(Refusal("4"),
              HasSubstr("policy.AvailableResources.CPU: 4000m CPUs given as a quantity, expected a CPU"));
}

TEST(Constraints, TopologyAwareNeedsAReservation) {
  const auto refusal = [](const std::string& reserved) {
    return std::string(Message(CompileText("policy: {Active: topology-aware" + reserved + "}").status()));
  };
  EXPECT_THAT(refusal(""),
              HasSubstr("policy.ReservedResources.CPU: missing: policy topology-aware cannot start without"));
  EXPECT_THAT(refusal(", ReservedResources: {}"), HasSubstr("missing"));
  EXPECT_THAT(refusal(", ReservedResources: {cpu: 0}"), HasSubstr("cannot start without CPU reservation"));
  EXPECT_THAT(refusal(", ReservedResources: {cpu: \"0m\"}"),
              HasSubstr("cannot start without CPU reservation"));
  // One mistake, one finding.
  const Compiled typo = CompileText("policy: {Active: topology-aware, ReservedResources: {cpus: 1}}");
  EXPECT_EQ(typo.findings.size(), 1) << Message(typo.status());
}

TEST(Constraints, ReservedMustBeAvailable) {
  const auto compile = [](const std::string& reserved) {
    return CompileText(
        "policy: {Active: topology-aware, AvailableResources: {cpu: \"4-7\"}, ReservedResources: {cpu: " +
        reserved + "}}");
  };
  EXPECT_TRUE(compile("cpuset:7").ok());
  EXPECT_TRUE(compile("2").ok());
  EXPECT_THAT(Message(compile("cpuset:7-8").status()),
              HasSubstr("CPUs 8 are not in policy.AvailableResources.CPU (4-7)"));
}

}  // namespace
}  // namespace crm::config
