#pragma once
// What DNS says of a domain, for the proof of ownership and `domain check`. metkad speaks no DNS: it starts
// metka-resolver(8), a program that may do nothing else, and takes its answer.

#include <cstdint>
#include <string>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/domain/domain_name.h"
#include "core/policy/ownership.h"
#include "core/settings/settings.h"

namespace metka::metkad {

class Resolver {
  public:
    virtual ~Resolver() = default;
    // unavailable: no server answered within 10 s, or the answer was bogus (DNSSEC).
    virtual asio::awaitable<Result<policy::DomainRecords>> ask(DomainName domain) = 0;
};

// A process for each question; it is ended when it has answered, or after 15 s.
class ProgramResolver final : public Resolver {
  public:
    ProgramResolver(asio::any_io_executor executor, const settings::Settings& settings)
        : executor_(std::move(executor)), settings_(settings)
    {
    }
    asio::awaitable<Result<policy::DomainRecords>> ask(DomainName domain) override;

  private:
    asio::any_io_executor executor_;
    const settings::Settings& settings_; // outlives it
};

} // namespace metka::metkad
