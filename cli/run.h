#pragma once
// metkactl, whole: words in, exit status out.

#include <string>
#include <vector>

namespace metka::metkactl {

int run(std::vector<std::string> words); // argv without the program's name

} // namespace metka::metkactl
