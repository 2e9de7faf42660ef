#include "install/payload.h"

#include <elf.h>

#include "base/status.h"
#include "gmock/gmock.h"
#include "install/paths.h"
#include "install/sha256.h"

namespace crm::install {
namespace {

using testing::HasSubstr;

std::string Line(const std::string& content, const std::string& path) {
  return Sha256Hex(content) + "  " + path + "\n";
}

FakeFileSystem::Files Good() {
  return {{"/p/VERSION", "1.2.3\n"},
          {"/p/SHA256SUMS",
           Line("d", "opt/intel/bin/cri-resmgr") + Line("i", "./opt/intel/bin/cri-resmgr-installer") + "\n"},
          {"/p/opt/intel/bin/cri-resmgr", "d"},
          {"/p/opt/intel/bin/cri-resmgr-installer", "i"}};
}

std::string Refusal(FakeFileSystem::Files files) {
  return std::string(Message(OpenPayload(FakeFileSystem(std::move(files)), "/p").status()));
}

TEST(Payload, ListsAndReadsItsFiles) {
  const FakeFileSystem files(Good());
  const auto payload = OpenPayload(files, "/p");
  ASSERT_TRUE(payload.ok()) << payload.status();
  EXPECT_EQ(payload->version, "1.2.3");
  EXPECT_EQ(payload->sha256.size(), 2u);
  EXPECT_EQ(*payload->Read(files, kDaemon), "d");
  EXPECT_TRUE(absl::IsNotFound(payload->Read(files, "/opt/other").status()));
}

TEST(Payload, AChangedFileIsRefused) {
  FakeFileSystem::Files changed = Good();
  changed["/p/opt/intel/bin/cri-resmgr"] = "x";
  const FakeFileSystem files(changed);
  const absl::Status status = OpenPayload(files, "/p")->Read(files, kDaemon).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(Message(status)), HasSubstr(Sha256Hex("d")));
}

TEST(Payload, IncompleteOrStrangeListsAreRefused) {
  FakeFileSystem::Files files = Good();
  files.erase("/p/SHA256SUMS");
  EXPECT_THAT(Refusal(files), HasSubstr("--payload"));
  files = Good();
  files.erase("/p/VERSION");
  EXPECT_THAT(Refusal(files), HasSubstr("/p/VERSION"));
  files = Good();
  files["/p/VERSION"] = "\n";
  EXPECT_THAT(Refusal(files), HasSubstr("is empty"));
  files = Good();
  files["/p/SHA256SUMS"] = Line("d", "opt/intel/bin/cri-resmgr");
  EXPECT_THAT(Refusal(files), HasSubstr("lists no opt/intel/bin/cri-resmgr-installer"));
  for (const char* path : {"etc/passwd", "/opt/x", "opt/../etc/passwd", "opt/./x", "../opt/x"}) {
    files["/p/SHA256SUMS"] = Line("d", path);
    EXPECT_THAT(Refusal(files), HasSubstr("expected a path below opt/")) << path;
  }
  files["/p/SHA256SUMS"] = "abc  opt/x\n";
  EXPECT_THAT(Refusal(files), HasSubstr("/p/SHA256SUMS:1"));
}

TEST(Payload, TheArchitectureIsRead) {
  Elf64_Ehdr header = {};
  std::copy_n(ELFMAG, SELFMAG, header.e_ident);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_machine = EM_AARCH64;
  const std::string program(reinterpret_cast<const char*>(&header), sizeof header);
  EXPECT_TRUE(CheckArchitecture(program, "aarch64").ok());
  const absl::Status refused = CheckArchitecture(program, "x86_64");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(std::string(Message(refused)), HasSubstr("built for aarch64, this node is x86_64"));
  EXPECT_FALSE(CheckArchitecture("#!/bin/sh", "x86_64").ok());
}

}  // namespace
}  // namespace crm::install
