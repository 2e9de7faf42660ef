#include "http/endpoints.h"

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "http/percent.h"
#include "metrics/registry.h"

namespace crm::http {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Response Get(const Router& router, const std::string& path, const std::string& query = "") {
  Request request;
  request.method = "GET";
  request.path = path;
  request.query = query;
  return router.Route(request);
}

TEST(EndpointsTest, HealthIsOkWithoutChecks) {
  HealthChecks checks;
  Router router;
  ServeHealth(router, "/healthz", checks);
  EXPECT_EQ(Get(router, "/healthz").status, 200);
  EXPECT_EQ(Get(router, "/healthz").body, "ok");
  EXPECT_EQ(Get(router, "/healthzz").status, 404);
}

TEST(EndpointsTest, OneFailedCheckIsEnough) {
  HealthChecks checks;
  absl::Status caches = absl::UnavailableError("not synced");
  checks.Add("caches", [&] { return caches; });
  checks.Add("ping", [] { return absl::OkStatus(); });
  Router router;
  ServeHealth(router, "/readyz", checks);
  EXPECT_EQ(Get(router, "/readyz").status, 500);
  EXPECT_EQ(Get(router, "/readyz").body, "[-]caches failed: not synced\n[+]ping ok\nreadyz check failed\n");
  EXPECT_EQ(Get(router, "/readyz/ping").body, "ok");
  EXPECT_EQ(Get(router, "/readyz/caches").status, 500);
  EXPECT_EQ(Get(router, "/readyz/unknown").status, 404);
  EXPECT_EQ(Get(router, "/readyz", "exclude=caches").status, 200);
  caches = absl::OkStatus();
  EXPECT_EQ(Get(router, "/readyz").body, "ok");
  EXPECT_EQ(Get(router, "/readyz", "verbose").body, "[+]caches ok\n[+]ping ok\nreadyz check passed\n");
}

TEST(EndpointsTest, MetricsAreTheRegistrysText) {
  metrics::Registry registry;
  registry.Gauges("g", "G.").With().Set(3);
  Router router;
  ServeMetrics(router, registry);
  const Response response = Get(router, "/metrics");
  EXPECT_EQ(response.body, "# HELP g G.\n# TYPE g gauge\ng 3\n");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
}

TEST(PercentTest, Decodes) {
  EXPECT_EQ(PercentDecode("a%20b%2Fc%c3%A4"), "a b/c\xC3\xA4");
  EXPECT_EQ(PercentDecode(""), "");
  for (const char* wrong : {"%", "%2", "a%2", "%2g", "%g2", "%00", "%%"}) {
    EXPECT_EQ(PercentDecode(wrong), std::nullopt) << wrong;
  }
}

TEST(PercentTest, ReadsQueries) {
  EXPECT_THAT(QueryParameters("a=1&b=x%20+y&c&a=2&=z&d=%zz&&e="),
              ElementsAre(Pair("a", "1"), Pair("b", "x  y"), Pair("c", ""), Pair("e", "")));
  EXPECT_TRUE(QueryParameters("").empty());
}

}  // namespace
}  // namespace crm::http
