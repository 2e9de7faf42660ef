#include "install/words.h"

#include "gmock/gmock.h"

namespace crm::install {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Texts(std::string_view text) {
  std::vector<std::string> texts;
  for (const Word& word : SplitWords(text)) texts.push_back(word.text);
  return texts;
}

TEST(Words, SplitAtBlanks) {
  EXPECT_THAT(Texts(" /usr/bin/kubelet  --v=2\t-x "), ElementsAre("/usr/bin/kubelet", "--v=2", "-x"));
  EXPECT_THAT(Texts(" \n "), IsEmpty());
}

TEST(Words, QuotesGroupAndVanish) {
  EXPECT_THAT(Texts(R"(a="b c" 'd "e' f\ g)"), ElementsAre("a=b c", "d \"e", "f g"));
  EXPECT_THAT(Texts("\"open end"), ElementsAre("open end"));
  EXPECT_THAT(Texts("end\\"), ElementsAre("end"));
}

TEST(Words, ContinuationsAreBlanksAndTheirCommentsAreSkipped) {
  EXPECT_THAT(Texts("kubelet \\\n    --v=2\\\n--x \\\n  # --no=1 \\\n ; --neither\n --last"),
              ElementsAre("kubelet", "--v=2", "--x", "--last"));
}

TEST(Words, ASignInsideALineIsNoComment) { EXPECT_THAT(Texts("#a b #c"), ElementsAre("#a", "b", "#c")); }

TEST(Words, PositionsCutTheTextExactly) {
  const std::string text = "a \"b c\"=d e";
  const std::vector<Word> words = SplitWords(text);
  ASSERT_EQ(words.size(), 3u);
  EXPECT_EQ(text.substr(words[1].begin, words[1].end - words[1].begin), "\"b c\"=d");
}

TEST(Words, QuotedForAUnitComeBack) {
  const std::string odd = "A=b \"c\" d\\e";
  EXPECT_THAT(Texts(QuoteForUnit(odd)), ElementsAre(odd));
  EXPECT_EQ(QuoteForUnit("100%"), "\"100%%\"");
}

}  // namespace
}  // namespace crm::install
