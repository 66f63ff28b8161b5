#pragma once
// Asking DNS through libunbound: all questions at once, one deadline for all. What was made before
// confinement opens nothing but sockets after it.
//
// Validation (DNSSEC) is the servers': one that validates answers SERVFAIL for what is bogus.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/policy/ownership.h"

namespace metka::resolver {

constexpr auto patience = std::chrono::seconds(10);

class Inquiry {
  public:
    // invalid: a server that is no address; internal: libunbound would not begin.
    static Result<Inquiry> prepare(const std::vector<std::string>& servers);

    // Once. unavailable: no answer in time, a refusal, or a bogus answer. What does not exist is empty.
    Result<policy::DomainRecords> ask(const std::string& domain,
                                      std::chrono::milliseconds deadline = patience);

  private:
    struct Library;
    explicit Inquiry(std::shared_ptr<Library> library) : library_(std::move(library)) {}
    std::shared_ptr<Library> library_;
};

} // namespace metka::resolver
