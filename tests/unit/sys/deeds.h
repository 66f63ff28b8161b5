#pragma once
// What a program that was taken over would try, and the few who may.

#include <vector>

#include "tests/unit/sys/scene.h"

namespace metka::sys {

constexpr unsigned by_nobody = 0;
constexpr unsigned by_store = 1;
constexpr unsigned by_smtp = 2;
constexpr unsigned by_access = 4;
constexpr unsigned by_auth = 8;
constexpr unsigned by_all = 15;

struct Deed {
    const char* name; // after "can"
    unsigned allowed;
    bool (*attempt)(const Scene&, const Held&); // true: done; otherwise errno says why not
};

const std::vector<Deed>& deeds();

} // namespace metka::sys
