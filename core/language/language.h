#pragma once
// What people read, in their own language. The English text is the key: a sentence that no catalogue
// (config/translations) has is said in English. The catalogues are part of the program: nothing is opened.
// Any thread may call.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/phrase.h"
#include "core/base/result.h"
#include "core/domain/date.h"
#include "core/domain/objects.h"

namespace metka::language {

// A number of things, in the form that its number wants: {"{} day is left", "{} days are left", 3}. Literals,
// each with one {}.
// {}.
struct Counted {
    std::string_view one;
    std::string_view many;
    std::uint64_t count = 0;
};

std::string say(Language language, const Phrase& phrase);
std::string say(Language language, const Counted& counted); // "pozostały 3 dni"
std::string say(Language language, const Error& error);     // its text where it has no translation
std::string say(Language language, const Date& date);       // "31 grudnia 2027", "31 December 2027"
std::string say(Language language, Bytes bytes);            // "1,5 GiB", "1.5 GiB"

} // namespace metka::language
