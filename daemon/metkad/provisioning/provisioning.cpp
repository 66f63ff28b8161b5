#include "daemon/metkad/provisioning/provisioning.h"

#include <algorithm>
#include <utility>

#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "core/control/request.h"
#include "core/sys/log.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

struct Row {
    std::string_view method;
    Handler handler;
};

const std::array<Row, 27> handlers{{
    {"customer.add", customer_add},
    {"customer.list", customer_list},
    {"customer.show", customer_show},
    {"customer.set", customer_set},
    {"customer.remove", customer_remove},
    {"domain.add", domain_add},
    {"domain.list", domain_list},
    {"domain.show", domain_show},
    {"domain.set", domain_set},
    {"domain.remove", domain_remove},
    {"shell.add", shell_add},
    {"shell.list", shell_list},
    {"shell.show", shell_show},
    {"shell.set", shell_set},
    {"shell.remove", shell_remove},
    {"mailbox.add", mailbox_add},
    {"mailbox.list", mailbox_list},
    {"mailbox.show", mailbox_show},
    {"mailbox.set", mailbox_set},
    {"mailbox.remove", mailbox_remove},
    {"alias.add", alias_add},
    {"alias.list", alias_list},
    {"alias.show", alias_show},
    {"alias.set", alias_set},
    {"alias.remove", alias_remove},
    {"status", status_show},
    {"version", version_show},
}};

asio::awaitable<Result<Json>> handle(Order& order)
{
    const auto* const handler = handler_of(order.verb.method());
    if (handler == nullptr) co_return fail(Fault::internal, "nobody carries out {}", order.verb.method());
    if (const auto* const at_once = std::get_if<AtOnce>(handler)) co_return (*at_once)(order);
    auto answer = co_await std::get<Awaiting>(*handler)(order);
    co_return answer;
}

void note(std::uint32_t uid, const control::Verb& verb, const Result<Json>& done)
{
    if (done && verb.effect == control::Effect::reads) return;
    const auto outcome = done ? std::string_view("done") : name(done.error().fault);
    sys::log(sys::Level::info, "control.request",
             {{"uid", uid},
              {"method", verb.method()},
              {"outcome", outcome},
              {"why", done ? "" : done.error().text}});
}

} // namespace

const Handler* handler_of(std::string_view method)
{
    const auto found = std::ranges::find(handlers, method, &Row::method);
    return found == handlers.end() ? nullptr : &found->handler;
}

Turnstile::Pass::~Pass()
{
    if (turnstile_ == nullptr) return;
    auto& waiting = turnstile_->waiting_;
    while (!waiting.empty()) {
        const auto next = waiting.front().lock();
        waiting.pop_front();
        if (!next) continue; // that one has given up
        next->cancel();      // and the turn is handed on
        return;
    }
    turnstile_->taken_ = false;
}

asio::awaitable<Turnstile::Pass> Turnstile::enter()
{
    if (!std::exchange(taken_, true)) co_return Pass(*this);
    const auto executor = co_await asio::this_coro::executor;
    const auto turn = std::make_shared<asio::steady_timer>(executor, asio::steady_timer::time_point::max());
    waiting_.push_back(turn);
    asio::error_code woken;
    co_await turn->async_wait(asio::redirect_error(asio::use_awaitable, woken));
    co_return Pass(*this);
}

asio::awaitable<Result<Json>> Provisioning::carry_out(std::uint32_t uid, const control::Verb& verb,
                                                      Json params)
{
    auto caller = identify(uid, office_.administrators, office_.users, office_.registry);
    if (!caller) co_return pass(caller);
    const auto allowed = may_ask(*caller, verb);
    if (!allowed) co_return pass(allowed);
    auto arguments = control::Arguments::read(verb, std::move(params));
    if (!arguments) co_return pass(arguments);
    Order order{office_, verb, std::move(*caller), std::move(*arguments)};
    std::optional<Turnstile::Pass> turn;
    if (verb.effect != control::Effect::reads) {
        auto mine = co_await writers_.enter();
        turn.emplace(std::move(mine));
    }
    auto answer = co_await handle(order);
    co_return answer;
}

asio::awaitable<std::string> Provisioning::answer(std::uint32_t uid, std::string line)
{
    auto request = control::parse_request(line);
    wipe(line); // it may hold a password
    if (!request) co_return control::refusal_line(request.error());
    auto done = co_await carry_out(uid, *request->verb, std::move(request->params));
    note(uid, *request->verb, done);
    if (done) co_return control::answer_line(request->id, std::move(*done));
    const bool bad_value = done.error().fault == Fault::invalid && !done.error().field.empty();
    co_return control::refusal_line({.id = request->id,
                                     .code = bad_value ? control::Code::bad_params : control::Code::refused,
                                     .error = std::move(done.error())});
}

} // namespace metka::metkad
