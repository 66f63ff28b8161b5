#include "tests/bench/work.h"

#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include "tests/bench/connection.h"

namespace metka::bench {

namespace {

double cpu_seconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

} // namespace

Options::Options(int count, char** words)
{
    for (int n = 2; n < count; ++n) {
        const std::string word = words[n];
        const auto equals = word.find('=');
        if (!word.starts_with("--") || equals == std::string::npos)
            give_up("an option is --NAME=VALUE, not " + word);
        values_[word.substr(2, equals - 2)] = word.substr(equals + 1);
    }
}

std::string Options::text(const std::string& name, const std::string& otherwise) const
{
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
}

unsigned Options::number(const std::string& name) const
{
    if (!values_.contains(name)) give_up("--" + name + " is missing");
    return number(name, 0);
}

unsigned Options::number(const std::string& name, unsigned otherwise) const
{
    return static_cast<unsigned>(std::stoul(text(name, std::to_string(otherwise))));
}

Target::Target(const Options& options)
    : host(options.text("host", "127.0.0.1")),
      port(static_cast<std::uint16_t>(options.number("port"))),
      boxes(options.number("boxes")),
      first(options.number("first", 0)),
      domain(options.text("domain", "")),
      password(options.text("password", ""))
{
}

std::string Target::box(unsigned number) const
{
    return "box" + std::to_string(first + number % boxes) + "@" + domain;
}

bool Work::next(unsigned& number)
{
    number = taken_++;
    return number < pieces_;
}

void Work::run(unsigned connections, const Sums& sums, const std::function<void()>& worker)
{
    const double cpu_before = cpu_seconds();
    const auto began = std::chrono::steady_clock::now();
    in_threads(connections, worker);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const auto count = [](const auto& sum) { return static_cast<unsigned long long>(sum.load()); };
    std::printf("%u %llu %llu %.6f %llu %.6f\n", pieces_, count(sums.messages), count(sums.octets),
                took.count(), count(sums.resumed), cpu_seconds() - cpu_before);
}

void in_threads(unsigned count, const std::function<void()>& worker)
{
    std::vector<std::thread> threads;
    threads.reserve(count);
    for (unsigned n = 0; n < count; ++n)
        threads.emplace_back(worker);
    for (auto& thread : threads)
        thread.join();
}

void await_a_word()
{
    std::puts("ready");
    std::fflush(stdout);
    for (int got = std::getchar(); got != '\n' && got != EOF;)
        got = std::getchar();
}

} // namespace metka::bench
