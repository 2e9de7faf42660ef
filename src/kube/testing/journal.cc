#include "kube/testing/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/crc.hpp>
#include <cerrno>

#include "base/fs.h"
#include "base/status.h"
#include "fmt/format.h"

namespace crm::kube::testing {

namespace {

constexpr size_t kChecksumDigits = 8;

std::string Line(std::string_view record) {
  boost::crc_32_type crc;
  crc.process_bytes(record.data(), record.size());
  return fmt::format("{:08x} {}\n", crc.checksum(), record);
}

bool Intact(std::string_view line) {
  if (line.size() < kChecksumDigits + 1) return false;
  const std::string expected = Line(line.substr(kChecksumDigits + 1));
  return std::string_view(expected).substr(0, expected.size() - 1) == line;
}

absl::Status WriteAll(int file, std::string_view data, const std::string& path) {
  while (!data.empty()) {
    const ssize_t written = ::write(file, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoError(errno, fmt::format("write {}", path));
    data.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(
    const std::string& directory, const std::function<absl::Status(std::string_view record)>& replay) {
  CRM_RETURN_IF_ERROR(RealFileSystem().MakeDirectories(directory, 0700));
  std::unique_ptr<Journal> journal(new Journal(directory));
  journal->path_ = directory + "/journal";
  const std::string lock_path = directory + "/lock";
  journal->lock_ = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (journal->lock_ < 0) return ErrnoError(errno, fmt::format("open {}", lock_path));
  if (::flock(journal->lock_, LOCK_EX | LOCK_NB) != 0) {
    return FailedPrecondition("data directory {} is in use by another process", directory);
  }
  journal->file_ = ::open(journal->path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
  if (journal->file_ < 0) return ErrnoError(errno, fmt::format("open {}", journal->path_));
  CRM_RETURN_IF_ERROR(journal->ReadAll(replay));
  return journal;
}

Journal::~Journal() {
  if (file_ >= 0) ::close(file_);
  if (lock_ >= 0) ::close(lock_);
}

absl::Status Journal::ReadAll(const std::function<absl::Status(std::string_view record)>& replay) {
  CRM_ASSIGN_OR_RETURN(const std::string content, RealFileSystem().Read(path_));
  std::string_view rest = content;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const bool whole = end != std::string_view::npos;
    const std::string_view line = rest.substr(0, end);
    const bool last = !whole || end + 1 == rest.size();
    if (!whole || !Intact(line)) {
      if (!last) {
        return absl::DataLossError(fmt::format("{}: line {}: checksum does not match", path_, records_ + 1));
      }
      const auto good = static_cast<off_t>(content.size() - rest.size());
      if (::ftruncate(file_, good) != 0) return ErrnoError(errno, fmt::format("truncate {}", path_));
      break;
    }
    CRM_RETURN_IF_ERROR(
        Annotate(replay(line.substr(kChecksumDigits + 1)), fmt::format("{}: line {}", path_, records_ + 1)));
    ++records_;
    rest.remove_prefix(end + 1);
  }
  return absl::OkStatus();
}

absl::Status Journal::Append(std::string_view record) {
  if (!broken_.ok()) return broken_;
  absl::Status status = WriteAll(file_, Line(record), path_);
  if (status.ok() && ::fdatasync(file_) != 0) status = ErrnoError(errno, fmt::format("fdatasync {}", path_));
  if (!status.ok()) broken_ = status;
  if (status.ok()) ++records_;
  return status;
}

absl::Status Journal::Rewrite(const std::vector<std::string>& records) {
  if (!broken_.ok()) return broken_;
  std::string content;
  for (const std::string& record : records) content += Line(record);
  CRM_RETURN_IF_ERROR(RealFileSystem().WriteAtomically(path_, content, 0600));
  const int fresh = ::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_APPEND);
  if (fresh < 0) {
    broken_ = ErrnoError(errno, fmt::format("open {}", path_));
    return broken_;
  }
  ::close(file_);
  file_ = fresh;
  records_ = records.size();
  return absl::OkStatus();
}

}  // namespace crm::kube::testing
