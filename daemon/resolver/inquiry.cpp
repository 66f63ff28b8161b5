#include "daemon/resolver/inquiry.h"

#include <algorithm>
#include <array>
#include <optional>

#include <poll.h>
#include <unbound.h>

#include "core/base/text.h"
#include "core/dns/protocol.h"
#include "daemon/resolver/records.h"

namespace metka::resolver {

namespace {

using Steady = std::chrono::steady_clock;
using Records = policy::DomainRecords;

constexpr int class_in = 1, type_mx = 15, type_txt = 16; // RFC 1035 §3.2

void keep_mx(Records& records, std::string_view bytes)
{
    if (auto mx = read_mx(bytes)) records.mx.push_back(std::move(*mx));
}

void keep_text(Records& records, std::string_view bytes)
{
    if (auto text = read_text(bytes)) records.texts.push_back(std::move(*text));
}

void keep_proof(Records& records, std::string_view bytes)
{
    if (auto text = read_text(bytes)) records.proofs.push_back(std::move(*text));
}

struct Row {
    std::string_view below; // in front of the domain
    std::string_view type;
    int number;
    void (*keep)(Records&, std::string_view);
};
constexpr std::array<Row, 3> rows{{
    {"", "MX", type_mx, keep_mx},
    {"", "TXT", type_txt, keep_text},
    {"_metka.", "TXT", type_txt, keep_proof},
}};

struct Freed {
    void operator()(ub_result* result) const { ub_resolve_free(result); }
};

// One question on its way; libunbound fills it in.
struct Reply {
    bool arrived = false;
    int status = 0;
    std::unique_ptr<ub_result, Freed> result;
};

void take(void* reply, int status, ub_result* result)
{
    auto& into = *static_cast<Reply*>(reply);
    into.arrived = true;
    into.status = status;
    into.result.reset(result);
}

constexpr std::array<std::string_view, 6> refusals{"NOERROR",  "FORMERR", "SERVFAIL",
                                                   "NXDOMAIN", "NOTIMP",  "REFUSED"};

std::string refusal(int code)
{
    const auto index = static_cast<std::size_t>(code);
    return index < refusals.size() ? std::string(refusals.at(index)) : fmt::format("code {}", code);
}

Result<void> read_reply(const Row& row, const Reply& reply, const std::string& name, Records& into)
{
    if (reply.status != 0 || !reply.result)
        return fail(Fault::unavailable, "asking DNS for {} of {} failed: {}", row.type, name,
                    ub_strerror(reply.status));
    const auto& result = *reply.result;
    if (result.bogus != 0)
        return fail(Fault::unavailable, "what DNS says of {} of {} is forged or badly signed (DNSSEC)",
                    row.type, name);
    if (result.havedata == 0) {
        if (result.nxdomain != 0 || result.rcode == 0) return {};
        return fail(Fault::unavailable,
                    "the name servers could not say {} of {} ({}); look at its zone, or try later", row.type,
                    name, refusal(result.rcode));
    }
    for (std::size_t i = 0; result.data[i] != nullptr; ++i)
        row.keep(into, {result.data[i], static_cast<std::size_t>(result.len[i])});
    return {};
}

std::unexpected<Error> not_begun(int status)
{
    return fail(Fault::internal, "libunbound would not begin: {}", ub_strerror(status));
}

// do-not-query-localhost: a server on this machine is as good as any.
constexpr std::array<std::array<const char*, 2>, 3> options{{
    {"do-not-query-localhost:", "no"},
    {"module-config:", "iterator"},
    {"outgoing-range:", "64"},
}};

} // namespace

struct Inquiry::Library {
    Library() : context(ub_ctx_create()) {}
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library()
    {
        if (context != nullptr) ub_ctx_delete(context); // ends its thread, and with it every call of take()
    }

    // False: not all have arrived by then.
    bool wait(Steady::time_point until)
    {
        const auto arrived = [](const Reply& each) { return each.arrived; };
        while (!std::ranges::all_of(replies, arrived)) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()).count();
            if (left <= 0) return false;
            pollfd readable{.fd = ub_fd(context), .events = POLLIN, .revents = 0};
            if (poll(&readable, 1, static_cast<int>(left)) > 0 && ub_process(context) != 0) return true;
        }
        return true;
    }

    ub_ctx* context;
    std::array<Reply, rows.size()> replies;
};

Result<Inquiry> Inquiry::prepare(const std::vector<std::string>& servers)
{
    const auto library = std::make_shared<Library>();
    auto* const context = library->context;
    if (context == nullptr) return fail(Fault::internal, "libunbound would not begin");
    for (const auto& [option, value] : options)
        if (const int status = ub_ctx_set_option(context, option, value); status != 0)
            return not_begun(status);
    if (const int status = ub_ctx_async(context, 1); status != 0) return not_begun(status);
    for (const auto& server : servers)
        if (ub_ctx_set_fwd(context, server.c_str()) != 0)
            return fail(Fault::invalid, "“{}” is no address of a name server", escaped(server, 80));
    return Inquiry(library);
}

Result<Records> Inquiry::ask(const std::string& domain, std::chrono::milliseconds deadline)
{
    const auto until = Steady::now() + deadline;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto name = std::string(rows.at(i).below) + domain;
        const int status = ub_resolve_async(library_->context, name.c_str(), rows.at(i).number, class_in,
                                            &library_->replies.at(i), take, nullptr);
        if (status != 0) return not_begun(status);
    }
    if (!library_->wait(until))
        return fail(Fault::unavailable,
                    "no name server answered for {} within {} s; look at dns.servers and resolv.conf(5), or "
                    "try later",
                    domain, std::chrono::ceil<std::chrono::seconds>(deadline).count());
    Records records;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto name = std::string(rows.at(i).below) + domain;
        const auto read = read_reply(rows.at(i), library_->replies.at(i), name, records);
        if (!read) return pass(read);
    }
    return dns::cut_to_fit(std::move(records));
}

} // namespace metka::resolver
