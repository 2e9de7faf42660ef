#include "install/journal.h"

#include "base/status.h"
#include "gmock/gmock.h"

namespace crm::install {
namespace {

using testing::HasSubstr;

Journal Sample() {
  Journal journal;
  journal.version = "1.2.3";
  journal.time = absl::FromUnixSeconds(1700000000);
  journal.strategy = "auto";
  journal.files["/opt/intel/bin/cri-resmgr"] = {"aa", std::nullopt};
  journal.files["/etc/default/cri-resource-manager"] = {"bb", SavedFile{"A=\xff\x00 b", 0600}};
  journal.directories = {"/opt/intel", "/opt/intel/bin"};
  journal.wiring =
      Journal::Wiring{"extra-args", "/var/lib/kubelet/extra_args", SavedFile{"KUBELET_EXTRA_ARGS=\n", 0640},
                      "/run/ours.sock", "/run/theirs.sock"};
  journal.kubelet_restarts = {absl::FromUnixSeconds(1700000001), absl::FromUnixSeconds(1700000002)};
  journal.loaded_force = "cc";
  return journal;
}

TEST(Journal, ComesBackAsItWasWritten) {
  const std::string text = SerializeJournal(Sample());
  const auto journal = ParseJournal(text);
  ASSERT_TRUE(journal.ok()) << journal.status();
  EXPECT_EQ(SerializeJournal(*journal), text);
  EXPECT_EQ(journal->wiring->original->content, "KUBELET_EXTRA_ARGS=\n");
  EXPECT_EQ(journal->wiring->original->mode, 0640);
  EXPECT_EQ(journal->files.at("/etc/default/cri-resource-manager").original->content,
            Sample().files.at("/etc/default/cri-resource-manager").original->content);
  EXPECT_FALSE(journal->files.at("/opt/intel/bin/cri-resmgr").original.has_value());
  EXPECT_EQ(journal->kubelet_restarts, Sample().kubelet_restarts);
  EXPECT_EQ(journal->directories, Sample().directories);
  EXPECT_EQ(journal->loaded_force, "cc");
}

TEST(Journal, AFileThatDidNotExistDiffersFromAnEmptyOne) {
  Journal journal = Sample();
  journal.wiring->original.reset();
  EXPECT_FALSE(ParseJournal(SerializeJournal(journal))->wiring->original.has_value());
  journal.wiring->original = SavedFile{"", 0644};
  EXPECT_TRUE(ParseJournal(SerializeJournal(journal))->wiring->original.has_value());
}

TEST(Journal, RefusesWhatIsNoJournal) {
  for (const char* text :
       {"", "[]", "{", "{}", R"({"format": 2})", R"({"format": 1, "files": {"/a": {}}})",
        R"({"format": 1, "kubelet": {"strategy": "x"}})", R"({"format": 1, "version": 3})",
        R"({"format": 1, "files": {"/a": {"sha256": "x", "original": {"mode": 1, "base64": "!"}}}})"}) {
    EXPECT_TRUE(absl::IsDataLoss(ParseJournal(text).status())) << text;
  }
  EXPECT_THAT(std::string(Message(ParseJournal(R"({"format": 2})").status())), HasSubstr("expected 1"));
}

}  // namespace
}  // namespace crm::install
