#pragma once
// What metka-errand(8) answers: one frame, on the descriptor on which every program of metkad's has its wire,
// then it ends. A fault travels as sys::encode_error() has it. What it is to do stands in its arguments:
//
//     metka-errand link HOME TARGET     as the user: HOME/Maildir leads to TARGET, unless something is there
//     metka-errand measure HOME UID     with the power to read: what the home of that user takes
//     metka-errand clear                as its owner: empties the folder on descriptor `folder_descriptor`

#include <cstdint>

#include "core/base/bytes.h"

namespace metka::household {

constexpr int folder_descriptor = 4;

struct Linked {
    static constexpr std::uint16_t kind = 0x0010;
    bool made = false; // false: something of that name was there, and is left as it was
    void fields(auto& each) { each(made); }
};
struct Measured {
    static constexpr std::uint16_t kind = 0x0011;
    Bytes used;                   // blocks on disk; a file with several names counts once
    std::uint64_t unreadable = 0; // folders that could not be read
    void fields(auto& each) { each(used), each(unreadable); }
};
struct Cleared {
    static constexpr std::uint16_t kind = 0x0012;
    std::uint64_t left = 0; // files and folders that could not be removed
    void fields(auto& each) { each(left); }
};

} // namespace metka::household
