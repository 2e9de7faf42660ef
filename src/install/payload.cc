#include "install/payload.h"

#include <elf.h>

#include <algorithm>

#include "base/status.h"
#include "install/paths.h"
#include "install/sha256.h"

namespace crm::install {
namespace {

constexpr size_t kDigits = 64;

std::string_view TrimEnd(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  return text;
}

bool IsHash(std::string_view text) {
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool HasDots(const std::string& path) {
  return ("/" + path + "/").find("/../") != std::string::npos ||
         ("/" + path + "/").find("/./") != std::string::npos;
}

absl::Status ReadSums(std::string_view text, const std::string& name,
                      std::map<std::string, std::string>& sums) {
  int number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = TrimEnd(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty()) continue;
    if (line.size() < kDigits + 3 || !IsHash(line.substr(0, kDigits)) || line[kDigits] != ' ') {
      return Error(absl::StatusCode::kDataLoss, "{}:{}: expected \"<64 hexadecimal digits>  <path>\"", name,
                   number);
    }
    std::string path(line.substr(kDigits + 2));
    if (path.starts_with("./")) path.erase(0, 2);
    if (!path.starts_with("opt/") || HasDots(path)) {
      return Error(absl::StatusCode::kDataLoss, "{}:{}: \"{}\": expected a path below opt/", name, number,
                   path);
    }
    sums["/" + path] = std::string(line.substr(0, kDigits));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> Payload::Read(const FileSystem& files, const std::string& path) const {
  const auto expected = sha256.find(path);
  if (expected == sha256.end()) return NotFound("{} is not in the payload {}", path, folder);
  CRM_ASSIGN_OR_RETURN(std::string content, files.Read(folder + path));
  if (const std::string found = Sha256Hex(content); found != expected->second) {
    return Error(absl::StatusCode::kDataLoss, "{}{}: SHA-256 {}, expected {} as SHA256SUMS says", folder,
                 path, found, expected->second);
  }
  return content;
}

absl::StatusOr<Payload> OpenPayload(const FileSystem& files, const std::string& folder) {
  Payload payload;
  payload.folder = folder;
  const std::string sums = folder + "/SHA256SUMS";
  absl::StatusOr<std::string> text = files.Read(sums);
  if (!text.ok()) return Annotate(text.status(), "payload (see --payload)");
  CRM_RETURN_IF_ERROR(ReadSums(*text, sums, payload.sha256));
  absl::StatusOr<std::string> version = files.Read(folder + "/VERSION");
  if (!version.ok()) return Annotate(version.status(), "payload");
  payload.version = std::string(TrimEnd(*version));
  if (payload.version.empty()) return InvalidArgument("{}/VERSION is empty, expected the version", folder);
  for (const char* needed : {kDaemon, kInstaller}) {
    if (payload.sha256.count(needed) == 0) return NotFound("{} lists no {}", sums, needed + 1);
  }
  return payload;
}

absl::Status CheckArchitecture(std::string_view program, std::string_view machine) {
  Elf64_Ehdr header;
  if (program.size() < sizeof header || !program.starts_with(std::string_view(ELFMAG, SELFMAG)) ||
      program[EI_CLASS] != ELFCLASS64) {
    return InvalidArgument("the payload's {} is no 64-bit ELF program", kDaemon);
  }
  std::copy_n(program.data(), sizeof header, reinterpret_cast<char*>(&header));
  const std::string_view built = header.e_machine == EM_X86_64    ? "x86_64"
                                 : header.e_machine == EM_AARCH64 ? "aarch64"
                                                                  : "another architecture";
  if (built == machine) return absl::OkStatus();
  return FailedPrecondition("the payload's {} is built for {}, this node is {}", kDaemon, built, machine);
}

}  // namespace crm::install
