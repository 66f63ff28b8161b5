#pragma once
// What every mode of the load generator has: options, whom it talks to, pieces of work, sums.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace metka::bench {

// What was said on the command line, each option with its least use: a word that is not there is a fault.
class Options {
  public:
    Options(int count, char** words);
    std::string text(const std::string& name, const std::string& otherwise) const;
    unsigned number(const std::string& name) const;
    unsigned number(const std::string& name, unsigned otherwise) const;
    bool says(const std::string& name, const std::string& value) const { return text(name, "") == value; }

  private:
    std::map<std::string, std::string> values_;
};

struct Target {
    std::string host;
    std::uint16_t port = 0;
    unsigned boxes = 1;
    unsigned first = 0;
    std::string domain;
    std::string password;

    explicit Target(const Options& options);
    std::string box(unsigned number) const;
};

struct Sums {
    std::atomic<std::uint64_t> messages = 0;
    std::atomic<std::uint64_t> octets = 0;
    std::atomic<std::uint64_t> resumed = 0; // TLS sessions
};

// Numbers to take until there are none left, by one thread a connection.
class Work {
  public:
    explicit Work(unsigned pieces) : pieces_(pieces) {}
    bool next(unsigned& number);
    // Runs so many workers to their end, and prints what the whole took.
    void run(unsigned connections, const Sums& sums, const std::function<void()>& worker);

  private:
    std::atomic<unsigned> taken_ = 0;
    unsigned pieces_;
};

// Runs it in so many threads, and waits for all of them.
void in_threads(unsigned count, const std::function<void()>& worker);

// Prints "ready" and waits for a line, or the end of the input.
void await_a_word();

} // namespace metka::bench
