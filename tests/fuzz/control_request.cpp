// One line at the control socket, as anybody on the machine may send it.
//
// Properties: what is refused is refused with a code and a sentence, and its answer is one line that metkactl
// reads back as an error; what is accepted has a method of the table, and its parameters either read or name
// the field.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/text.h"
#include "core/control/arguments.h"
#include "core/control/request.h"

using namespace metka;
using namespace metka::control;

namespace {

void demand(bool holds)
{
    if (!holds) std::abort();
}

void check_refusal(const Refusal& refusal)
{
    demand(!refusal.error.text.empty() && is_utf8(refusal.error.text));
    const auto line = refusal_line(refusal);
    demand(line.find('\n') == line.size() - 1);
    const auto read_back = parse_answer(line, 1);
    demand(!read_back && read_back.error().fault == refusal.error.fault);
}

void check_arguments(const Request& request)
{
    const auto arguments = Arguments::read(*request.verb, request.params);
    if (!arguments) {
        demand(!arguments.error().field.empty());
        check_refusal({request.id, Code::bad_params, arguments.error()});
        return;
    }
    for (const auto& parameter : request.verb->parameters)
        if (parameter.need != Need::optional && parameter.type != Type::password)
            demand(arguments->has(parameter.name));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view line(reinterpret_cast<const char*>(bytes), size);
    if (const auto json = parse_json(line)) {
        const auto again = parse_json(to_text(*json));
        demand(again.has_value() && to_text(*again) == to_text(*json));
    }
    const auto request = parse_request(line);
    if (!request)
        check_refusal(request.error());
    else
        check_arguments(*request);
    return 0;
}
