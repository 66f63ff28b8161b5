#pragma once
// A self-signed certificate, made where it is needed: no key is ever kept in the tree.

#include <string>

namespace metka::dialogues {

struct Certificate {
    std::string chain_pem;
    std::string key_pem;
};

Certificate make_certificate(const std::string& host); // ECDSA P-256, good for a day

} // namespace metka::dialogues
