#pragma once
// The one table of what can be asked of metkad: `mailbox add`, who may ask it, with which parameters, and
// what its answer holds. The daemon's checks, metkactl's command line and help, and the man pages are all
// made from it.
//
// A verb is `NOUN VERB [KEY] [--flags]` on the command line and the method `noun.verb` in a request.

#include <span>
#include <string>
#include <string_view>

namespace metka::control {

enum class Who {
    administrator,
    self, // the account itself, and administrators in its place
    anyone,
};

enum class Effect {
    reads,
    writes,
    destroys, // metkactl asks before, or wants --yes
    sweeps,   // many changes of their own, one after the other, with progress on the way (request.h)
    asks,     // one change, which somebody outside is asked about before it is this caller's turn to write
    compares, // reads; metkactl ends with 1 where the answer's `differs` is true
};

constexpr bool only_reads(Effect effect)
{
    return effect == Effect::reads || effect == Effect::compares;
}

// What a parameter is, and what it becomes when it has been read (arguments.h).
enum class Type {
    address,         // local@domain of our own
    contact,         // an address anywhere
    domain,          //
    name,            // of a customer
    login,           // of a shell account
    inbox,           // a mailbox's address or a shell account's login
    capacity,        // 500M, 2G, unlimited; a JSON number counts bytes
    date,            // 2027-12-31, or +30d, +6m, +1y from today; “none”
    text,            // one line for people
    number,          // a whole number
    percent,         // 90 or 90%
    override_number, // a whole number, or “plan”: as the plan has it
    override_days,   // numbers of days like 30,7,1, or none, or “plan”
    override_domain, // a domain of ours, or “none”
    local_name,      // the local part of an address in the host domain
    plan,            // the name of a plan in metka.yaml
    setting,         // a key of metka.yaml, a section of it, or the number of a generation
    generation,      // the number of a generation
    receipt,         // the code behind a refusal
    password_name,   // of an app password
    guesser,         // an account, an IP address or a network: whose wrong guesses are counted
    objects,         // a list of objects, for `apply`, which reads them from a FILE
    choice,          // one of `choices`
    flag,            // true or false
    password,        // metkactl: --password-stdin, --generate, or a prompt; never an argument
};

enum class Need { key, optional_key, required, optional };

struct Parameter {
    std::string_view name; // in a request
    Type type;
    Need need;
    std::string_view help;
    std::span<const std::string_view> choices = {};
    std::string_view word = {}; // on the command line, where it is not the name with - for _

    std::string flag() const; // "--disk-limit"

    bool is_key() const { return need == Need::key || need == Need::optional_key; }
    bool is_optional() const { return need == Need::optional || need == Need::optional_key; }

    // Said with a flag or as the key: not the password as it is now, which is asked for beside the new one.
    bool is_said() const;
};

// How a value of an answer is shown to people. In JSON: sizes are bytes, absent values null.
enum class Kind {
    text,
    word,         // one of a few, like “active”; on a terminal in the language of who asks
    mailbox_word, // the same, said of a mailbox: other languages than English have another form for it
    address,      // U-labels on a terminal
    domain,       // the same
    number,       //
    limit,        // a number; 0 is none
    size,         // bytes
    capacity,     // bytes; null is unlimited
    instant,      // ISO 8601, UTC
    date,         // 2027-12-31; null is no end
    seconds,      // a length of time
    flag,         //
    steps,        // sentences: what was done, or would be
    rows,         // a list of objects with the fields of `inner`
    block,        // text of many lines, shown as it is
    record,       // one object with the fields of `inner`, or null
};

struct Field {
    std::string_view name;
    Kind kind;
    std::string_view help;
    std::span<const Field> inner = {};
};

enum class Shape { object, rows }; // rows: an array of objects

struct Verb {
    std::string_view noun;
    std::string_view verb; // empty: the noun stands alone, as in `metkactl status`; two words: “alias add”
    Who who;
    Effect effect;
    std::span<const Parameter> parameters; // the key first
    Shape shape;
    std::span<const Field> fields; // in the order in which they are printed
    std::string_view help;         // one sentence
    std::string_view example;      // a whole command line

    std::string method() const; // "mailbox.add", "my.alias.add", "status"
    const Parameter* key() const;
    const Parameter* parameter(std::string_view name) const;
    std::string words() const;    // "mailbox add", "my alias add", "status"
    bool is_for_programs() const; // left out of help and of metkactl(1): `complete`
};

std::span<const Verb> verbs();
const Verb* verb_of(std::string_view method);

struct NounHelp {
    std::string_view noun;
    std::string_view help;
};
std::span<const NounHelp> nouns(); // each once, in the order of the help

// For usage lines and man pages: "ADDRESS", "SIZE", "active|suspended".
std::string placeholder(const Parameter&);
// "metkactl mailbox add ADDRESS [--shell LOGIN] …"
std::string usage(const Verb&);

} // namespace metka::control
