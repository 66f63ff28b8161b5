#pragma once
// The configuration of the instance that this metkad runs.

#include <functional>

#include "core/base/clock.h"
#include "daemon/metkad/configuration/certificate_watch.h"
#include "daemon/metkad/configuration/changeover.h"
#include "daemon/metkad/configuration/configuration.h"
#include "daemon/metkad/configuration/opening.h"

namespace metka::metkad {

// What it works with; all of it outlives it.
struct Premises {
    std::string config; // the path of metka.yaml
    Changing changing;
    directory::Registry& registry;
    const Clock& clock;
};

class InstanceConfiguration final : public Configuration {
  public:
    InstanceConfiguration(Premises premises, const Chosen& chosen);

    Result<settings::Loaded> files() const override;
    std::vector<std::string> file_names() const override;
    std::uint64_t running() const override { return running_.number; }
    std::vector<std::uint64_t> generations() const override { return changing_.generations.numbers(); }
    Result<settings::Settings> settings_of(std::uint64_t generation) const override;

    asio::awaitable<Result<Comparison>> check() override;
    Result<Comparison> compare_files() const override;
    Result<Comparison> compare(std::uint64_t generation) const override;

    asio::awaitable<Result<Switched>> apply(SwitchOrder order) override;
    asio::awaitable<Result<Switched>> roll_back(std::uint64_t generation, SwitchOrder order) override;
    Result<std::vector<directory::SwitchEntry>> history(std::size_t most) const override;
    asio::awaitable<Result<std::int64_t>> restart(household::Program program) override;

    std::vector<CertificateRow> certificates() const override { return changing_.certificates.rows(); }
    std::vector<std::string> problems() const override;

  private:
    Comparison compare_with(const Generation& other, const settings::Settings& settings,
                            std::string_view called) const;
    Result<void> may_apply(const Comparison& comparison, const settings::Settings& wanted,
                           const SwitchOrder& order) const;
    asio::awaitable<Result<Switched>> switch_to(Target target, SwitchOrder order,
                                                std::vector<std::string> steps);
    directory::SwitchEntry entry_for(const Target& target, const SwitchOrder& order) const;
    std::string input_of_files() const;
    bool files_say_what_runs() const;

    std::string config_;
    Changing changing_;
    directory::Registry& registry_;
    const Clock& clock_;
    Generation running_;
    std::string remark_;  // what a person must look at
    bool is_about_files_; // it says why what runs is not what the files say, and is over when they do
};

} // namespace metka::metkad
