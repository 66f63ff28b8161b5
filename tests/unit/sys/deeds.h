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
constexpr unsigned by_link = 16; // the errands of metka-errand
constexpr unsigned by_measure = 32;
constexpr unsigned by_clear = 64;
constexpr unsigned by_programs = by_store | by_smtp | by_access | by_auth;
constexpr unsigned by_errands = by_link | by_measure | by_clear;
constexpr unsigned by_all = by_programs | by_errands;

struct Deed {
    const char* name; // after "can"
    unsigned allowed;
    bool (*attempt)(const Scene&, const Held&); // true: done; otherwise errno says why not
};

const std::vector<Deed>& deeds();

} // namespace metka::sys
