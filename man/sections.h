#pragma once
// The parts of the reference that the tables know best, as text. Sentences of the tables become mdoc(7) with
// everything that troff would take for its own escaped.

#include <string>

namespace metka::reference {

std::string sample(); // config/metka.yaml: every setting with its default and its sentence, all commented out
std::string settings_section(); // metka.yaml(5): the keys
std::string verbs_section();    // metkactl(1): the commands
std::string examples();         // for tests: each method, a tab, and its example, a line each
std::string methods_section();  // metka-control(7): the methods and what they answer

} // namespace metka::reference
