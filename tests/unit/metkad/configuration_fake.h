#pragma once
// The configuration of an instance without files and programs: generations are settings in a list.

#include <map>
#include <string>
#include <vector>

#include "tests/unit/metkad/fakes.h"

namespace metka::metkad::test {

struct ListedConfiguration final : Configuration {
    ListedConfiguration(Troubles& t, settings::Settings& s, directory::Registry& r, const Clock& c)
        : troubles(t), in_force(s), registry(r), clock(c)
    {
    }

    Result<settings::Loaded> files() const override;
    std::vector<std::string> file_names() const override { return {"metka.yaml"}; }
    std::uint64_t running() const override { return number; }
    std::vector<std::uint64_t> generations() const override;
    Result<settings::Settings> settings_of(std::uint64_t generation) const override;
    asio::awaitable<Result<Comparison>> check() override;
    Result<Comparison> compare_files() const override;
    Result<Comparison> compare(std::uint64_t generation) const override;
    asio::awaitable<Result<Switched>> apply(SwitchOrder order) override;
    asio::awaitable<Result<Switched>> roll_back(std::uint64_t generation, SwitchOrder order) override;
    Result<std::vector<directory::SwitchEntry>> history(std::size_t most) const override;
    asio::awaitable<Result<std::int64_t>> restart(household::Program program) override;
    std::vector<CertificateRow> certificates() const override { return certificate_rows; }
    std::vector<std::string> problems() const override { return remarks; }

    Result<Switched> switch_to(std::uint64_t generation, const settings::Settings& settings,
                               const SwitchOrder& order);

    Troubles& troubles;
    settings::Settings& in_force;
    directory::Registry& registry;
    const Clock& clock;
    std::string yaml; // what metka.yaml says now
    std::uint64_t number = 1;
    std::map<std::uint64_t, settings::Settings> past;
    std::vector<CertificateRow> certificate_rows;
    std::vector<std::string> remarks;
};

} // namespace metka::metkad::test
