#pragma once
// The modes of bench-load; load.cpp says what each does.

#include "tests/bench/work.h"

namespace metka::bench {

void smtp(const Options& options);
void rcpt(const Options& options);
void pop3(const Options& options);
void idle(const Options& options);

} // namespace metka::bench
