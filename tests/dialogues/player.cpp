#include "tests/dialogues/player.h"

#include <array>
#include <regex>

#include <fmt/format.h>

#include "core/base/text.h"
#include "tests/dialogues/client.h"

namespace metka::dialogues {

namespace {

constexpr std::size_t most_shown = 200;

// One playing of one dialogue; each step says what went wrong, or nothing.
class Playing {
  public:
    Playing(sys::Descriptor socket, std::function<void()> pump) : client_(std::move(socket), std::move(pump))
    {
    }

    std::string take(const Step& step);
    std::string start_tls(const Step& step);
    std::string finish();
    const std::string& transcript() const { return transcript_; }
    std::vector<std::string> take_heard() { return std::move(heard_); }

  private:
    struct Row {
        Step::Kind kind;
        std::string (Playing::*play)(const Step&);
    };
    static const std::array<Row, 7> rows;

    std::string send(const Step& step);
    std::string expect(const Step& step);
    std::string expect_match(const Step& step);
    std::string skip_continued(const Step& step);
    std::string skip_to_dot(const Step& step);
    std::string closed(const Step& step);
    std::optional<std::string> hear();

    Client client_;
    std::string transcript_;
    std::vector<std::string> heard_;
};

const std::array<Playing::Row, 7> Playing::rows{{
    {Step::Kind::send, &Playing::send},
    {Step::Kind::expect, &Playing::expect},
    {Step::Kind::expect_match, &Playing::expect_match},
    {Step::Kind::skip_continued, &Playing::skip_continued},
    {Step::Kind::skip_to_dot, &Playing::skip_to_dot},
    {Step::Kind::start_tls, &Playing::start_tls},
    {Step::Kind::closed, &Playing::closed},
}};

// Every refusal of SMTP ends with a receipt code, each time another: it must be there, and dialogues are
// written without it.
void take_receipt(std::string& line)
{
    static const std::regex refusal(R"([45]\d\d [^\r\n]*)");
    static const std::regex receipt(R"( \[[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\]$)");
    if (!std::regex_match(line, refusal)) return;
    std::smatch found;
    if (std::regex_search(line, found, receipt))
        line.erase(static_cast<std::size_t>(found.position()));
    else
        line += " (without a receipt code)";
}

std::optional<std::string> Playing::hear()
{
    auto line = client_.read_line();
    if (line) take_receipt(*line);
    transcript_ += line ? fmt::format("S: {}\n", escaped(*line, most_shown)) : "S says nothing more\n";
    if (line) heard_.push_back(*line);
    return line;
}

std::string Playing::send(const Step& step)
{
    transcript_ += fmt::format("C: {}\n", escaped(step.text, most_shown));
    return client_.send(step.text) ? "" : "the server has gone";
}

std::string Playing::expect(const Step& step)
{
    const auto line = hear();
    return line && line->starts_with(step.text) ? "" : fmt::format("expected “{}”", step.text);
}

std::string Playing::expect_match(const Step& step)
{
    const auto line = hear();
    return line && std::regex_match(*line, std::regex(step.text)) ? ""
                                                                  : fmt::format("expected /{}/", step.text);
}

std::string Playing::skip_continued(const Step& step)
{
    for (;;) {
        auto line = client_.read_line();
        if (!line) return fmt::format("expected “{}…” and something behind it", step.text);
        if (!line->starts_with(step.text)) {
            client_.unread(*line);
            return "";
        }
        transcript_ += fmt::format("S: {}\n", escaped(*line, most_shown));
    }
}

std::string Playing::skip_to_dot(const Step&)
{
    for (;;) {
        const auto line = hear();
        if (!line) return "expected lines up to a single dot";
        if (*line == ".") return "";
    }
}

std::string Playing::start_tls(const Step&)
{
    transcript_ += "TLS\n";
    if (!client_.waiting().empty()) return "the server said something before TLS";
    return client_.start_tls() ? "" : "no TLS";
}

std::string Playing::closed(const Step&)
{
    if (client_.is_closed()) return "";
    transcript_ += fmt::format("S: {}\n", escaped(client_.waiting(), most_shown));
    return "expected the server to close";
}

std::string Playing::take(const Step& step)
{
    for (unsigned i = 0; i < step.times; ++i) {
        auto wrong = (this->*rows[static_cast<std::size_t>(step.kind)].play)(step);
        if (!wrong.empty()) return fmt::format("line {}: {}", step.line, wrong);
    }
    return "";
}

std::string Playing::finish()
{
    client_.is_closed(); // hears what is still to come
    return client_.waiting().empty() ? ""
                                     : fmt::format("the server said unasked: {}", escaped(client_.waiting()));
}

} // namespace

Outcome play(const Dialogue& dialogue, sys::Descriptor socket, Opening opening, std::function<void()> pump)
{
    Playing playing(std::move(socket), std::move(pump));
    std::string wrong = opening == Opening::tls ? playing.start_tls({}) : "";
    for (const auto& step : dialogue.steps) {
        if (!wrong.empty()) break;
        wrong = playing.take(step);
    }
    if (wrong.empty()) wrong = playing.finish();
    if (!wrong.empty()) wrong = fmt::format("{}\n{}\n{}", dialogue.name, wrong, playing.transcript());
    return {.wrong = std::move(wrong), .heard = playing.take_heard()};
}

} // namespace metka::dialogues
