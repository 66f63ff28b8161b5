#pragma once
// Certificates of any kind, issued where they are needed.

#include <chrono>
#include <string>
#include <vector>

#include "tests/dialogues/certificate.h"

namespace metka::dialogues {

struct Wish {
    std::string common_name;
    std::vector<std::string> names = {}; // DNS names
    std::chrono::sys_seconds not_before;
    std::chrono::sys_seconds not_after;
};

Certificate issue(const Wish& wish);                            // signed by itself
Certificate issue(const Wish& wish, const Certificate& issuer); // with the issuer's chain behind it
std::string with_passphrase(const std::string& key_pem, const std::string& passphrase);

} // namespace metka::dialogues
