#pragma once
// A password or token on its way through: moved, never copied, never printed, wiped when it goes.

#include <string>
#include <string_view>

namespace metka {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string_view bytes);
    Secret(Secret&&) noexcept;
    Secret& operator=(Secret&&) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();

    static Secret take(std::string&& bytes); // and wipes what it took from
    static Secret random_password();         // 20 characters that are easy to read out, 100 bits

    std::string_view reveal() const { return bytes_; } // only where it is used up: hashing, a frame, a prompt
    bool empty() const { return bytes_.empty(); }
    bool same_as(std::string_view) const; // in time that depends on the lengths alone

  private:
    std::string bytes_;
};

void wipe(std::string&) noexcept;

} // namespace metka
