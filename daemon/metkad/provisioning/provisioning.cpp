#include "daemon/metkad/provisioning/provisioning.h"

#include <algorithm>
#include <utility>

#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "core/control/request.h"
#include "core/language/language.h"
#include "core/sys/log.h"
#include "daemon/metkad/provisioning/moves.h"
#include "daemon/metkad/provisioning/verbs.h"

namespace metka::metkad {

namespace {

struct Row {
    std::string_view method;
    Handler handler;
};

const std::array<Row, 89> handlers{{
    {"customer.add", customer_add},
    {"customer.list", customer_list},
    {"customer.show", customer_show},
    {"customer.set", customer_set},
    {"customer.rename", customer_rename},
    {"customer.suspend", customer_standing},
    {"customer.resume", customer_standing},
    {"customer.remove", customer_remove},
    {"plan.list", plan_list},
    {"plan.show", plan_show},
    {"domain.add", domain_add},
    {"domain.list", domain_list},
    {"domain.show", domain_show},
    {"domain.set", domain_set},
    {"domain.prove", domain_prove},
    {"domain.suspend", domain_set},
    {"domain.resume", domain_set},
    {"domain.remove", domain_remove},
    {"domain.dns", domain_dns},
    {"domain.check", domain_check},
    {"shell.add", shell_add},
    {"shell.list", shell_list},
    {"shell.show", shell_show},
    {"shell.set", shell_set},
    {"shell.rename", shell_rename},
    {"shell.suspend", shell_set},
    {"shell.resume", shell_set},
    {"shell.remove", shell_remove},
    {"shell.app-password.add", shell_app_password_add},
    {"shell.app-password.list", shell_app_password_list},
    {"shell.app-password.remove", shell_app_password_remove},
    {"mailbox.add", mailbox_add},
    {"mailbox.list", mailbox_list},
    {"mailbox.show", mailbox_show},
    {"mailbox.set", mailbox_set},
    {"mailbox.rename", mailbox_rename},
    {"mailbox.suspend", mailbox_set},
    {"mailbox.resume", mailbox_set},
    {"mailbox.renew", mailbox_renew},
    {"mailbox.remove", mailbox_remove},
    {"mailbox.app-password.add", mailbox_app_password_add},
    {"mailbox.app-password.list", mailbox_app_password_list},
    {"mailbox.app-password.remove", mailbox_app_password_remove},
    {"alias.add", alias_add},
    {"alias.list", alias_list},
    {"alias.show", alias_show},
    {"alias.set", alias_set},
    {"alias.rename", alias_rename},
    {"alias.remove", alias_remove},
    {"my.show", my_show},
    {"my.usage", my_usage},
    {"my.password", my_password},
    {"my.log", my_log},
    {"my.alias.list", my_alias_list},
    {"my.alias.add", my_alias_add},
    {"my.alias.rename", my_alias_rename},
    {"my.alias.remove", my_alias_remove},
    {"my.mailbox.list", my_mailbox_list},
    {"my.mailbox.show", my_mailbox_show},
    {"my.mailbox.add", my_mailbox_add},
    {"my.mailbox.set", my_mailbox_set},
    {"my.mailbox.rename", my_mailbox_rename},
    {"my.mailbox.remove", my_mailbox_remove},
    {"my.app-password.add", my_app_password_add},
    {"my.app-password.list", my_app_password_list},
    {"my.app-password.remove", my_app_password_remove},
    {"sweep.expiry", sweep_expiry},
    {"sweep.quota", sweep_quota},
    {"notices.list", notices_list},
    {"login.list", login_list},
    {"login.unblock", login_unblock},
    {"config.check", config_check},
    {"config.show", config_show},
    {"config.diff", config_diff},
    {"config.apply", config_apply},
    {"config.history", config_history},
    {"config.rollback", config_rollback},
    {"engine.restart", engine_restart},
    {"daemon.reload", daemon_reload},
    {"explain.recipient", explain_recipient},
    {"explain.sender", explain_sender},
    {"explain.limit", explain_limit},
    {"explain.login", explain_login},
    {"explain.receipt", explain_receipt},
    {"apply", apply},
    {"status", status_show},
    {"log", log_show},
    {"version", version_show},
    {"complete", complete},
}};

void note(std::uint32_t uid, const control::Verb& verb, const Result<Json>& done)
{
    if (done && control::only_reads(verb.effect)) return;
    const auto outcome = done ? std::string_view("done") : name(done.error().fault);
    sys::log(sys::Level::info, "control.request",
             {{"uid", uid},
              {"method", verb.method()},
              {"outcome", outcome},
              {"why", done ? "" : done.error().text}});
}

} // namespace

asio::awaitable<Result<Json>> handle(Order& order)
{
    const auto* const handler = handler_of(order.verb.method());
    if (handler == nullptr) co_return fail(Fault::internal, "nobody carries out {}", order.verb.method());
    if (const auto* const at_once = std::get_if<AtOnce>(handler)) co_return (*at_once)(order);
    auto answer = co_await std::get<Awaiting>(*handler)(order);
    co_return answer;
}

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

namespace {

Language language_for(const control::Request& request, const Caller& caller)
{
    if (request.language) return *request.language;
    return caller.account ? caller.account->language : Language::english;
}

// As metka.yaml has it now: a switch may have changed the group.
Administrators administrators_of(const Office& office)
{
    return {.own_uid = office.own_uid, .group = office.settings.control_admin_group};
}

} // namespace

asio::awaitable<Result<Json>> Provisioning::carry_out(std::uint32_t uid, control::Request& request,
                                                      const Tell& tell)
{
    const auto& verb = *request.verb;
    auto caller = identify(uid, administrators_of(office_), office_.users, office_.registry);
    if (caller && request.as) caller = in_place_of(std::move(*caller), *request.as, office_.registry);
    if (!caller) co_return pass(caller);
    const auto allowed = may_ask(*caller, verb);
    if (!allowed) co_return pass(allowed);
    auto arguments = control::Arguments::read(verb, std::move(request.params));
    if (!arguments) co_return pass(arguments);
    request.language = language_for(request, *caller);
    Order order{office_, verb, std::move(*caller), std::move(*arguments), *request.language};
    order.progress = [&tell](std::uint64_t done, std::uint64_t total, std::string_view what) {
        if (tell) tell(control::progress_line({.done = done, .total = total, .what = std::string(what)}));
    };
    order.writers = &writers_;
    std::optional<Turnstile::Pass> turn;
    const bool takes_turns_itself =
        verb.effect == control::Effect::sweeps || verb.effect == control::Effect::asks;
    if (!control::only_reads(verb.effect) && !takes_turns_itself) {
        auto mine = co_await writers_.enter();
        turn.emplace(std::move(mine));
        // What the caller is may have changed while it waited: its account renamed, suspended, gone.
        auto still = identify(uid, administrators_of(office_), office_.users, office_.registry);
        if (still && request.as) still = in_place_of(std::move(*still), *request.as, office_.registry);
        if (!still) co_return pass(still);
        const auto still_allowed = may_ask(*still, verb);
        if (!still_allowed) co_return pass(still_allowed);
        order.caller = std::move(*still);
    }
    auto answer = co_await handle(order);
    co_return answer;
}

asio::awaitable<std::string> Provisioning::answer(std::uint32_t uid, std::string line, Tell tell)
{
    auto request = control::parse_request(line);
    wipe(line); // it may hold a password
    if (!request) co_return control::refusal_line(request.error());
    auto done = co_await carry_out(uid, *request, tell);
    note(uid, *request->verb, done);
    if (done) co_return control::answer_line(request->id, std::move(*done));
    auto& error = done.error();
    if (request->verb->who == control::Who::self && request->language && !error.said.format.empty())
        error.text = language::say(*request->language, error.said);
    const bool bad_value = error.fault == Fault::invalid && !error.field.empty();
    co_return control::refusal_line({.id = request->id,
                                     .code = bad_value ? control::Code::bad_params : control::Code::refused,
                                     .error = std::move(error)});
}

asio::awaitable<void> Provisioning::end_what_was_cut_off()
{
    const auto turn = co_await writers_.enter();
    const auto left = co_await finish_moves(office_); // says in the log what stands
    (void)left;
}

} // namespace metka::metkad
