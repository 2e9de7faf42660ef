#include "kube/token_source.h"

#include "absl/time/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/status.h"

namespace crm::kube {
namespace {

constexpr absl::Duration kOldest = absl::Minutes(1);

}  // namespace

std::string TokenSource::Current() {
  absl::MutexLock lock(&mutex_);
  if (!file_.empty() && absl::Now() - read_at_ > kOldest) ReadLocked();
  return token_;
}

bool TokenSource::Refresh(const std::string& used) {
  absl::MutexLock lock(&mutex_);
  if (!file_.empty()) ReadLocked();
  return token_ != used;
}

void TokenSource::ReadLocked() {
  read_at_ = absl::Now();
  absl::StatusOr<std::string> text = RealFileSystem().Read(file_);
  if (!text.ok()) {
    Logger("kube").Warning("token file: {}; the last token stays in use", Message(text.status()));
    return;
  }
  size_t end = text->find_last_not_of(" \t\r\n");
  size_t begin = text->find_first_not_of(" \t\r\n");
  if (end == std::string::npos) {
    Logger("kube").Warning("token file {}: empty; the last token stays in use", file_);
    return;
  }
  token_ = text->substr(begin, end - begin + 1);
}

}  // namespace crm::kube
