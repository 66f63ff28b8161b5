#pragma once
// An answer as text. Three forms:
//   terminal  a table, or one `name: value` a line; sizes, times and states as people read them; U-labels
//   piped     rows: values separated by tabs, no header; an object: name, tab, value; sizes in bytes, times
//   in ISO 8601 json      the answer as metkad gave it, on one line
// Bytes from outside never reach a terminal or a tab-separated line unescaped.

#include <string>

#include "core/control/json.h"
#include "core/control/verbs.h"
#include "core/domain/objects.h"

namespace metka::metkactl {

enum class Form { terminal, piped, json };
enum class Colour { never, where_it_helps };

struct Style {
    Form form = Form::piped;
    Colour colour = Colour::never;
    Language language = Language::english; // of headings on a terminal
};

std::string show(const control::Verb& verb, const control::Json& answer, Style style);

// One value of an answer, in the style's form and language.
std::string show(const control::Field& field, const control::Json& value, Style style);

// The same; `terminal` or `piped`.
std::string show(control::Kind kind, const control::Json& value, Form form);

} // namespace metka::metkactl
