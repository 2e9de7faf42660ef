#include "install/unit_file.h"

#include "gmock/gmock.h"

namespace crm::install {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(UnitFile, SettingsKnowTheirSection) {
  const std::vector<UnitSetting> settings =
      ParseUnit("[Unit]\nAfter=a b\n# c=d\n\n[Service]\nExecStart = /x y\n");
  ASSERT_EQ(settings.size(), 2u);
  EXPECT_EQ(settings[0].section + "/" + settings[0].key + "/" + settings[0].value, "Unit/After/a b");
  EXPECT_EQ(settings[1].section + "/" + settings[1].key + "/" + settings[1].value, "Service/ExecStart//x y");
}

TEST(UnitFile, ContinuationsAreJoinedAndKeepTheirRange) {
  const std::string text = "[Service]\nExecStart=/x \\\n    --a \\\n# comment\n    --b\nRestart=always\n";
  const std::vector<UnitSetting> settings = ParseUnit(text);
  ASSERT_EQ(settings.size(), 2u);
  EXPECT_EQ(settings[0].value, "/x --a --b");
  EXPECT_EQ(text.substr(settings[0].begin, settings[0].end - settings[0].begin),
            "/x \\\n    --a \\\n# comment\n    --b");
  EXPECT_EQ(settings[1].key, "Restart");
}

TEST(UnitFile, ABackslashAtTheVeryEndIsNoTrap) {
  EXPECT_EQ(ParseUnit("[S]\nA=b \\").at(0).value, "b");
  EXPECT_EQ(ParseUnit("[S]\nA=b \\\n# c").at(0).value, "b");
}

TEST(UnitFile, AnEmptyValueEmptiesTheList) {
  EXPECT_THAT(EffectiveList({"[Service]\nExecStart=/a\n", "[Service]\nExecStart=\nExecStart=/b\n"}, "Service",
                            "ExecStart"),
              ElementsAre("/b"));
  EXPECT_THAT(EffectiveList({"[Unit]\nExecStart=/a\n"}, "Service", "ExecStart"), IsEmpty());
}

}  // namespace
}  // namespace crm::install
