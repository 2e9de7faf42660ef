#include "gardener/image_vector.h"

#include "gtest/gtest.h"

// The numbers are those of the test vectors of spec 60.
namespace crm::gardener {
namespace {

ImageVector Vector(std::string_view yaml) {
  auto parsed = ImageVector::Parse(yaml);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? *parsed : ImageVector();
}

std::string Found(const ImageVector& vector, const ImageQuery& query) {
  const auto found = vector.Find("n", query);
  return found.ok() ? *found : std::string(found.status().message());
}

TEST(ImageVector, Vector40TargetVersion) {
  const ImageVector vector = Vector(R"(images:
- {name: n, repository: r, tag: a, targetVersion: 1.26.x}
- {name: n, repository: r, tag: b, targetVersion: ">= 1.27"}
)");
  EXPECT_EQ(Found(vector, {.target_version = "1.27.1"}), "r:b");
  EXPECT_EQ(Found(vector, {.target_version = "v1.26.3-gke.1"}), "r:a");
  EXPECT_NE(Found(vector, {.target_version = "1.25.0"}).find("could not find image \"n\" opts"),
            std::string::npos);
  EXPECT_FALSE(vector.Find("n", {.target_version = "one"}).ok());
}

TEST(ImageVector, Vector41ExactConstraintsWin) {
  const ImageVector vector = Vector(R"(images:
- {name: n, repository: r, tag: a}
- {name: n, repository: r, tag: b, targetVersion: "= 1.29.4"}
- {name: n, repository: r, tag: c, targetVersion: ">= 1.29"}
)");
  EXPECT_EQ(Found(vector, {.target_version = "1.29.4"}), "r:b");
  EXPECT_EQ(Found(vector, {.target_version = "1.29.5"}), "r:c");
  EXPECT_EQ(Found(vector, {.target_version = "1.28.0"}), "r:a");
  EXPECT_EQ(Found(vector, {}), "r:a") << "ties go to the first";
}

TEST(ImageVector, Vector42Architecture) {
  const ImageVector vector = Vector(R"(images:
- {name: n, repository: r, tag: a, architectures: [amd64, arm64]}
- {name: n, repository: r, tag: b, architectures: [arm64]}
)");
  EXPECT_EQ(Found(vector, {.architecture = "arm64"}), "r:b");
  EXPECT_EQ(Found(vector, {.architecture = "amd64"}), "r:a");
  EXPECT_EQ(Found(vector, {}), "r:a");
  EXPECT_FALSE(vector.Find("n", {.architecture = "riscv64"}).ok());
}

TEST(ImageVector, Vector43References) {
  EXPECT_EQ(Found(Vector("images: [{name: n, repository: repo, tag: 'sha256:ab'}]"), {}), "repo@sha256:ab");
  EXPECT_EQ(Found(Vector("images: [{name: n, repository: repo, tag: 'v1@sha256:ab'}]"), {}),
            "repo:v1@sha256:ab");
  const ImageVector untagged = Vector("images: [{name: n, repository: repo}]");
  EXPECT_EQ(Found(untagged, {.target_version = "1.30.2"}), "repo:v1.30.2");
  EXPECT_EQ(Found(untagged, {}), "repo");
}

TEST(ImageVector, Vector44Overwrite) {
  const ImageVector base = Vector("images: [{name: n, repository: r1, tag: t}]");
  EXPECT_EQ(Found(base.OverriddenBy(Vector("images: [{name: n, repository: r2}]")), {}), "r2:t");
  EXPECT_EQ(Found(base.OverriddenBy(Vector("images: [{name: n, ref: 'x/y:z'}]")), {}), "x/y:z");
  const ImageVector by_ref = Vector("images: [{name: n, ref: 'x/y:z'}]");
  EXPECT_EQ(Found(by_ref.OverriddenBy(Vector("images: [{name: n, repository: r2}]")), {}), "r2");
  const ImageVector added =
      base.OverriddenBy(Vector("images: [{name: n, repository: r3, targetVersion: 1.30.x}]"));
  EXPECT_EQ(added.sources().size(), 2u);
  EXPECT_EQ(Found(added, {.target_version = "1.30.1"}), "r3:v1.30.1");
}

TEST(ImageVector, Vector45Refusals) {
  for (std::string_view bad :
       {"images: [{name: n}]", "images: [{repository: r}]", "images: [{name: n, repository: r, ref: x}]",
        "images: [{name: n, repository: r, targetVersion: nonsense}]", "images: [{name: n, repository: ''}]",
        "images: {}", "[]", "images: [", "images: [{name: n, ref: x, tag: t}]",
        "images: [{name: n, repository: r, architectures: amd64}]"}) {
    EXPECT_FALSE(ImageVector::Parse(bad).ok()) << bad;
  }
  const auto parsed = ImageVector::Parse("images: [{name: m, repository: r}, {name: n}]");
  EXPECT_EQ(parsed.status().message(),
            "image vector: images[1]: n: expected either ref or repository, found neither");
}

TEST(ImageVector, DefaultHoldsBothImages) {
  for (std::string_view name :
       {"gardener-extension-cri-resmgr-agent", "gardener-extension-cri-resmgr-installation"}) {
    EXPECT_EQ(*ImageVector::Default().Find(name, {.target_version = "1.30.1"}),
              "localhost:5001/gardener-extension-cri-resmgr-installation-and-agent:latest");
  }
}

TEST(ImageVectorFile, IsReadAgainWhenItChanges) {
  FakeFileSystem fs(std::map<std::string, std::string>{{"/o", "images: [{name: n, repository: r1}]"}});
  auto file = ImageVectorFile::Open(fs, "/o");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Found((*file)->Current(), {}), "r1");
  ASSERT_TRUE(fs.Write("/o", "images: [{name: n, repository: r2}]").ok());
  EXPECT_EQ(Found((*file)->Current(), {}), "r2");
  ASSERT_TRUE(fs.Write("/o", "images: [{name: n}]").ok());
  EXPECT_EQ(Found((*file)->Current(), {}), "r2") << "a broken file changes nothing";
  EXPECT_FALSE(ImageVectorFile::Open(fs, "/o").ok());
  EXPECT_FALSE(ImageVectorFile::Open(fs, "/missing").ok());
  EXPECT_TRUE(ImageVectorFile::Open(fs, "").ok());
}

}  // namespace
}  // namespace crm::gardener
